import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';
import { WorkspaceId } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces/{id}/nextflow.config',
  operationId: 'showNextflowConfig',
  summary: 'The Nextflow configuration of a workspace',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }) },
  responses: {
    200: { description: 'It works as it is', content: { 'text/plain': { schema: z.string() } } },
    ...problems(404, 409),
  },
});

export const registerNextflowConfig = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { id, record } = await workspaces.authorise(principalOf(c), 'read', c.req.valid('param').id);
    const config = record?.nextflowConfig;
    if (!config)
      throw new ApiProblem('NotYet', `${id} has no configuration yet: it was never launched`, { status: 409 });
    return c.text(config, 200);
  });
};
