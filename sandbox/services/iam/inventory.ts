/** What exists in IAM, with everything that provisioning converges and without dates and counters. */
import {
  type AttachedPolicy,
  IAMClient,
  ListAccessKeysCommand,
  type PolicyDetail,
  type Tag,
} from '@aws-sdk/client-iam';
import type { InventoryItem } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { IAM_HOME, parseDocument, type Snapshots } from './contract.ts';

/** IAM has no region. */
const REGION = 'global';

const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries(
    (tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const attached = (policies: readonly AttachedPolicy[] | undefined): string[] =>
  (policies ?? []).map(({ PolicyArn = '' }) => PolicyArn).sort();

const inline = (policies: readonly PolicyDetail[] | undefined): Record<string, unknown> =>
  Object.fromEntries(
    (policies ?? [])
      .map(({ PolicyName = '', PolicyDocument }) => [PolicyName, parseDocument(PolicyDocument)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const item = (
  type: string,
  thing: {
    id: string;
    name: string | null;
    state?: string;
    tags?: Record<string, string>;
    details: Record<string, unknown>;
  },
): InventoryItem => ({
  type: `AWS::IAM::${type}`,
  id: thing.id,
  name: thing.name,
  region: REGION,
  state: thing.state ?? null,
  tags: thing.tags ?? {},
  details: thing.details,
});

export const createIamInventory =
  (world: World, snapshots: Snapshots) =>
  async (account: string): Promise<InventoryItem[]> => {
    const { users, roles, groups, policies, profiles } = await snapshots.of(account);
    const iam = world.moto(IAMClient, account, IAM_HOME);
    const items: InventoryItem[] = [];

    for (const user of users) {
      const { Arn = '', UserName = '', Path } = user;
      items.push(
        item('User', {
          id: Arn,
          name: UserName,
          tags: tagsOf(user.Tags),
          details: {
            path: Path,
            groups: [...(user.GroupList ?? [])].sort(),
            attachedPolicies: attached(user.AttachedManagedPolicies),
            inlinePolicies: inline(user.UserPolicyList),
          },
        }),
      );
      const { AccessKeyMetadata: keys = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
      for (const { AccessKeyId = '', Status = 'Active' } of keys) {
        items.push(item('AccessKey', { id: AccessKeyId, name: null, state: Status, details: { userName: UserName } }));
      }
    }
    for (const { Arn = '', GroupName = '', ...group } of groups) {
      const details = {
        path: group.Path,
        attachedPolicies: attached(group.AttachedManagedPolicies),
        inlinePolicies: inline(group.GroupPolicyList),
      };
      items.push(item('Group', { id: Arn, name: GroupName, details }));
    }
    for (const role of roles) {
      // AWS makes these by itself, once per account, and nobody removes them.
      if (role.Path?.startsWith('/aws-service-role/')) continue;
      const { Arn = '', RoleName = '' } = role;
      items.push(
        item('Role', {
          id: Arn,
          name: RoleName,
          tags: tagsOf(role.Tags),
          details: {
            path: role.Path,
            description: role.Description ?? null,
            maxSessionDuration: role.MaxSessionDuration ?? null,
            permissionsBoundary: role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
            trust: parseDocument(role.AssumeRolePolicyDocument),
            attachedPolicies: attached(role.AttachedManagedPolicies),
            inlinePolicies: inline(role.RolePolicyList),
          },
        }),
      );
    }
    for (const policy of policies) {
      const { Arn = '', Path } = policy;
      items.push(
        item('ManagedPolicy', {
          id: Arn,
          name: Arn.split('/').at(-1) ?? null,
          tags: tagsOf(policy.Tags),
          details: { path: Path, document: await snapshots.document(account, Arn) },
        }),
      );
    }
    for (const { Arn = '', InstanceProfileName = '', ...profile } of profiles) {
      const roleNames = (profile.Roles ?? []).map(({ RoleName = '' }) => RoleName).sort();
      const details = { path: profile.Path, roles: roleNames };
      items.push(item('InstanceProfile', { id: Arn, name: InstanceProfileName, tags: tagsOf(profile.Tags), details }));
    }
    return items.sort((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1));
  };
