/**
 * EFS with its states and refusals. No file is stored: how much a file system holds is seeded
 * (`PUT /_sandbox/accounts/{id}/file-systems {id, sizeBytes}`).
 * @see https://docs.aws.amazon.com/efs/latest/ug/api-reference.html
 */
import { z } from 'zod';
import { createLocks } from '../../core/locks.ts';
import { adminRoute, type ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { efsActions } from './actions.ts';
import type { EfsDeps } from './context.ts';
import { fileSystemRules } from './file-systems.ts';
import { efsInventory } from './inventory.ts';
import { mountTargetRules } from './mount-targets.ts';
import { policyRules } from './policies.ts';
import { createStore, idOf } from './state.ts';
import { tagRules } from './tags.ts';

const SizeSeed = z.strictObject({ id: z.string().startsWith('fs-'), sizeBytes: z.int().min(0) });

export const createEfs = (world: World): ServiceModule => {
  const store = createStore(() => world.now());
  const deps: EfsDeps = { world, store, serial: createLocks() };
  return {
    service: 'elasticfilesystem',
    rules: { ...fileSystemRules(deps), ...mountTargetRules(deps), ...policyRules(deps), ...tagRules(deps) },
    actions: efsActions(store),
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      const at = store.of({ account: account || call.account, region: region || call.region });
      return at.fileSystems.get(idOf(arn))?.tags;
    },
    inventory: async (account) => store.all(account).flatMap((at) => efsInventory(at, world.now())),
    admin: {
      'PUT file-systems': adminRoute(SizeSeed, async (account, { id, sizeBytes }) => {
        const found = store
          .all(account)
          .map((at) => at.fileSystems.get(id))
          .find((each) => each !== undefined);
        if (!found) throw new Error(`id: there is no file system ${id}`);
        found.sizeBytes = sizeBytes;
      }),
    },
    errors: {
      throttle: ['ThrottlingException', 429, 'Rate exceeded'],
      denied: ['AccessDeniedException', 403, 'User is not authorized'],
      internal: ['InternalServerError', 500, 'Internal server error'],
    },
  };
};
