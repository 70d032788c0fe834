import { createRoute, z } from '@hono/zod-openapi';
import { COMPUTE_PHASES, COMPUTE_STATUSES } from '#domain/compute/view.ts';
import { ComputeListBody } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 50;

const route = createRoute({
  method: 'get',
  path: '/v1/compute-environments',
  operationId: 'listComputeEnvironments',
  summary: 'List compute environments',
  description:
    'Also those that were deleted in the last 30 days. A page may hold fewer items than `limit` and still have a next one.',
  security: BEARER,
  request: {
    query: z.strictObject({
      status: z.enum(COMPUTE_STATUSES).optional(),
      phase: z.enum(COMPUTE_PHASES).optional(),
      name: z.string().min(1).max(100).optional(),
      alias: z.string().min(1).max(100).optional(),
      tenantOf: z.string().min(1).max(512).optional().openapi({ description: 'Id of a shared one: only its tenants' }),
      cursor: z.string().min(1).max(2048).optional().openapi({ description: '`nextCursor` of the previous page' }),
      limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
    }),
  },
  responses: { 200: json(ComputeListBody, 'One page'), ...problems(403, 422) },
});

export const registerListCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    return c.json(await compute.list(principal, c.req.valid('query')), 200);
  });
};
