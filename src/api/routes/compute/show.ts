import { createRoute, z } from '@hono/zod-openapi';
import { ComputeBody, ComputeId } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';
import { showNow } from './shown.ts';

const show = createRoute({
  method: 'get',
  path: '/v1/compute-environments/{id}',
  operationId: 'showComputeEnvironment',
  summary: 'Show a compute environment',
  description:
    'The values of its environment variables are readable by whoever may read it: they are no place for secrets.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }) },
  responses: { 200: json(ComputeBody, 'Its current state'), ...problems('NotFound') },
});

const byAlias = createRoute({
  method: 'get',
  path: '/v1/compute-environments/by-alias/{alias}',
  operationId: 'showComputeEnvironmentByAlias',
  summary: 'Show the compute environment that has an alias',
  description: 'The newest that has it: an alias passes on to the one that is made after it.',
  security: BEARER,
  request: {
    params: z.object({
      alias: z.string().min(1).max(100).openapi({ description: '`config.eyrie.alias`', example: 'genomes' }),
    }),
  },
  responses: { 200: json(ComputeBody, 'Its current state'), ...problems('NotFound') },
});

export const registerShowCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(byAlias, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const located = await compute.findByAlias(c.req.valid('param').alias);
    if (!located) throw new ApiProblem('NotFound', 'there is no compute environment with this alias');
    return c.json(await compute.show(located, principal), 200);
  });

  app.openapi(show, async (c) => c.json(await showNow(compute, principalOf(c), c.req.valid('param').id), 200));
};
