import { createRoute, z } from '@hono/zod-openapi';
import { HOLDER_PHASES } from '#domain/keys/record.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { requireRight } from '../../principal.ts';
import { pageQuery } from '../../schemas.ts';
import { KeyHolderList, requireKeyHolders } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/key-holders',
  operationId: 'listKeyHolders',
  summary: 'List who holds access keys',
  description: 'Ordered by name. A page may hold fewer items than `limit` and still have a next one.',
  security: BEARER,
  request: {
    query: z.strictObject({
      phase: z.enum(HOLDER_PHASES).optional().openapi({ description: 'Only those in this phase' }),
      ...pageQuery,
    }),
  },
  responses: { 200: json(KeyHolderList, 'One page'), ...problems('NotFound') },
});

export const registerListKeyHolders = (app: App, deps: Pick<ApiDeps, 'keyHolders'>): void => {
  app.openapi(route, async (c) => {
    requireRight(principalOf(c), 'seeKeyHolders');
    const holders = requireKeyHolders(c, deps, 'seeKeyHolders');
    return c.json(await holders.list(c.req.valid('query')), 200);
  });
};
