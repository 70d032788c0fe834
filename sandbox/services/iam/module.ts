/**
 * IAM as AWS keeps it, over moto: names unique whatever their case, DeleteConflict, limits, well-formed documents, and
 * the seconds that a role, a profile or a key needs before anything else believes in it.
 */
import { IAMClient, ListPolicyTagsCommand } from '@aws-sdk/client-iam';
import type { Call } from '../../core/call.ts';
import { createLocks } from '../../core/locks.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { iamActions } from './actions.ts';
import { IAM_HOME, type Iam } from './contract.ts';
import { principalExists } from './documents.ts';
import { createIamInventory } from './inventory.ts';
import { policyRules } from './policies.ts';
import { findPrincipal } from './principals.ts';
import { roleRules } from './roles.ts';
import type { IamContext } from './rules.ts';
import { simulateRules } from './simulate.ts';
import { createSnapshots } from './snapshot.ts';
import { userRules } from './users.ts';

export const createIam = (world: World): ServiceModule => {
  const snapshots = createSnapshots(world);
  const context: IamContext = {
    world,
    snapshots,
    serial: createLocks(),
    lastUsed: new Map(),
    readyAt: { roles: new Map(), profiles: new Map(), profileRoles: new Map() },
  };
  const { readyAt, lastUsed } = context;

  const tagsOf = async (_: Call, arn: string): Promise<unknown> => {
    const [, , , , account = '', entity = ''] = arn.split(':');
    const { users, roles, profiles } = await snapshots.of(account);
    const known = [...users, ...roles, ...profiles].find(({ Arn }) => Arn === arn);
    if (known) return known.Tags;
    if (!entity.startsWith('policy/')) return undefined;
    return (await world.moto(IAMClient, account, IAM_HOME).send(new ListPolicyTagsCommand({ PolicyArn: arn }))).Tags;
  };

  const offers: Iam = {
    snapshots,
    roleReadyAt: (account, name) => readyAt.roles.get(`${account}/${name}`),
    profileReadyAt: (account, name) => readyAt.profiles.get(`${account}/${name}`),
    profileRoleReadyAt: (account, name) => readyAt.profileRoles.get(`${account}/${name}`),
    principalOf: (caller) => findPrincipal(snapshots, caller),
    principalExists: (principal) => principalExists(snapshots, principal),
    async rolesOfProfile(account, profile) {
      if (profile.includes(':role/')) return [profile];
      const name = profile.split('/').at(-1);
      const { profiles } = await snapshots.of(account);
      const found = profiles.find(({ InstanceProfileName }) => InstanceProfileName === name);
      return (found?.Roles ?? []).map(({ Arn = '' }) => Arn);
    },
    keyUsed({ accessKeyId, service, region, caller }) {
      if (caller.kind !== 'user') return;
      lastUsed.set(accessKeyId, { at: world.now(), service, region });
    },
  };

  return {
    service: 'iam',
    rules: { ...userRules(context), ...roleRules(context), ...policyRules(context), ...simulateRules(context) },
    actions: iamActions,
    tagsOf,
    tagCondition: 'iam:ResourceTag',
    inventory: createIamInventory(world, snapshots),
    errors: {
      throttle: ['Throttling', 400, 'Rate exceeded'],
      denied: ['AccessDenied', 403, 'User is not authorized to perform this action'],
      internal: ['ServiceFailure', 500, 'The request processing has failed because of an unknown error.'],
    },
    offers,
  };
};
