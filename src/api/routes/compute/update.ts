import { createRoute, z } from '@hono/zod-openapi';
import { ComputeBody, ComputeId, ComputePatchBody } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { pathOfCompute, showNow } from './shown.ts';

const route = createRoute({
  method: 'patch',
  path: '/v1/compute-environments/{id}',
  operationId: 'updateComputeEnvironment',
  summary: 'Change a compute environment',
  description:
    'Of what an export says: what is not named stays, objects go into what is there, lists take the place of lists, and null is what leaving it out is. In place where ' +
    'Batch allows it, else by a new environment behind the same queue, which takes over as jobs end on the old one. What only another one ' +
    'can have is `DisposeFirst`, each with its reason.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }), body: jsonBody(ComputePatchBody, 'What changes') },
  responses: {
    200: json(ComputeBody, 'Nothing in AWS is to be changed for it'),
    202: json(ComputeBody, 'It is in progress', 'Location'),
    ...problems('NotFound', 'Conflict', 'DisposeFirst', 'NotReady', 'OperationInProgress'),
  },
});

export const registerUpdateCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await compute.authorise(principal, id);
    const { started } = await compute.update(located, c.req.valid('json'), renderPrincipal(principal));
    const view = await showNow(compute, principal, id);
    return started ? c.json(view, 202, { Location: pathOfCompute(located.id) }) : c.json(view, 200);
  });
};
