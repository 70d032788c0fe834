/** Which policies speak for a caller: attached and inline ones of the user and its groups, or of the role. */
import type { AttachedPolicy, PolicyDetail } from '@aws-sdk/client-iam';
import type { Caller } from '../../core/call.ts';
import type { NamedPolicy } from '../../core/check.ts';
import type { IamSnapshot, Snapshots } from './contract.ts';
import { type Principal, parseDocument, ROOT_POLICY } from './contract.ts';

interface Holder {
  readonly AttachedManagedPolicies?: AttachedPolicy[] | undefined;
  readonly inline?: PolicyDetail[] | undefined;
}

const policiesOf = async (
  snapshots: Snapshots,
  account: string,
  holders: readonly Holder[],
): Promise<NamedPolicy[]> => {
  const found: NamedPolicy[] = [];
  for (const { AttachedManagedPolicies = [], inline = [] } of holders) {
    for (const { PolicyArn = '' } of AttachedManagedPolicies) {
      found.push({ name: PolicyArn, policy: await snapshots.document(account, PolicyArn) });
    }
    for (const { PolicyName = '', PolicyDocument } of inline) {
      found.push({ name: `inline ${PolicyName}`, policy: parseDocument(PolicyDocument) });
    }
  }
  // Names are keys in the simulator, and a group may hold what its user holds.
  const byName = new Map(
    found.filter(({ policy }) => policy !== undefined).map((one, index) => [`${index} ${one.name}`, one]),
  );
  return [...byName].map(([name, { policy }]) => ({ name, policy }));
};

const finish = (principal: Omit<Principal, 'asksForResourceTags' | 'asksForTime'>): Principal => {
  const text = JSON.stringify([principal.policies, principal.boundary]);
  return {
    ...principal,
    asksForResourceTags: /ResourceTag\//i.test(text),
    asksForTime: /aws:(CurrentTime|EpochTime)/i.test(text),
  };
};

const boundaryOf = async (
  snapshots: Snapshots,
  account: string,
  arn: string | undefined,
): Promise<NamedPolicy | undefined> =>
  arn === undefined ? undefined : { name: arn, policy: await snapshots.document(account, arn) };

const findUser = async (snapshots: Snapshots, snapshot: IamSnapshot, account: string, name: string) => {
  const user = snapshot.users.find(({ UserName }) => UserName === name);
  if (!user) return undefined;
  const groups = snapshot.groups.filter(({ GroupName = '' }) => user.GroupList?.includes(GroupName));
  const holders = [
    { ...user, inline: user.UserPolicyList },
    ...groups.map((group) => ({ ...group, inline: group.GroupPolicyList })),
  ];
  return finish({
    policies: await policiesOf(snapshots, account, holders),
    boundary: await boundaryOf(snapshots, account, user.PermissionsBoundary?.PermissionsBoundaryArn),
    userId: user.UserId ?? '',
    arn: user.Arn ?? '',
    tags: user.Tags ?? [],
  });
};

const findRole = async (snapshots: Snapshots, snapshot: IamSnapshot, caller: Extract<Caller, { kind: 'role' }>) => {
  const role = snapshot.roles.find(({ RoleName }) => RoleName === caller.roleName);
  if (!role) return undefined;
  return finish({
    policies: await policiesOf(snapshots, caller.account, [{ ...role, inline: role.RolePolicyList }]),
    boundary: await boundaryOf(snapshots, caller.account, role.PermissionsBoundary?.PermissionsBoundaryArn),
    userId: `${role.RoleId}:${caller.sessionName}`,
    arn: role.Arn ?? '',
    tags: role.Tags ?? [],
  });
};

/** A session outlives its role, and a key its user by some moments: nothing speaks for them any more. */
const NOBODY = { policies: [], userId: '', tags: [], asksForResourceTags: false, asksForTime: false } as const;

const cache = new WeakMap<IamSnapshot, Map<string, Promise<Principal>>>();

/** Cached until IAM changes in the account. */
export const findPrincipal = async (snapshots: Snapshots, caller: Caller): Promise<Principal> => {
  if (caller.kind === 'root') {
    return { ...NOBODY, policies: [ROOT_POLICY], userId: caller.account, arn: caller.arn };
  }
  const snapshot = await snapshots.of(caller.account);
  const known = cache.get(snapshot) ?? new Map<string, Promise<Principal>>();
  cache.set(snapshot, known);
  const found =
    known.get(caller.arn) ??
    (caller.kind === 'user'
      ? findUser(snapshots, snapshot, caller.account, caller.userName)
      : findRole(snapshots, snapshot, caller)
    ).then((principal) => principal ?? { ...NOBODY, arn: caller.arn });
  known.set(caller.arn, found);
  return found;
};
