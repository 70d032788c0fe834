/** Which policies speak for a caller: attached and inline ones of the user and its groups, or of the role. */
import type { AttachedPolicy, PolicyDetail, Tag } from '@aws-sdk/client-iam';
import type { NamedPolicy } from '../../access/simulator.ts';
import type { Caller } from '../../core/rule.ts';
import type { IamModule } from './module.ts';
import { type IamSnapshot, parseDocument } from './snapshot.ts';

export interface Principal {
  readonly policies: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy | undefined;
  /** What `aws:userid` shows. */
  readonly userId: string;
  /** ARN of the user or of the role behind the session. */
  readonly arn: string;
  readonly tags: readonly Tag[];
  /** Some policy asks for a tag of the resource, so the resource's tags have to be looked up. */
  readonly asksForResourceTags: boolean;
  /** Some policy looks at the clock, so that no verdict is for good. */
  readonly asksForTime: boolean;
}

/** The root of an account may do everything in it; what other accounts own still has to let it in. */
export const ROOT_POLICY: NamedPolicy = {
  name: 'root',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

interface Holder {
  readonly AttachedManagedPolicies?: AttachedPolicy[] | undefined;
  readonly inline?: PolicyDetail[] | undefined;
}

const policiesOf = async (iam: IamModule, account: string, holders: readonly Holder[]): Promise<NamedPolicy[]> => {
  const found: NamedPolicy[] = [];
  for (const { AttachedManagedPolicies = [], inline = [] } of holders) {
    for (const { PolicyArn = '' } of AttachedManagedPolicies) {
      found.push({ name: PolicyArn, policy: await iam.snapshots.document(account, PolicyArn) });
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
  iam: IamModule,
  account: string,
  arn: string | undefined,
): Promise<NamedPolicy | undefined> =>
  arn === undefined ? undefined : { name: arn, policy: await iam.snapshots.document(account, arn) };

const findUser = async (iam: IamModule, snapshot: IamSnapshot, account: string, name: string) => {
  const user = snapshot.users.find(({ UserName }) => UserName === name);
  if (!user) return undefined;
  const groups = snapshot.groups.filter(({ GroupName = '' }) => user.GroupList?.includes(GroupName));
  const holders = [
    { ...user, inline: user.UserPolicyList },
    ...groups.map((group) => ({ ...group, inline: group.GroupPolicyList })),
  ];
  return finish({
    policies: await policiesOf(iam, account, holders),
    boundary: await boundaryOf(iam, account, user.PermissionsBoundary?.PermissionsBoundaryArn),
    userId: user.UserId ?? '',
    arn: user.Arn ?? '',
    tags: user.Tags ?? [],
  });
};

const findRole = async (iam: IamModule, snapshot: IamSnapshot, caller: Extract<Caller, { kind: 'role' }>) => {
  const role = snapshot.roles.find(({ RoleName }) => RoleName === caller.roleName);
  if (!role) return undefined;
  return finish({
    policies: await policiesOf(iam, caller.account, [{ ...role, inline: role.RolePolicyList }]),
    boundary: await boundaryOf(iam, caller.account, role.PermissionsBoundary?.PermissionsBoundaryArn),
    userId: `${role.RoleId}:${caller.sessionName}`,
    arn: role.Arn ?? '',
    tags: role.Tags ?? [],
  });
};

/** A session outlives its role, and a key its user by some moments: nothing speaks for them any more. */
const NOBODY = { policies: [], userId: '', tags: [], asksForResourceTags: false, asksForTime: false } as const;

const cache = new WeakMap<IamSnapshot, Map<string, Promise<Principal>>>();

/** Cached until IAM changes in the account. */
export const findPrincipal = async (iam: IamModule, caller: Caller): Promise<Principal> => {
  if (caller.kind === 'root') {
    return { ...NOBODY, policies: [ROOT_POLICY], userId: caller.account, arn: caller.arn };
  }
  const snapshot = await iam.snapshots.of(caller.account);
  const known = cache.get(snapshot) ?? new Map<string, Promise<Principal>>();
  cache.set(snapshot, known);
  const found =
    known.get(caller.arn) ??
    (caller.kind === 'user'
      ? findUser(iam, snapshot, caller.account, caller.userName)
      : findRole(iam, snapshot, caller)
    ).then((principal) => principal ?? { ...NOBODY, arn: caller.arn });
  known.set(caller.arn, found);
  return found;
};
