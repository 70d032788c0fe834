import { createRoute, z } from '@hono/zod-openapi';
import { COMPUTE_PHASES, COMPUTE_STATUSES } from '#domain/compute/view.ts';
import { ComputeListBody } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { pageQuery } from '../../schemas.ts';

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
      status: z.enum(COMPUTE_STATUSES).optional().openapi({ description: 'Only those with this status of Seqera’s' }),
      phase: z.enum(COMPUTE_PHASES).optional().openapi({ description: 'Only those in this phase' }),
      name: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .openapi({ description: 'Only the one of this name', example: 'genomes' }),
      alias: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .openapi({ description: 'Only those with this alias', example: 'genomes' }),
      tenantOf: z
        .string()
        .min(1)
        .max(512)
        .optional()
        .openapi({ description: 'Id of a shared one: only its tenants', example: 'localhost.k3v9q0x7m2c8b5n1z6d4' }),
      ...pageQuery,
    }),
  },
  responses: { 200: json(ComputeListBody, 'One page') },
});

export const registerListCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    return c.json(await compute.list(principal, c.req.valid('query')), 200);
  });
};
