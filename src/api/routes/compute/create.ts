import { createRoute, z } from '@hono/zod-openapi';
import { ComputeBody, ComputeRequestBody, IdempotencyKey } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { pathOfCompute, showNow } from './shown.ts';

/** Seconds after which it is worth another look. */
const RETRY_AFTER = '5';

const route = createRoute({
  method: 'post',
  path: '/v1/compute-environments',
  operationId: 'createComputeEnvironment',
  summary: 'Create a compute environment',
  description:
    'Roles, launch template, file systems, environments and queues, as the options want them. The body is Seqera’s, with ' +
    '`account` and `onFailure` besides. With an `Idempotency-Key`, the same call is about the same one.',
  security: BEARER,
  request: {
    headers: z.object({ 'idempotency-key': IdempotencyKey }),
    body: jsonBody(ComputeRequestBody, 'What it is'),
  },
  responses: {
    202: json(ComputeBody, 'It is in progress', 'Location', 'Retry-After'),
    ...problems('Conflict', 'NotReady'),
  },
});

export const registerCreateCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const request = compute.parse(c.req.valid('json'));
    const idempotencyKey = c.req.valid('header')['idempotency-key'];
    const id = await compute.create(request, { caller: renderPrincipal(principal), idempotencyKey });
    const headers = { Location: pathOfCompute(id), 'Retry-After': RETRY_AFTER };
    return c.json(await showNow(compute, principal, id), 202, headers);
  });
};
