/**
 * When files move to cheaper storage, and whether they are backed up: only an available file system takes either.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_PutLifecycleConfiguration.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_PutBackupPolicy.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { listOf, objectOf, textOf } from '../../core/params.ts';
import type { EfsDeps } from './context.ts';
import { badRequest, efsError, type FileSystem, incorrectState, mustFindFileSystem, stateOf } from './state.ts';

const AFTER = [1, 7, 14, 30, 60, 90, 180, 270, 365].map((days) => `AFTER_${days}_DAY${days === 1 ? '' : 'S'}`);
const TRANSITIONS: Readonly<Record<string, readonly string[]>> = {
  TransitionToIA: AFTER,
  TransitionToArchive: AFTER,
  TransitionToPrimaryStorageClass: ['AFTER_1_ACCESS'],
};

export const policyRules = (deps: EfsDeps): Record<string, Rule> => {
  const { world, store } = deps;
  const find = (call: Call): FileSystem => mustFindFileSystem(store.of(call), textOf(call.params, 'FileSystemId'));
  const mustBeAvailable = (call: Call): FileSystem => {
    const found = find(call);
    const state = stateOf(found, world.now());
    if (state !== 'available') throw incorrectState(found.id, state);
    return found;
  };
  return {
    PutLifecycleConfiguration: async (call) => {
      const policies = listOf(call.params, 'LifecyclePolicies').map((each) => each as Record<string, unknown>);
      checkTransitions(policies);
      const found = mustBeAvailable(call);
      found.lifecyclePolicies = policies;
      return world.answer(call, { LifecyclePolicies: found.lifecyclePolicies });
    },
    DescribeLifecycleConfiguration: async (call) =>
      world.answer(call, { LifecyclePolicies: find(call).lifecyclePolicies }),
    PutBackupPolicy: async (call) => {
      const status = textOf(objectOf(call.params, 'BackupPolicy'), 'Status');
      if (status !== 'ENABLED' && status !== 'DISABLED') {
        throw efsError('ValidationException', `The backup policy status '${status}' is not valid.`, 400);
      }
      const found = mustBeAvailable(call);
      found.backup = status;
      return world.answer(call, { BackupPolicy: { Status: status } });
    },
    DescribeBackupPolicy: async (call) => {
      const { backup, id } = find(call);
      if (!backup) throw efsError('PolicyNotFound', `There is no backup policy for file system '${id}'.`, 404);
      return world.answer(call, { BackupPolicy: { Status: backup } });
    },
  };
};

/** Each object names one transition, and each transition is named once. */
const checkTransitions = (policies: readonly Record<string, unknown>[]): void => {
  const named = policies.map((policy) => Object.entries(policy));
  if (named.some((entries) => entries.length !== 1)) {
    throw badRequest('A LifecyclePolicy object must contain exactly one transition.');
  }
  const all = named.flat();
  if (new Set(all.map(([name]) => name)).size < all.length) {
    throw badRequest('A transition can be given only once.');
  }
  for (const [name, value] of all) {
    if (!TRANSITIONS[name]?.includes(String(value))) throw badRequest(`${name} cannot be ${String(value)}.`);
  }
};
