import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { Workspace, WorkspaceId } from '../../schemas.ts';

const Body = z
  .strictObject({
    step: z.string().min(1).max(64),
    reason: z.string().min(1).max(1000).openapi({ description: 'Kept in the history' }),
  })
  .openapi('AbandonStep');

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/{id}/abandon-step',
  operationId: 'abandonStep',
  summary: 'Abandon a step',
  description:
    'A step of a launch fails, and the launch is unwound; a removal is given up, and its resource is listed as left over.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }), body: jsonBody(Body, 'Which step, and why') },
  responses: {
    202: json(Workspace, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'NotAbandonable', 'OperationInProgress'),
  },
});

export const registerAbandonStep = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await workspaces.authorise(principal, 'abandonStep', id);
    await workspaces.repair.abandonStep(located, {
      ...c.req.valid('json'),
      requestedBy: renderPrincipal(principal),
    });
    return c.json(await workspaces.show(await workspaces.authorise(principal, 'read', id), principal), 202);
  });
};
