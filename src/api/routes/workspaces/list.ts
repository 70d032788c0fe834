import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { PHASES, pageQuery, WorkspaceList } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces',
  operationId: 'listWorkspaces',
  summary: 'List workspaces',
  description:
    'Ordered by user name; a user sees only their own. A page may hold fewer items than `limit` and still have a next one.',
  security: BEARER,
  request: {
    query: z.strictObject({
      phase: z.enum(PHASES).optional().openapi({ description: 'Only those in this phase' }),
      unhealthy: z.enum(['true', 'false']).optional().openapi({
        description: '`true`: only those that run and are not as they were launched any more; `false`: only the others',
      }),
      ...pageQuery,
    }),
  },
  responses: { 200: json(WorkspaceList, 'One page') },
});

export const registerListWorkspaces = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { unhealthy, ...query } = c.req.valid('query');
    const wanted = unhealthy === undefined ? {} : { unhealthy: unhealthy === 'true' };
    return c.json(await workspaces.list(principalOf(c), { ...query, ...wanted }), 200);
  });
};
