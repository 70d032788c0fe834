import { createRoute, z } from '@hono/zod-openapi';
import { STORAGE_PHASES } from '#domain/storage/view.ts';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { pageQuery } from '../../schemas.ts';
import { UserStorageList } from '../../user-storage/schemas.ts';
import { requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/storage',
  operationId: 'listStorage',
  summary: "List users' storage",
  description:
    'Ordered by user id; a user sees only their own. A page may hold fewer items than `limit` and still have a next one.',
  security: BEARER,
  request: {
    query: z.strictObject({
      phase: z.enum(STORAGE_PHASES).optional().openapi({ description: 'Only those in this phase' }),
      ...pageQuery,
    }),
  },
  responses: { 200: json(UserStorageList, 'One page'), ...problems('NotFound') },
});

export const registerListStorage = (app: App, deps: Pick<StorageDeps, 'users'>): void => {
  app.openapi(route, async (c) => {
    const users = requireUsers(deps);
    return c.json(await users.list(principalOf(c), c.req.valid('query')), 200);
  });
};
