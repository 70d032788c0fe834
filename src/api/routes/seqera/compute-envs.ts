/** The collection: list, is a name free, create. */
import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { ApiProblem } from '../../problems.ts';
import { listAll } from './all.ts';
import { bodyOf, labelIdsOf } from './body.ts';
import { listLabels } from './labels.ts';
import { entryOf } from './render.ts';
import { CONFLICT, CreateBody, CreatedBody, DONE, Listed, Status, workspace } from './schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/seqera/compute-envs',
  operationId: 'seqeraListComputeEnvs',
  summary: 'List compute environments, as Seqera does',
  description: 'All at once, without those that were deleted.',
  security: BEARER,
  request: { query: z.looseObject({ ...workspace, status: Status.optional() }) },
  responses: { 200: json(Listed, 'All') },
});

const name = createRoute({
  method: 'get',
  path: '/seqera/compute-envs/validate',
  operationId: 'seqeraValidateComputeEnvName',
  summary: 'Ask whether a name is free, as Seqera does',
  description: '204 where it is; 409 where an environment has it.',
  security: BEARER,
  request: {
    query: z.looseObject({
      ...workspace,
      name: z
        .string()
        .regex(/^[\w-]{1,100}$/, 'letters, digits, _ and -')
        .openapi({ description: 'The name in question', example: 'genomes' }),
    }),
  },
  responses: { 204: DONE, ...CONFLICT },
});

const create = createRoute({
  method: 'post',
  path: '/seqera/compute-envs',
  operationId: 'seqeraCreateComputeEnv',
  summary: 'Create a compute environment, as Seqera does',
  description: '`credentialsId` may be an account of `GET /seqera/credentials`; any other is left out of account.',
  security: BEARER,
  request: { query: z.looseObject(workspace), body: jsonBody(CreateBody, 'As Seqera’s clients send it') },
  responses: { 200: json(CreatedBody, 'Its status is CREATING'), ...CONFLICT },
});

export const registerSeqeraComputeEnvs = (app: App, { compute }: ApiDeps): void => {
  app.openapi(list, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const { status } = c.req.valid('query');
    const all = await listAll(compute, principal, status);
    return c.json({ computeEnvs: all.map(entryOf) }, 200);
  });

  app.openapi(name, async (c) => {
    compute.require(principalOf(c));
    const wanted = c.req.valid('query').name;
    if ((await compute.names.find(wanted)) === undefined) return c.body(null, 204);
    throw new ApiProblem('Conflict', `there is a compute environment ${wanted} already`);
  });

  app.openapi(create, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const { computeEnv } = c.req.valid('json');
    const ids = labelIdsOf(computeEnv);
    const named = ids.length === 0 ? [] : await listLabels(compute, principal);
    const labels = named.filter(({ id }) => ids.includes(String(id)));
    const request = compute.parse(bodyOf(computeEnv, labels));
    const id = await compute.create(request, { caller: renderPrincipal(principal), idempotencyKey: undefined });
    return c.json({ computeEnvId: id.slice(id.indexOf('.') + 1) }, 200);
  });
};
