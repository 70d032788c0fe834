/** What roles consist of: trust, boundary, attached and inline policies. */
import {
  AttachRolePolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  type Role,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { sameDocument } from './documents.ts';
import { assertSameName, isSameName } from './names.ts';

type Iam = AwsClient<IAMClient>;

export const findRole = async (iam: Iam, name: string): Promise<Role | undefined> => {
  return (await iam.send(new GetRoleCommand({ RoleName: name })).catch(ignoreNotFound))?.Role;
};

export const trustOf = ({ AssumeRolePolicyDocument }: Role): string =>
  decodeURIComponent(AssumeRolePolicyDocument ?? '');

/** The name is taken although no role has it: by another spelling, or by a try whose answer was lost. */
export const refuseRoleClash = async (
  iam: Iam,
  wanted: { readonly name: string; readonly path: string },
): Promise<void> => {
  const all = await collect(async (Marker) => {
    const page = await iam.send(new ListRolesCommand({ Marker }));
    return { items: page.Roles, next: page.Marker };
  });
  const clash = all.find((each) => isSameName(each.RoleName, wanted.name));
  if (clash) assertSameName('role', wanted, { name: clash.RoleName, path: clash.Path });
};

interface WantedRole {
  readonly trust: string;
  /** Those that it lacks. */
  readonly tags: Tags;
  /** Left out: whatever bounds it stays, since a boundary only takes rights away. */
  readonly permissionsBoundary?: string | undefined;
  /** But for this one. */
  readonly formerBoundary?: string | undefined;
}

/** The boundary comes first: policies that arrive later never give more than it lets through. */
export const convergeRole = async (iam: Iam, role: Role, wanted: WantedRole): Promise<void> => {
  const { RoleName } = role;
  const { permissionsBoundary: PermissionsBoundary, formerBoundary } = wanted;
  const bound = role.PermissionsBoundary?.PermissionsBoundaryArn;
  if (PermissionsBoundary && bound !== PermissionsBoundary) {
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
  } else if (!PermissionsBoundary && bound !== undefined && bound === formerBoundary) {
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })).catch(ignoreNotFound);
  }
  if (Object.keys(wanted.tags).length > 0) {
    await iam.send(new TagRoleCommand({ RoleName, Tags: tagList(wanted.tags) }));
  }
  if (!sameDocument(trustOf(role), wanted.trust)) {
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: wanted.trust }));
  }
};

export const attachedPolicies = (iam: Iam, RoleName: string): Promise<string[]> =>
  collect(async (Marker) => {
    const page = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName, Marker }));
    return { items: page.AttachedPolicies?.flatMap(({ PolicyArn }) => PolicyArn ?? []), next: page.Marker };
  });

/** Attaches what is missing; what somebody else attached stays. */
export const attachPolicies = async (iam: Iam, RoleName: string, policyArns: readonly string[]): Promise<void> => {
  const has = await attachedPolicies(iam, RoleName);
  for (const PolicyArn of policyArns) {
    if (!has.includes(PolicyArn)) await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
};

const inlineNames = (iam: Iam, RoleName: string): Promise<string[]> =>
  collect(async (Marker) => {
    const page = await iam.send(new ListRolePoliciesCommand({ RoleName, Marker }));
    return { items: page.PolicyNames, next: page.Marker };
  });

/**
 * Exactly these inline policies, JSON text by name. What goes, goes first: all that a role has inline shares one limit of
 * 10,240 characters.
 */
export const convergeInline = async (
  iam: Iam,
  RoleName: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> => {
  const has = await inlineNames(iam, RoleName);
  for (const PolicyName of has.filter((name) => wanted[name] === undefined)) {
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })).catch(ignoreNotFound);
  }
  for (const [PolicyName, PolicyDocument] of Object.entries(wanted)) {
    const found = has.includes(PolicyName)
      ? await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })).catch(ignoreNotFound)
      : undefined;
    if (sameDocument(decodeURIComponent(found?.PolicyDocument ?? ''), PolicyDocument)) continue;
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  }
};

/** Takes away all that would keep a role from being deleted. */
export const emptyRole = async (iam: Iam, RoleName: string): Promise<void> => {
  const { InstanceProfiles = [] } = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }));
  for (const { InstanceProfileName } of InstanceProfiles) {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName, InstanceProfileName })).catch(ignoreNotFound);
  }
  for (const PolicyArn of await attachedPolicies(iam, RoleName)) {
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })).catch(ignoreNotFound);
  }
  for (const PolicyName of await inlineNames(iam, RoleName)) {
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })).catch(ignoreNotFound);
  }
};
