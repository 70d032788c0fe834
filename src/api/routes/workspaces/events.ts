import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, events, problems } from '../../openapi.ts';
import { WorkspaceId } from '../../schemas.ts';
import { followSubject } from '../../subjects/follow.ts';
import { streamViews } from '../../subjects/stream.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces/{id}/events',
  operationId: 'followWorkspace',
  summary: 'Follow a workspace',
  description:
    'Server-sent events: `event: workspace` with the workspace at once and on each change, a comment every 15 seconds, ' +
    'and `event: end` when no operation is in progress.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }) },
  responses: {
    200: events(),
    ...problems('NotFound'),
  },
});

export const registerWorkspaceEvents = (app: App, { workspaces, lookEveryMs = 1_000, ending, log }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const located = await workspaces.authorise(principal, 'read', c.req.valid('param').id);
    const requestId = c.get('requestId');
    return streamViews(c, {
      event: 'workspace',
      follow: followSubject({ ...workspaces, everyMs: lookEveryMs }, located, principal),
      ending,
      brokeOff: (error) => log.warn({ requestId, error }, 'event stream broke off'),
    });
  });
};
