/**
 * Everything IAM knows of an account, from one call of moto (about 5 ms), kept until the next change: uniqueness of
 * names, DeleteConflict, evaluation of policies and the inventory all read it.
 */
import {
  GetAccountAuthorizationDetailsCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  type GroupDetail,
  type InstanceProfile,
  ListInstanceProfilesCommand,
  type ManagedPolicyDetail,
  type RoleDetail,
  type UserDetail,
} from '@aws-sdk/client-iam';
import type { World } from './rule.ts';

export interface IamSnapshot {
  readonly users: readonly UserDetail[];
  readonly roles: readonly RoleDetail[];
  readonly groups: readonly GroupDetail[];
  /** Customer-managed ones only. */
  readonly policies: readonly ManagedPolicyDetail[];
  readonly profiles: readonly InstanceProfile[];
}

export interface Snapshots {
  of(account: string): Promise<IamSnapshot>;
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
    return {
      users: details.UserDetailList ?? [],
      roles: details.RoleDetailList ?? [],
      groups: details.GroupDetailList ?? [],
      policies: details.Policies ?? [],
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
    drop: (account) => cache.delete(account),
    async document(account, arn) {
      if (arn.startsWith('arn:aws:iam::aws:')) return awsDocument(account, arn);
      const policy = (await of(account)).policies.find(({ Arn }) => Arn === arn);
      const version = policy?.PolicyVersionList?.find(({ VersionId }) => VersionId === policy.DefaultVersionId);
      return parseDocument(version?.Document);
    },
  };
};
