/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */

import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import { passRole } from '../../core/pass-role.ts';
import type { ActionsOf } from '../../core/service.ts';
import type { IamSnapshot } from './contract.ts';
import { IAM } from './contract.ts';

type Kind = 'user' | 'role' | 'group' | 'instance-profile' | 'policy';

const MEMBERS: readonly (readonly [Kind, string])[] = [
  ['role', 'RoleName'],
  ['user', 'UserName'],
  ['group', 'GroupName'],
  ['instance-profile', 'InstanceProfileName'],
];

/** Operations whose resource is another than the first name they carry. */
const PREFERRED: Readonly<Record<string, Kind>> = {
  AddUserToGroup: 'group',
  RemoveUserFromGroup: 'group',
  AddRoleToInstanceProfile: 'instance-profile',
  RemoveRoleFromInstanceProfile: 'instance-profile',
};

const LISTS: ReadonlySet<string> = new Set([
  'ListUsers',
  'ListRoles',
  'ListGroups',
  'ListPolicies',
  'ListInstanceProfiles',
]);

/** The path is part of the ARN, so the thing itself is asked; what does not exist yet has the path of the request. */
const arnOf = ({ users, roles, groups, profiles }: IamSnapshot, call: Call, kind: Kind, name: string): string => {
  const known: Record<string, string | undefined> = {
    user: users.find(({ UserName }) => UserName === name)?.Arn,
    role: roles.find(({ RoleName }) => RoleName === name)?.Arn,
    group: groups.find(({ GroupName }) => GroupName === name)?.Arn,
    'instance-profile': profiles.find(({ InstanceProfileName }) => InstanceProfileName === name)?.Arn,
  };
  const path = textOf(call.params, 'Path') || '/';
  return known[kind] ?? `arn:aws:iam::${call.account}:${kind}${path}${name}`;
};

const contextOf = (call: Call): Record<string, string | string[]> => {
  const policy = textOf(call.params, 'PolicyArn');
  const boundary = textOf(call.params, 'PermissionsBoundary');
  const service = textOf(call.params, 'AWSServiceName');
  return {
    ...tagContext(call.params.Tags),
    ...tagKeysContext(listOf(call.params, 'TagKeys')),
    ...(policy && { 'iam:PolicyARN': policy }),
    ...(boundary && { 'iam:PermissionsBoundary': boundary }),
    ...(service && { 'iam:AWSServiceName': service }),
  };
};

const resourceOf = (snapshot: IamSnapshot, call: Call, keyOwner: string | undefined): string => {
  const { operation, params } = call;
  if (operation === 'GetAccessKeyLastUsed') return keyOwner ?? '*';
  if (LISTS.has(operation)) return '*';
  if (operation === 'SimulatePrincipalPolicy') return textOf(params, 'PolicySourceArn');
  if (operation === 'CreateServiceLinkedRole') {
    const service = textOf(params, 'AWSServiceName');
    return `arn:aws:iam::${call.account}:role/aws-service-role/${service}/*`;
  }
  if (operation === 'CreatePolicy') {
    return `arn:aws:iam::${call.account}:policy${textOf(params, 'Path') || '/'}${textOf(params, 'PolicyName')}`;
  }
  const preferred = PREFERRED[operation];
  const found = MEMBERS.find(([kind, member]) => (preferred ? kind === preferred : true) && textOf(params, member));
  if (found) return arnOf(snapshot, call, found[0], textOf(params, found[1]));
  if (textOf(params, 'PolicyArn')) return textOf(params, 'PolicyArn');
  // Left out: the caller's own user.
  return /User|AccessKey/.test(operation) && call.caller.kind === 'user' ? call.caller.arn : '*';
};

export const iamActions: ActionsOf = async (call, world) => {
  const snapshot = await world.service(IAM).snapshots.of(call.account);
  const context = contextOf(call);
  const keyOwner = world.keyring.find(textOf(call.params, 'AccessKeyId'))?.caller.arn;
  const first: Check = { action: `iam:${call.operation}`, resource: resourceOf(snapshot, call, keyOwner), context };
  const checks = [first];
  // Tags given with a create are a right of their own.
  const tagged = /^Create(User|Role|Policy|InstanceProfile)$/.exec(call.operation)?.[1];
  if (tagged && listOf(call.params, 'Tags').length > 0) {
    checks.push({ action: `iam:Tag${tagged}`, resource: first.resource, context });
  }
  if (call.operation === 'AddRoleToInstanceProfile') {
    const role = arnOf(snapshot, call, 'role', textOf(call.params, 'RoleName'));
    checks.push(passRole(call, role, ['ec2.amazonaws.com']));
  }
  return checks;
};
