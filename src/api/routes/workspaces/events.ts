import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, problems } from '../../openapi.ts';
import { WorkspaceId } from '../../schemas.ts';
import { followWorkspace } from '../../workspaces/follow.ts';

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
    200: { description: 'A stream of events', content: { 'text/event-stream': { schema: z.string() } } },
    ...problems(404),
  },
});

/** Proxies close connections on which nothing happens, often after 60 s. */
const KEEP_ALIVE_MS = 15_000;

export const registerWorkspaceEvents = (app: App, { workspaces, lookEveryMs = 1_000, log }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const located = await workspaces.authorise(principal, 'read', c.req.valid('param').id);
    const follow = followWorkspace(workspaces, located, lookEveryMs, principal);
    // Proxies such as nginx would hold events back.
    c.header('x-accel-buffering', 'no');
    const requestId = c.get('requestId');
    return streamSSE(
      c,
      async (stream) => {
        const keepAlive = setInterval(() => void stream.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
        const stop = new AbortController();
        stream.onAbort(() => stop.abort());
        try {
          for await (const view of follow(stop.signal)) {
            await stream.writeSSE({ event: 'workspace', data: JSON.stringify(view) });
          }
          if (!stop.signal.aborted) await stream.writeSSE({ event: 'end', data: '{}' });
        } finally {
          clearInterval(keepAlive);
        }
      },
      async (error) => {
        // The stream just ends, without `end`: clients connect again.
        log.warn({ requestId, error }, 'event stream broke off');
      },
    );
  });
};
