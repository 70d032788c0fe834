import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { Workspace, WorkspaceId } from '../../schemas.ts';

const Body = z
  .strictObject({
    force: z.boolean().optional().openapi({
      description: 'For operators: earlier keys are deactivated after their grace although somebody uses them',
    }),
  })
  .openapi('RotateWorkspace');

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/{id}/rotate',
  operationId: 'rotateWorkspace',
  summary: 'Give a running workspace another key',
  description:
    'The new key is proved to work before it can be claimed. The old one works on for a grace and for as long as somebody uses it; ' +
    'then it is deactivated, and deleted after a second grace. The same request during a rotation joins it, and a key that was not claimed yet is not rotated.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }), body: { ...jsonBody(Body, 'How'), required: false } },
  responses: {
    202: json(Workspace, 'The rotation is in progress, or there is nothing to do', 'Location'),
    ...problems('NotFound', 'NotReady', 'OperationInProgress'),
  },
});

export const registerRotateWorkspace = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const force = c.req.valid('json')?.force ?? false;
    const located = await workspaces.authorise(principal, 'rotate', id);
    if (force) requireRight(principal, 'rotateUsed');
    await workspaces.rotate(located, force, renderPrincipal(principal));
    const now = await workspaces.authorise(principal, 'read', id);
    return c.json(await workspaces.show(now, principal), 202, {
      Location: `/v1/workspaces/${encodeURIComponent(id)}`,
    });
  });
};
