import { createRoute, z } from '@hono/zod-openapi';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { StorageId, UserStorageBody } from '../../user-storage/schemas.ts';
import { requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/storage/{id}',
  operationId: 'showStorage',
  summary: "Show a user's storage",
  description: 'Users see their own, by the `sub` of their token.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }) },
  responses: { 200: json(UserStorageBody, 'Its current state'), ...problems('NotFound') },
});

export const registerShowStorage = (app: App, deps: Pick<StorageDeps, 'users'>): void => {
  app.openapi(route, async (c) => {
    const users = requireUsers(deps);
    const principal = principalOf(c);
    return c.json(await users.show(await users.authorise(principal, c.req.valid('param').id), principal), 200);
  });
};
