import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { HatcheryExpected, pageQuery } from '../../schemas.ts';

const LIMIT_MAX = 100;

const route = createRoute({
  method: 'get',
  path: '/hatchery/expected',
  operationId: 'hatcheryExpected',
  summary: 'Who has a workspace that this client launched',
  description:
    'For a client that could not say that a workspace ended: whoever is listed here and has no pod is to be terminated. ' +
    'What users launched themselves is not listed. A page may hold fewer items than `limit` and still have a next one.',
  security: BEARER,
  request: {
    query: z.strictObject({
      ...pageQuery,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(LIMIT_MAX)
        .default(LIMIT_MAX)
        .openapi({ description: 'Items a page', example: 100 }),
    }),
  },
  responses: { 200: json(HatcheryExpected, 'One page') },
});

export const registerHatcheryExpected = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    requireRight(principal, 'hatcheryExpected');
    const { items, nextCursor } = await workspaces.list(principal, {
      ...c.req.valid('query'),
      phase: ['launching', 'running'],
      launchedBy: renderPrincipal(principal),
    });
    // What is being taken away is not waited for any more, whatever its record says still.
    const there = items.filter(({ phase }) => phase === 'launching' || phase === 'running');
    return c.json(
      { items: there.map(({ id, user, phase, updatedAt }) => ({ id, user, phase, updatedAt })), nextCursor },
      200,
    );
  });
};
