/**
 * Everything IAM knows of an account, from one call of moto (about 5 ms), kept until the next change: uniqueness of
 * names, DeleteConflict, evaluation of policies and the inventory all read it.
 */
import {
  GetAccountAuthorizationDetailsCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  IAMClient,
  ListInstanceProfilesCommand,
  ListPolicyTagsCommand,
} from '@aws-sdk/client-iam';
import type { World } from '../../core/world.ts';
import { findChange } from './changes.ts';
import {
  IAM_HOME,
  type IamSnapshot,
  type PolicyEntry,
  parseDocument,
  type RoleEntry,
  type Snapshots,
} from './contract.ts';

export const createSnapshots = (world: World): Snapshots => {
  const cache = new Map<string, Promise<IamSnapshot>>();
  /** AWS's own policies never change here. */
  const awsDocuments = new Map<string, unknown>();

  const load = async (account: string): Promise<IamSnapshot> => {
    const iam = world.moto(IAMClient, account, IAM_HOME);
    const [details, profiles] = await Promise.all([
      iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['User', 'Role', 'Group', 'LocalManagedPolicy'] })),
      iam.send(new ListInstanceProfilesCommand({})),
    ]);
    const roles: RoleEntry[] = [];
    for (const role of details.RoleDetailList ?? []) {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: role.RoleName }));
      roles.push({ ...role, Description: Role?.Description, MaxSessionDuration: Role?.MaxSessionDuration });
    }
    const policies: PolicyEntry[] = [];
    for (const policy of details.Policies ?? []) {
      const { Tags } = await iam.send(new ListPolicyTagsCommand({ PolicyArn: policy.Arn }));
      policies.push({ ...policy, Tags });
    }
    return {
      users: details.UserDetailList ?? [],
      roles,
      groups: details.GroupDetailList ?? [],
      policies,
      profiles: profiles.InstanceProfiles ?? [],
    };
  };

  const of = (account: string): Promise<IamSnapshot> => {
    const known = cache.get(account);
    if (known) return known;
    const loading = load(account);
    cache.set(account, loading);
    loading.catch(() => cache.get(account) === loading && cache.delete(account));
    return loading;
  };

  const awsDocument = async (account: string, arn: string): Promise<unknown> => {
    if (awsDocuments.has(arn)) return awsDocuments.get(arn);
    const iam = world.moto(IAMClient, account, IAM_HOME);
    try {
      const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
      const { PolicyVersion } = await iam.send(
        new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId }),
      );
      awsDocuments.set(arn, parseDocument(PolicyVersion?.Document));
    } catch {
      return undefined;
    }
    return awsDocuments.get(arn);
  };

  return {
    of,
    drop: (account) => void cache.delete(account),
    async apply(call, result) {
      const known = cache.get(call.account);
      const change = findChange(call.operation);
      cache.delete(call.account);
      if (known && change) cache.set(call.account, Promise.resolve(change(await known, call, result())));
    },
    async document(account, arn) {
      if (arn.startsWith('arn:aws:iam::aws:')) return awsDocument(account, arn);
      const policy = (await of(account)).policies.find(({ Arn }) => Arn === arn);
      const version = policy?.PolicyVersionList?.find(({ VersionId }) => VersionId === policy.DefaultVersionId);
      return parseDocument(version?.Document);
    },
  };
};
