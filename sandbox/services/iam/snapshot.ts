/**
 * Everything IAM knows of an account, from one call of moto (about 5 ms), kept until the next change: uniqueness of
 * names, DeleteConflict, evaluation of policies and the inventory all read it.
 */
import {
  GetAccountAuthorizationDetailsCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  type GroupDetail,
  type InstanceProfile,
  ListInstanceProfilesCommand,
  ListPolicyTagsCommand,
  type ManagedPolicyDetail,
  type Role,
  type RoleDetail,
  type Tag,
  type UserDetail,
} from '@aws-sdk/client-iam';
import type { Call, World } from '../../core/rule.ts';
import { findChange } from './changes.ts';

export type RoleEntry = RoleDetail & Pick<Role, 'Description' | 'MaxSessionDuration'>;
export type PolicyEntry = ManagedPolicyDetail & { readonly Tags?: Tag[] | undefined };
export type ProfileEntry = InstanceProfile;

export interface IamSnapshot {
  readonly users: readonly UserDetail[];
  readonly roles: readonly RoleEntry[];
  readonly groups: readonly GroupDetail[];
  /** Customer-managed ones only. */
  readonly policies: readonly PolicyEntry[];
  readonly profiles: readonly ProfileEntry[];
}

export interface Snapshots {
  of(account: string): Promise<IamSnapshot>;
  /** After a change that succeeded: applied where it can be, else everything is read again when it is asked for. */
  apply(call: Call, result: () => Record<string, unknown>): Promise<void>;
  drop(account: string): void;
  /** The default version of any managed policy, AWS's own included; undefined when there is none of this ARN. */
  document(account: string, policyArn: string): Promise<unknown>;
}

/** IAM has no region; its own endpoint stands here. */
export const IAM_HOME = 'us-east-1';

/** IAM returns documents percent-encoded in some answers and plain in others. */
export const parseDocument = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(decodeURIComponent(text));
    } catch {
      return undefined;
    }
  }
};

export const createSnapshots = (world: World): Snapshots => {
  const cache = new Map<string, Promise<IamSnapshot>>();
  /** AWS's own policies never change here. */
  const awsDocuments = new Map<string, unknown>();

  const load = async (account: string): Promise<IamSnapshot> => {
    const { iam } = world.moto(account, IAM_HOME);
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
    const { iam } = world.moto(account, IAM_HOME);
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
