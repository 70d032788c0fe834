import { createRoute, z } from '@hono/zod-openapi';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { requireRight } from '../../principal.ts';
import { StorageId, UserStorageBody } from '../../user-storage/schemas.ts';
import { locationOf, RETRY_AFTER, requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

const objects = createRoute({
  method: 'delete',
  path: '/v1/storage/{id}/objects',
  operationId: 'emptyStorage',
  summary: "Remove everything from a user's bucket",
  description: 'All versions, delete markers and unfinished uploads; the bucket stays.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }) },
  responses: {
    200: json(UserStorageBody, 'The bucket is empty'),
    202: json(UserStorageBody, 'It takes longer: `Location` shows how far it is', 'Location', 'Retry-After'),
    ...problems('NotFound', 'CompensationIncomplete', 'Conflict', 'OperationInProgress'),
  },
});

const storage = createRoute({
  method: 'delete',
  path: '/v1/storage/{id}',
  operationId: 'deleteStorage',
  summary: "Delete a user's bucket with everything in it",
  description: 'Its key is deleted 30 days later. A set-up in progress is taken back first. Safe to repeat.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }) },
  responses: {
    202: json(UserStorageBody, 'It is being deleted; `Location` shows how far it is', 'Location'),
    ...problems('NotFound', 'Conflict', 'OperationInProgress'),
  },
});

export const registerRemoveStorage = (app: App, deps: Pick<StorageDeps, 'users'>): void => {
  app.openapi(objects, async (c) => {
    const users = requireUsers(deps);
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await users.authorise(principal, id);
    requireRight(principal, 'removeStorage');
    const { done } = await users.emptyOf(located, principal);
    const view = await users.show(await users.authorise(principal, id), principal);
    if (done) return c.json(view, 200);
    return c.json(view, 202, { Location: locationOf(id), 'Retry-After': RETRY_AFTER });
  });

  app.openapi(storage, async (c) => {
    const users = requireUsers(deps);
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await users.authorise(principal, id);
    requireRight(principal, 'removeStorage');
    await users.disposeOf(located, principal);
    return c.json(await users.show(await users.authorise(principal, id), principal), 202, { Location: locationOf(id) });
  });
};
