/**
 * What a change of IAM makes of the snapshot: reading an account anew takes longer the more there is in it, so each
 * answered write is applied here instead. Always a new object, since verdicts hang on the old one.
 */
import type { AttachedPolicy, PolicyDetail, Tag } from '@aws-sdk/client-iam';
import type { Call } from '../../core/call.ts';
import { listOf, type Params, textOf } from '../../core/params.ts';
import type { IamSnapshot, PolicyEntry, ProfileEntry, RoleEntry } from './contract.ts';

type Lists = 'users' | 'roles' | 'groups' | 'profiles';

interface Entry {
  readonly Tags?: Tag[] | undefined;
  readonly AttachedManagedPolicies?: AttachedPolicy[] | undefined;
  readonly UserPolicyList?: PolicyDetail[] | undefined;
  readonly RolePolicyList?: PolicyDetail[] | undefined;
  readonly GroupPolicyList?: PolicyDetail[] | undefined;
  readonly GroupList?: string[] | undefined;
}

const KINDS = {
  User: { list: 'users', member: 'UserName', inline: 'UserPolicyList' },
  Role: { list: 'roles', member: 'RoleName', inline: 'RolePolicyList' },
  Group: { list: 'groups', member: 'GroupName', inline: 'GroupPolicyList' },
  InstanceProfile: { list: 'profiles', member: 'InstanceProfileName', inline: 'UserPolicyList' },
} as const satisfies Record<string, { list: Lists; member: string; inline: keyof Entry }>;

type Kind = keyof typeof KINDS;

const withTags = (tags: readonly Tag[] = [], params: Params): Tag[] => {
  const given = listOf(params, 'Tags') as Tag[];
  const gone = new Set([...given.map(({ Key }) => Key), ...listOf(params, 'TagKeys').map(String)]);
  return [...tags.filter(({ Key }) => !gone.has(Key)), ...given];
};

const withInline = (documents: readonly PolicyDetail[] = [], params: Params): PolicyDetail[] => {
  const PolicyName = textOf(params, 'PolicyName');
  const others = documents.filter((document) => document.PolicyName !== PolicyName);
  const text = textOf(params, 'PolicyDocument');
  return text ? [...others, { PolicyName, PolicyDocument: encodeURIComponent(text) }] : others;
};

const withAttached = (
  policies: readonly AttachedPolicy[] = [],
  PolicyArn: string,
  attach: string,
): AttachedPolicy[] => {
  const others = policies.filter((policy) => policy.PolicyArn !== PolicyArn);
  return attach === 'Attach' ? [...others, { PolicyArn, PolicyName: PolicyArn.split('/').at(-1) }] : others;
};

/** Replaces one entry of a list. */
const changed = (snapshot: IamSnapshot, kind: Kind, params: Params, change: (entry: Entry) => Entry): IamSnapshot => {
  const { list, member } = KINDS[kind];
  const name = textOf(params, member);
  const entries = snapshot[list] as readonly (Entry & Record<string, unknown>)[];
  return { ...snapshot, [list]: entries.map((entry) => (entry[member] === name ? change(entry) : entry)) };
};

const changedPolicy = (
  snapshot: IamSnapshot,
  params: Params,
  change: (policy: PolicyEntry) => PolicyEntry,
): IamSnapshot => {
  const arn = textOf(params, 'PolicyArn');
  return { ...snapshot, policies: snapshot.policies.map((policy) => (policy.Arn === arn ? change(policy) : policy)) };
};

const withDefault = (policy: PolicyEntry, VersionId: string): PolicyEntry => ({
  ...policy,
  DefaultVersionId: VersionId,
  PolicyVersionList: policy.PolicyVersionList?.map((version) => ({
    ...version,
    IsDefaultVersion: version.VersionId === VersionId,
  })),
});

const withRole = (snapshot: IamSnapshot, params: Params, add: boolean): IamSnapshot => {
  const name = textOf(params, 'RoleName');
  const role = snapshot.roles.find(({ RoleName }) => RoleName === name);
  return changed(snapshot, 'InstanceProfile', params, (entry) => {
    const { Roles = [] } = entry as ProfileEntry;
    const others = Roles.filter(({ RoleName }) => RoleName !== name);
    return { ...entry, Roles: add && role ? [...others, role] : others } as Entry;
  });
};

type Change = (snapshot: IamSnapshot, call: Call, result: Record<string, unknown>) => IamSnapshot;

const CHANGES: Readonly<Record<string, Change>> = {
  CreateUser: (snapshot, { params }, { User }) => ({
    ...snapshot,
    users: [...snapshot.users, { ...(User as object), Tags: listOf(params, 'Tags') as Tag[] }],
  }),
  CreateGroup: (snapshot, _, { Group }) => ({ ...snapshot, groups: [...snapshot.groups, { ...(Group as object) }] }),
  CreateRole: (snapshot, { params }, { Role }) => {
    const AssumeRolePolicyDocument = encodeURIComponent(textOf(params, 'AssumeRolePolicyDocument'));
    const role = { ...(Role as RoleEntry), AssumeRolePolicyDocument, Tags: listOf(params, 'Tags') as Tag[] };
    return { ...snapshot, roles: [...snapshot.roles, role] };
  },
  CreateInstanceProfile: (snapshot, { params }, { InstanceProfile }) => {
    const profile = { ...(InstanceProfile as ProfileEntry), Roles: [], Tags: listOf(params, 'Tags') as Tag[] };
    return { ...snapshot, profiles: [...snapshot.profiles, profile] };
  },
  CreatePolicy: (snapshot, { params }, { Policy }) => {
    const Document = encodeURIComponent(textOf(params, 'PolicyDocument'));
    const PolicyVersionList = [{ VersionId: 'v1', IsDefaultVersion: true, Document }];
    const Tags = listOf(params, 'Tags') as Tag[];
    const policy = { ...(Policy as PolicyEntry), DefaultVersionId: 'v1', PolicyVersionList, Tags };
    return { ...snapshot, policies: [...snapshot.policies, policy] };
  },
  CreatePolicyVersion: (snapshot, { params }, { PolicyVersion }) => {
    const { VersionId = '' } = PolicyVersion as { VersionId?: string };
    const version = {
      VersionId,
      IsDefaultVersion: false,
      Document: encodeURIComponent(textOf(params, 'PolicyDocument')),
    };
    return changedPolicy(snapshot, params, (policy) => {
      const longer = { ...policy, PolicyVersionList: [...(policy.PolicyVersionList ?? []), version] };
      return String(params.SetAsDefault) === 'true' ? withDefault(longer, VersionId) : longer;
    });
  },
  SetDefaultPolicyVersion: (snapshot, { params }) =>
    changedPolicy(snapshot, params, (policy) => withDefault(policy, textOf(params, 'VersionId'))),
  DeletePolicyVersion: (snapshot, { params }) =>
    changedPolicy(snapshot, params, (policy) => ({
      ...policy,
      PolicyVersionList: policy.PolicyVersionList?.filter(({ VersionId }) => VersionId !== params.VersionId),
    })),
  DeletePolicy: (snapshot, { params }) => ({
    ...snapshot,
    policies: snapshot.policies.filter(({ Arn }) => Arn !== params.PolicyArn),
  }),
  UpdateAssumeRolePolicy: (snapshot, { params }) =>
    changed(snapshot, 'Role', params, (role) => {
      const AssumeRolePolicyDocument = encodeURIComponent(textOf(params, 'PolicyDocument'));
      return { ...role, AssumeRolePolicyDocument } as Entry;
    }),
  AddRoleToInstanceProfile: (snapshot, { params }) => withRole(snapshot, params, true),
  RemoveRoleFromInstanceProfile: (snapshot, { params }) => withRole(snapshot, params, false),
  AddUserToGroup: (snapshot, { params }) =>
    changed(snapshot, 'User', params, (user) => ({
      ...user,
      GroupList: [...new Set([...(user.GroupList ?? []), textOf(params, 'GroupName')])],
    })),
  RemoveUserFromGroup: (snapshot, { params }) =>
    changed(snapshot, 'User', params, (user) => ({
      ...user,
      GroupList: user.GroupList?.filter((group) => group !== params.GroupName),
    })),
  TagPolicy: (snapshot, { params }) =>
    changedPolicy(snapshot, params, (policy) => ({ ...policy, Tags: withTags(policy.Tags, params) })),
  UntagPolicy: (snapshot, { params }) =>
    changedPolicy(snapshot, params, (policy) => ({ ...policy, Tags: withTags(policy.Tags, params) })),
  CreateAccessKey: (snapshot) => snapshot,
  UpdateAccessKey: (snapshot) => snapshot,
  DeleteAccessKey: (snapshot) => snapshot,
};

/** Operations that look alike for users, roles, groups and profiles. */
const byPattern = (operation: string): Change | undefined => {
  const [, verb = '', kind = '', suffix = ''] =
    /^(Attach|Detach|Put|Delete|Tag|Untag)(User|Role|Group|InstanceProfile)(Policy)?$/.exec(operation) ?? [];
  if (!(kind in KINDS)) return undefined;
  const { list, member, inline } = KINDS[kind as Kind];
  if (verb === 'Delete' && !suffix) {
    return (snapshot, { params }) => ({
      ...snapshot,
      [list]: (snapshot[list] as readonly Record<string, unknown>[]).filter(
        (entry) => entry[member] !== params[member],
      ),
    });
  }
  return (snapshot, { params }) =>
    changed(snapshot, kind as Kind, params, (entry) => {
      if (!suffix) return { ...entry, Tags: withTags(entry.Tags, params) };
      if (verb === 'Put' || verb === 'Delete') return { ...entry, [inline]: withInline(entry[inline], params) };
      const AttachedManagedPolicies = withAttached(entry.AttachedManagedPolicies, textOf(params, 'PolicyArn'), verb);
      return { ...entry, AttachedManagedPolicies };
    });
};

/** The snapshot after a successful call; undefined for one that has to be read anew. */
export const findChange = (operation: string): Change | undefined => CHANGES[operation] ?? byPattern(operation);
