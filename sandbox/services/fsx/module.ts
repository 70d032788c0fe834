/**
 * FSx for Lustre with its states, tokens and refusals. No file is stored.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/welcome.html
 */
import { createLocks } from '../../core/locks.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { fsxActions } from './actions.ts';
import { backupRules } from './backups.ts';
import type { FsxDeps } from './context.ts';
import { fileSystemRules } from './file-systems.ts';
import { fsxInventory } from './inventory.ts';
import { FSX_QUESTIONS } from './questions.ts';
import { createStore } from './state.ts';
import { findTagged, tagRules } from './tags.ts';

export const createFsx = (world: World): ServiceModule => {
  const store = createStore(() => world.now());
  const deps: FsxDeps = { world, store, serial: createLocks() };
  return {
    service: 'fsx',
    rules: { ...fileSystemRules(deps), ...backupRules(deps), ...tagRules(deps) },
    actions: fsxActions,
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      return findTagged(store.of({ account: account || call.account, region: region || call.region }), arn)?.tags;
    },
    inventory: async (account) => store.all(account).flatMap((at) => fsxInventory(at, world.now())),
    questions: FSX_QUESTIONS,
    errors: {
      throttle: ['ThrottlingException', 400, 'Rate exceeded'],
      denied: ['AccessDeniedException', 400, 'User is not authorized'],
      internal: ['InternalServerError', 500, 'Internal server error'],
    },
  };
};
