import { createRoute, z } from '@hono/zod-openapi';
import { ComputePlanBody, ComputeRequestBody, IdempotencyKey } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/compute-environments/plan',
  operationId: 'planComputeEnvironment',
  summary: 'Say what a create would make',
  description:
    'Takes what a create takes, and refuses what it would refuse at once. Steps with what each waits for, names, IAM ' +
    'documents, places in quotas, and what it costs while nothing runs. Nothing is made. With the `Idempotency-Key` of a ' +
    'create, the names are that create’s.',
  security: BEARER,
  request: {
    headers: z.object({ 'idempotency-key': IdempotencyKey }),
    body: jsonBody(ComputeRequestBody, 'As for a create'),
  },
  responses: { 200: json(ComputePlanBody, 'What a create would make') },
});

export const registerPlanCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const by = { caller: renderPrincipal(principal), idempotencyKey: c.req.valid('header')['idempotency-key'] };
    return c.json(await compute.plan(compute.parse(c.req.valid('json')), by), 200);
  });
};
