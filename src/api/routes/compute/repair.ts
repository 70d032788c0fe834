import { createRoute, z } from '@hono/zod-openapi';
import { ComputeBody, ComputeId } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { showNow } from './shown.ts';

const Step = z.string().min(1).max(64);

const Which = z
  .strictObject({ step: Step.optional().openapi({ description: 'Default: all steps that wait' }) })
  .openapi('RetryComputeEnvironment');

const retry = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/retry',
  operationId: 'retryComputeEnvironment',
  summary: 'Try again at once',
  description:
    'Waiting attempts are made now. A create, change or removal that failed or ended half-way is continued, and leftovers are removed.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }), body: { ...jsonBody(Which, 'Which step'), required: false } },
  responses: {
    202: json(ComputeBody, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'OperationInProgress'),
  },
});

const Abandon = z
  .strictObject({
    step: Step,
    reason: z.string().min(1).max(1000).openapi({ description: 'Kept in the history' }),
  })
  .openapi('AbandonComputeEnvironmentStep');

const abandon = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/abandon-step',
  operationId: 'abandonComputeEnvironmentStep',
  summary: 'Abandon a step',
  description:
    'A step of a create fails, and what follows is as `onFailure` says; a removal is given up, and its resource is listed as left over.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }), body: jsonBody(Abandon, 'Which step, and why') },
  responses: {
    202: json(ComputeBody, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'NotAbandonable', 'OperationInProgress'),
  },
});

export const registerRepairCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(retry, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await compute.authorise(principal, id);
    await compute.repair.retry(located, c.req.valid('json')?.step, renderPrincipal(principal));
    return c.json(await showNow(compute, principal, id), 202);
  });

  app.openapi(abandon, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const asked = { ...c.req.valid('json'), requestedBy: renderPrincipal(principal) };
    await compute.repair.abandonStep(await compute.authorise(principal, id), asked);
    return c.json(await showNow(compute, principal, id), 202);
  });
};
