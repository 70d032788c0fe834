import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { Workspace, WorkspaceId } from '../../schemas.ts';

const Body = z
  .strictObject({ step: z.string().min(1).max(64).optional().openapi({ description: 'Default: all steps that wait' }) })
  .openapi('RetryWorkspace');

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/{id}/retry',
  operationId: 'retryWorkspace',
  summary: 'Try again at once',
  description:
    'Waiting attempts are made now. A removal that failed or ended half-way is continued, and leftovers are removed.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }), body: { ...jsonBody(Body, 'Which step'), required: false } },
  responses: {
    202: json(Workspace, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'OperationInProgress'),
  },
});

export const registerRetryWorkspace = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await workspaces.authorise(principal, 'retry', id);
    await workspaces.repair.retry(located, c.req.valid('json')?.step, renderPrincipal(principal));
    return c.json(await workspaces.show(await workspaces.authorise(principal, 'read', id), principal), 202);
  });
};
