/** What the jobs' role and the instances' role have in common. */
import {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  RemoveRoleFromInstanceProfileCommand,
  type Role,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { sameDocument } from './documents.ts';
import { gone } from './gone.ts';
import { assertSameName, isSameName } from './names.ts';

type Iam = AwsClient<IAMClient>;

export const findRole = async (iam: Iam, name: string): Promise<Role | undefined> => {
  try {
    return (await iam.send(new GetRoleCommand({ RoleName: name }))).Role;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

export const trustOf = ({ AssumeRolePolicyDocument }: Role): string =>
  decodeURIComponent(AssumeRolePolicyDocument ?? '');

/** The name is taken although no role has it: by another spelling, or by a try whose answer was lost. */
export const refuseRoleClash = async (
  iam: Iam,
  wanted: { readonly name: string; readonly path: string },
): Promise<void> => {
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListRolesCommand({ ...(Marker && { Marker }) }));
    const clash = page.Roles?.find(({ RoleName }) => isSameName(RoleName, wanted.name));
    if (clash) return assertSameName('role', wanted, { name: clash.RoleName, path: clash.Path });
    Marker = page.Marker;
  } while (Marker);
};

/** `tags`: those that it lacks. */
export const convergeRole = async (
  iam: Iam,
  role: Role,
  wanted: { readonly trust: string; readonly tags: Tags },
): Promise<void> => {
  const { RoleName } = role;
  if (Object.keys(wanted.tags).length > 0) {
    await iam.send(new TagRoleCommand({ RoleName, Tags: tagList(wanted.tags) }));
  }
  if (!sameDocument(trustOf(role), wanted.trust)) {
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: wanted.trust }));
  }
};

const attached = async (iam: Iam, RoleName: string): Promise<string[]> => {
  const arns: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName, ...(Marker && { Marker }) }));
    arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    Marker = page.Marker;
  } while (Marker);
  return arns;
};

/** Attaches what is missing; what somebody else attached stays. */
export const attachPolicies = async (iam: Iam, RoleName: string, policyArns: readonly string[]): Promise<void> => {
  const has = await attached(iam, RoleName);
  for (const PolicyArn of policyArns) {
    if (!has.includes(PolicyArn)) await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
};

/** Takes away all that would keep a role from being deleted. */
export const emptyRole = async (iam: Iam, RoleName: string): Promise<void> => {
  const { InstanceProfiles = [] } = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }));
  for (const { InstanceProfileName } of InstanceProfiles) {
    await gone(iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName, InstanceProfileName })));
  }
  for (const PolicyArn of await attached(iam, RoleName)) {
    await gone(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
  }
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) {
    await gone(iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
  }
};
