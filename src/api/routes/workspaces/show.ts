import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { Workspace, WorkspaceId } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces/{id}',
  operationId: 'showWorkspace',
  summary: 'Show a workspace',
  description: 'Its phase, steps, resources and key. Right from the moment a launch was answered.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }) },
  responses: { 200: json(Workspace, 'Its current state'), ...problems('NotFound') },
});

export const registerShowWorkspace = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const located = await workspaces.authorise(principal, 'read', c.req.valid('param').id);
    return c.json(await workspaces.show(located, principal), 200);
  });
};
