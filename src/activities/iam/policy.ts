/**
 * A customer managed policy. Its document changes by a new default version; there are at most five.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
 */
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  type Policy,
  TagPolicyCommand,
} from '@aws-sdk/client-iam';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf } from '#domain/core/failures.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { PolicySpec, SharedPolicySpec } from '#domain/resources/identity.ts';
import { withKmsKey } from '#domain/resources/policy-document.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { sameDocument } from './documents.ts';
import { assertSameName, iamArn, isSameName } from './names.ts';

const VERSIONS_MAX = 5;

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

type AnySpec = PolicySpec | SharedPolicySpec;

const arnOf = ({ account, path, name }: AnySpec): string => iamArn(account, `policy${path}${name}`);

const madeOf = (spec: AnySpec, origin: Made['origin']): Made => ({
  type: 'AWS::IAM::ManagedPolicy',
  id: arnOf(spec),
  name: spec.name,
  origin,
});

export const policyActivities = (deps: Deps) => {
  const iam = ({ account }: AnySpec) => deps.aws.iam(account);

  const find = async (spec: AnySpec): Promise<Policy | undefined> => {
    return (
      await iam(spec)
        .send(new GetPolicyCommand({ PolicyArn: arnOf(spec) }))
        .catch(ignoreNotFound)
    )?.Policy;
  };

  const create = async (spec: AnySpec, document: string): Promise<void> => {
    try {
      await iam(spec).send(
        new CreatePolicyCommand({
          PolicyName: spec.name,
          Path: spec.path,
          PolicyDocument: document,
          Tags: tagList({ ...spec.tags, ...createdTags(spec.owner) }),
        }),
      );
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseClash(spec);
      throw error;
    }
  };

  /** The name is taken although nothing has this ARN: by another path or spelling, or by a try whose answer was lost. */
  const refuseClash = async (spec: AnySpec): Promise<void> => {
    const all = await collect(async (Marker) => {
      const page = await iam(spec).send(new ListPoliciesCommand({ Scope: 'Local', Marker }));
      return { items: page.Policies, next: page.Marker };
    });
    const clash = all.find((each) => isSameName(each.PolicyName, spec.name));
    if (clash) assertSameName('policy', spec, { name: clash.PolicyName, path: clash.Path });
  };

  const convergeDocument = async (spec: AnySpec, found: Policy, document: string): Promise<void> => {
    const PolicyArn = arnOf(spec);
    const { PolicyVersion: current } = await iam(spec).send(
      new GetPolicyVersionCommand({ PolicyArn, VersionId: found.DefaultVersionId }),
    );
    if (sameDocument(decodeURIComponent(current?.Document ?? ''), document)) return;
    const spare = await versions(spec);
    const [oldest] = spare;
    if (oldest && spare.length + 1 >= VERSIONS_MAX) {
      await iam(spec)
        .send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: oldest }))
        .catch(ignoreNotFound);
    }
    await iam(spec).send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document, SetAsDefault: true }));
  };

  /** Ids of the versions that are not the default, oldest first. */
  const versions = async (spec: AnySpec): Promise<string[]> => {
    const { Versions = [] } = await iam(spec).send(new ListPolicyVersionsCommand({ PolicyArn: arnOf(spec) }));
    return Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion)
      .flatMap(({ VersionId }) => VersionId ?? [])
      .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  };

  /** Also from a role or user that was adopted: the policy is ours, so are its attachments. */
  const detachAll = async (spec: PolicySpec): Promise<void> => {
    const PolicyArn = arnOf(spec);
    let Marker: string | undefined;
    do {
      const page = await iam(spec).send(new ListEntitiesForPolicyCommand({ PolicyArn, ...(Marker && { Marker }) }));
      for (const { RoleName } of page.PolicyRoles ?? []) {
        await iam(spec).send(new DetachRolePolicyCommand({ PolicyArn, RoleName })).catch(ignoreNotFound);
      }
      for (const { UserName } of page.PolicyUsers ?? []) {
        await iam(spec).send(new DetachUserPolicyCommand({ PolicyArn, UserName })).catch(ignoreNotFound);
      }
      for (const { GroupName } of page.PolicyGroups ?? []) {
        await iam(spec).send(new DetachGroupPolicyCommand({ PolicyArn, GroupName })).catch(ignoreNotFound);
      }
      Marker = page.Marker;
    } while (Marker);
  };

  return {
    /** @throws Conflict where a policy of the name is foreign, or differs from it by case or path. */
    async ensurePolicy(spec: AnySpec, kmsKeyArn: string): Promise<{ made: Made; arn: string }> {
      const document = withKmsKey(spec.document, kmsKeyArn);
      const found = await find(spec);
      if (!found) {
        await create(spec, document);
        return { made: madeOf(spec, originOf(createdTags(spec.owner), spec.owner)), arn: arnOf(spec) };
      }
      const tags = tagsOf(found.Tags);
      const lacking = adopt({ what: `policy ${spec.name}`, tags }, spec);
      if (Object.keys(lacking).length > 0) {
        await iam(spec).send(new TagPolicyCommand({ PolicyArn: arnOf(spec), Tags: tagList(lacking) }));
      }
      await whenVisible(`policy ${spec.name}`, deps, () => convergeDocument(spec, found, document));
      return { made: madeOf(spec, originOf(tags, spec.owner)), arn: arnOf(spec) };
    },

    async deletePolicy(spec: PolicySpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found) return believeAbsent(`policy ${spec.name}`, removal, deps);
      if (!mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      await detachAll(spec);
      for (const VersionId of await versions(spec)) {
        await iam(spec)
          .send(new DeletePolicyVersionCommand({ PolicyArn: arnOf(spec), VersionId }))
          .catch(ignoreNotFound);
      }
      await iam(spec)
        .send(new DeletePolicyCommand({ PolicyArn: arnOf(spec) }))
        .catch(ignoreNotFound);
    },

    async findRemainingPolicy(spec: PolicySpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: arnOf(spec), name, tags: tagsOf(found.Tags) }], owner, by) : [];
    },
  };
};
