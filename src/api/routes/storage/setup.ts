import { createRoute, z } from '@hono/zod-openapi';
import { workdirOf } from '#domain/storage/names.ts';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { locationOf, mayHaveStorage, RETRY_AFTER } from './caller.ts';
import { asProblem, type StorageDeps } from './deps.ts';

const Storage = z.object({ bucket: z.string(), workdir: z.string(), region: z.string() }).openapi('Storage');

const route = createRoute({
  method: 'get',
  path: '/storage/setup',
  operationId: 'setUpStorage',
  summary: "Make the caller's bucket where it is missing",
  description:
    'Safe to repeat: within a day the second call does nothing. Answers where to work. Where Arborist decides, the ' +
    'caller needs `create` on tasks, and is granted their own tasks and storage.',
  security: BEARER,
  responses: {
    200: json(Storage, 'The bucket is ready'),
    202: json(
      Storage,
      'It is not ready yet: call again after `Retry-After`; `Location` shows how far it is',
      'Location',
      'Retry-After',
    ),
    ...problems('CompensationIncomplete', 'Conflict', 'OperationInProgress', 'QuotaExceeded'),
  },
});

export const registerStorageSetup = (app: App, deps: StorageDeps): void => {
  const { setup, users, region } = deps;
  app.openapi(route, async (c) => {
    const caller = await mayHaveStorage(c, deps);
    const { bucket } = caller;
    const answer = { bucket, workdir: workdirOf(bucket), region };
    if (!users) {
      await asProblem(setup.ensureBucket(bucket));
      return c.json(answer, 200);
    }
    const outcome = await users.setUp(caller);
    if (outcome.done) return c.json(answer, 200);
    return c.json(answer, 202, { Location: locationOf(outcome.id), 'Retry-After': RETRY_AFTER });
  });
};
