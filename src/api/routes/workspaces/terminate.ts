import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { unchangedSince, Workspace, WorkspaceId } from '../../schemas.ts';

const Body = z
  .strictObject({
    mode: z.enum(['park', 'dispose']).openapi({
      description:
        '`park`: keys, jobs and the proxy instance go, the rest stays for the next launch. ' +
        '`dispose`: everything goes but the objects in the bucket.',
    }),
    unchangedSince,
  })
  .openapi('TerminateWorkspace');

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/{id}/terminate',
  operationId: 'terminateWorkspace',
  summary: 'Terminate a workspace',
  description: 'A launch in progress is unwound first. Safe to repeat; `dispose` takes over from a park in progress.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }), body: jsonBody(Body, 'How') },
  responses: {
    202: json(Workspace, 'The termination is in progress, or there is nothing to do', 'Location'),
    ...problems('NotFound', 'OperationInProgress', 'PreconditionFailed'),
  },
});

export const registerTerminateWorkspace = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await workspaces.authorise(principal, 'terminate', id);
    const { mode, unchangedSince: since } = c.req.valid('json');
    await workspaces.terminate(principal, located, mode, since);
    // A termination that found nothing to do may be over, and forgotten, by now.
    const now = (await workspaces.locate(id)) ?? located;
    return c.json(await workspaces.show(now), 202, { Location: `/v1/workspaces/${encodeURIComponent(id)}` });
  });
};
