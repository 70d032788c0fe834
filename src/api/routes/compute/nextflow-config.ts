import { createRoute, z } from '@hono/zod-openapi';
import { renderComputeNextflowConfig } from '#domain/compute/nextflow-config.ts';
import { isThere } from '#domain/compute/record.ts';
import { ownShareOf } from '#domain/compute/tenancy.ts';
import { withAwsEndpoint } from '#domain/core/nextflow-endpoint.ts';
import { ComputeId } from '../../compute/schemas.ts';
import { notReady } from '../../compute/state.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/compute-environments/{id}/nextflow.config',
  operationId: 'showComputeNextflowConfig',
  summary: 'The Nextflow configuration of a compute environment',
  description: 'Executor, queues by label, roles, logs, and what the options say besides.',
  security: BEARER,
  request: {
    params: z.object({ id: ComputeId }),
    query: z.strictObject({
      share: z
        .string()
        .regex(/^[A-Za-z0-9]{1,255}$/, 'letters and digits')
        .optional()
        .openapi({
          description: 'Under fair share: whose share tasks take. Default: the first that the options list',
          example: 'team',
        }),
    }),
  },
  responses: {
    200: { description: 'It works as it is', content: { 'text/plain': { schema: z.string() } } },
    ...problems('NotFound', 'NotReady'),
  },
});

export const registerComputeNextflowConfig = (app: App, { compute, awsEndpoint }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { id, record } = await compute.authorise(principalOf(c), c.req.valid('param').id);
    const isUsable = record && (isThere(record.phase) || record.phase === 'updating');
    if (!isUsable) throw notReady(id, `it is ${record?.phase ?? 'not made yet'}`);
    const { share } = c.req.valid('query');
    const own = ownShareOf(record.compute);
    if (share !== undefined && own !== null && share !== own) {
      const detail = `jobs of ${id} may take the share ${own} alone`;
      throw new ApiProblem('Invalid', 'the request is not valid', { errors: [{ pointer: '/share', detail }] });
    }
    const config = renderComputeNextflowConfig(await compute.asItIs(record.compute), share);
    return c.text(withAwsEndpoint(config, awsEndpoint), 200);
  });
};
