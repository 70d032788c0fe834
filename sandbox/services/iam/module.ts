/**
 * IAM as AWS keeps it, over moto: names unique whatever their case, DeleteConflict, limits, well-formed documents, and
 * the seconds that a role, a profile or a key needs before anything else believes in it.
 */
import { createLocks } from '../../core/locks.ts';
import type { Call, ServiceModule, World } from '../../core/rule.ts';
import { createIamInventory } from './inventory.ts';
import { policyRules } from './policies.ts';
import { roleRules } from './roles.ts';
import type { IamContext } from './rules.ts';
import { createSnapshots, type Snapshots } from './snapshot.ts';
import { userRules } from './users.ts';

export interface IamModule extends ServiceModule {
  readonly service: 'iam';
  /** When a role can be assumed or passed, in ms since the epoch; undefined for one that does not exist. */
  roleReadyAt(account: string, name: string): number | undefined;
  /** When an instance profile is known to other services; undefined as above. */
  profileReadyAt(account: string, name: string): number | undefined;
  /** When EC2 sees the role that the profile has. */
  profileRoleReadyAt(account: string, name: string): number | undefined;
  /** The account's users, roles and policies, for evaluation. */
  readonly snapshots: Snapshots;
  /** Notes for GetAccessKeyLastUsed that a key signed this call. */
  keyUsed(call: Call): void;
}

export const createIam = (world: World): IamModule => {
  const context: IamContext = {
    world,
    snapshots: createSnapshots(world),
    serial: createLocks(),
    lastUsed: new Map(),
    readyAt: { roles: new Map(), profiles: new Map(), profileRoles: new Map() },
  };
  return {
    service: 'iam',
    rules: { ...userRules(context), ...roleRules(context), ...policyRules(context) },
    inventory: createIamInventory(world, context.snapshots),
    snapshots: context.snapshots,
    roleReadyAt: (account, name) => context.readyAt.roles.get(`${account}/${name}`),
    profileReadyAt: (account, name) => context.readyAt.profiles.get(`${account}/${name}`),
    profileRoleReadyAt: (account, name) => context.readyAt.profileRoles.get(`${account}/${name}`),
    keyUsed({ accessKeyId, service, region, caller }) {
      if (caller.kind !== 'user') return;
      context.lastUsed.set(accessKeyId, { at: world.now(), service, region });
    },
  };
};
