/** One of them: show, rename, delete. */
import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { authorise, describe } from './render.ts';
import { CONFLICT, Described, DONE, ForgeId, UpdateBody, workspace } from './schemas.ts';

const params = z.object({ id: ForgeId });
const path = '/seqera/compute-envs/{id}';

const show = createRoute({
  method: 'get',
  path,
  operationId: 'seqeraDescribeComputeEnv',
  summary: 'Show a compute environment, as Seqera does',
  description: 'Also one that was deleted, for 30 days.',
  security: BEARER,
  request: { params, query: z.looseObject(workspace) },
  responses: { 200: json(Described, 'Its record') },
});

const update = createRoute({
  method: 'put',
  path,
  operationId: 'seqeraUpdateComputeEnv',
  summary: 'Rename or describe a compute environment, as Seqera does',
  description: 'Seqera changes nothing else: `PATCH /v1/compute-environments/{id}` does.',
  security: BEARER,
  request: { params, query: z.looseObject(workspace), body: jsonBody(UpdateBody, 'Name and description') },
  responses: { 204: DONE, ...CONFLICT },
});

const remove = createRoute({
  method: 'delete',
  path,
  operationId: 'seqeraDeleteComputeEnv',
  summary: 'Delete a compute environment, as Seqera does',
  description: 'Jobs that are under way end first. `force` hides it at once; the removal goes on all the same.',
  security: BEARER,
  request: {
    params,
    query: z.looseObject({
      ...workspace,
      force: z.enum(['true', 'false']).optional().openapi({ description: 'It is hidden at once' }),
    }),
  },
  responses: { 204: { description: 'Asked for' }, ...CONFLICT },
});

export const registerSeqeraComputeEnv = (app: App, { compute }: ApiDeps): void => {
  app.openapi(show, async (c) => {
    const principal = principalOf(c);
    const located = await authorise(compute, principal, c.req.valid('param').id);
    return c.json({ computeEnv: describe(await compute.show(located, principal)) }, 200);
  });

  app.openapi(update, async (c) => {
    const principal = principalOf(c);
    const located = await authorise(compute, principal, c.req.valid('param').id);
    const { name, description } = c.req.valid('json');
    const patch = { ...(name != null && { name }), ...(description !== undefined && { description }) };
    await compute.update(located, patch, renderPrincipal(principal));
    return c.body(null, 204);
  });

  app.openapi(remove, async (c) => {
    const principal = principalOf(c);
    const located = await authorise(compute, principal, c.req.valid('param').id);
    const force = c.req.valid('query').force === 'true';
    await compute.dispose(located, { force, jobs: 'drain', dataConfirmed: false }, principal);
    return c.body(null, 204);
  });
};
