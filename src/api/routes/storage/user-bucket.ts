import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { locationOf, mayInStorage, RETRY_AFTER, requireUsers } from './caller.ts';
import type { StorageDeps } from './deps.ts';

const Progress = z
  .object({ message: z.string(), bucket: z.string(), details: z.string() })
  .openapi('UserBucketRemoval');

const objects = createRoute({
  method: 'delete',
  path: '/storage/user-bucket/objects',
  operationId: 'emptyUserBucket',
  summary: "Remove everything from the caller's bucket",
  description: 'All versions, delete markers and unfinished uploads; the bucket stays. Goes on whatever process dies.',
  security: BEARER,
  responses: {
    204: { description: 'The bucket is empty' },
    202: json(Progress, 'It takes longer: `Location` shows how far it is', 'Location', 'Retry-After'),
    ...problems('NotFound', 'CompensationIncomplete', 'Conflict', 'OperationInProgress'),
  },
});

const bucket = createRoute({
  method: 'delete',
  path: '/storage/user-bucket',
  operationId: 'deleteUserBucket',
  summary: "Delete the caller's bucket with everything in it",
  description: 'Its key is deleted 30 days later. A set-up in progress is taken back first. Safe to repeat.',
  security: BEARER,
  responses: {
    202: json(Progress, 'It is being deleted; `Location` shows how far it is', 'Location'),
    ...problems('NotFound', 'Conflict', 'OperationInProgress'),
  },
});

export const registerUserBucket = (app: App, deps: StorageDeps): void => {
  app.openapi(objects, async (c) => {
    const caller = await mayInStorage(c, deps, 'delete');
    const outcome = await requireUsers(deps).empty(caller);
    if (outcome.done) return c.body(null, 204);
    const answer = {
      message: 'the bucket is being emptied',
      bucket: caller.bucket,
      details: `GET ${locationOf(outcome.id)} shows how far it is`,
    };
    return c.json(answer, 202, { Location: locationOf(outcome.id), 'Retry-After': RETRY_AFTER });
  });

  app.openapi(bucket, async (c) => {
    const caller = await mayInStorage(c, deps, 'delete');
    const { id } = await requireUsers(deps).dispose(caller);
    const answer = {
      message: 'the bucket is being deleted',
      bucket: caller.bucket,
      details: `everything in it is removed first; GET ${locationOf(id)} shows how far it is`,
    };
    return c.json(answer, 202, { Location: locationOf(id) });
  });
};
