import { createRoute, z } from '@hono/zod-openapi';
import { POLICY_PHASES } from '#domain/compute/phase-policies.ts';
import { policiesOf } from '../../compute/policies.ts';
import { ComputeId, Policies } from '../../compute/schemas.ts';
import { notReady } from '../../compute/state.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/compute-environments/{id}/policies',
  operationId: 'showComputePolicies',
  summary: 'IAM policies that are just enough for a compute environment',
  description:
    'For its very options: to plan it, to create, update and dispose of it, and for whoever runs workflows in it. A plan tells them before there is one.',
  security: BEARER,
  request: {
    params: z.object({ id: ComputeId }),
    query: z.strictObject({
      phase: z.enum(POLICY_PHASES).optional().openapi({ description: 'Only this one. Default: all' }),
    }),
  },
  responses: {
    200: json(z.object({ items: Policies }), 'One phase, or all'),
    ...problems('NotFound', 'NotReady'),
  },
});

export const registerComputePolicies = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { id, record, run } = await compute.authorise(principalOf(c), c.req.valid('param').id);
    const made = record?.compute ?? run?.memo.made;
    if (!made) throw notReady(id, 'nothing is known of its options yet');
    return c.json({ items: policiesOf(made, c.req.valid('query').phase) }, 200);
  });
};
