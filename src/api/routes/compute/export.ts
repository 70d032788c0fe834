import { createRoute, z } from '@hono/zod-openapi';
import { exportCompute } from '../../compute/export.ts';
import { ComputeExport, ComputeId } from '../../compute/schemas.ts';
import { notReady } from '../../compute/state.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/compute-environments/{id}/export',
  operationId: 'exportComputeEnvironment',
  summary: 'A body that creates another one like it',
  description: 'With the values of its environment variables.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }) },
  responses: { 200: json(ComputeExport, 'As a create takes it'), ...problems('NotFound', 'NotReady') },
});

export const registerExportCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { id, record, run } = await compute.authorise(principalOf(c), c.req.valid('param').id);
    const made = record?.compute ?? run?.memo.made;
    if (!made) throw notReady(id, 'nothing is known of its options yet');
    return c.json(exportCompute(made, record?.onFailure ?? 'rollback'), 200);
  });
};
