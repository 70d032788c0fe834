import { createRoute, z } from '@hono/zod-openapi';
import type { LocatedCompute } from '../../compute/kind.ts';
import { ComputeBody, ComputeId } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { showNow } from './shown.ts';

const request = { params: z.object({ id: ComputeId }) };
const refusals = problems('NotFound', 'NotReady', 'OperationInProgress');

const enable = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/enable',
  operationId: 'enableComputeEnvironment',
  summary: 'Enable a compute environment',
  description: 'Whoever launches runs may use it again; nothing in AWS changes.',
  security: BEARER,
  request,
  responses: { 200: json(ComputeBody, 'Enabled'), ...refusals },
});

const disable = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/disable',
  operationId: 'disableComputeEnvironment',
  summary: 'Disable a compute environment',
  description: 'Whoever launches runs leaves it alone; nothing in AWS changes. It is primary no more.',
  security: BEARER,
  request,
  responses: { 200: json(ComputeBody, 'Disabled'), ...refusals },
});

const primary = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/primary',
  operationId: 'makeComputeEnvironmentPrimary',
  summary: 'Make a compute environment the primary one',
  description: 'The default for launches; no other one is from now on.',
  security: BEARER,
  request,
  responses: { 200: json(ComputeBody, 'Primary'), ...refusals },
});

const Body = z
  .strictObject({
    repair: z.boolean().default(false).openapi({ description: 'Put right what can be put right without risk' }),
  })
  .openapi('ValidateComputeEnvironment');

const validate = createRoute({
  method: 'post',
  path: '/v1/compute-environments/{id}/validate',
  operationId: 'validateComputeEnvironment',
  summary: 'Compare a compute environment with AWS',
  description: 'It is `degraded` with the reason afterwards, or `available`.',
  security: BEARER,
  request: { ...request, body: { ...jsonBody(Body, 'How'), required: false } },
  responses: {
    202: json(ComputeBody, 'In progress'),
    ...problems('NotFound', 'NotReady', 'OperationInProgress'),
  },
});

export const registerComputeState = (app: App, { compute }: ApiDeps): void => {
  const { enable: toEnabled, disable: toDisabled, makePrimary } = compute.state;
  for (const [route, change] of [
    [enable, toEnabled],
    [disable, toDisabled],
    [primary, makePrimary],
  ] as const satisfies readonly [unknown, (located: LocatedCompute) => Promise<void>][]) {
    app.openapi(route, async (c) => {
      const principal = principalOf(c);
      const { id } = c.req.valid('param');
      await change(await compute.authorise(principal, id));
      return c.json(await showNow(compute, principal, id), 200);
    });
  }

  app.openapi(validate, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const { repair = false } = c.req.valid('json') ?? {};
    const located = await compute.authorise(principal, id);
    await compute.validate(located, { repair, requestedBy: renderPrincipal(principal) });
    return c.json(await showNow(compute, principal, id), 202);
  });
};
