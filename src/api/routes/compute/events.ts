import { createRoute, z } from '@hono/zod-openapi';
import { ComputeId } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, events, problems } from '../../openapi.ts';
import { followSubject } from '../../subjects/follow.ts';
import { streamViews } from '../../subjects/stream.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/compute-environments/{id}/events',
  operationId: 'followComputeEnvironment',
  summary: 'Follow a compute environment',
  description:
    'Server-sent events: `event: compute-environment` with the compute environment at once and on each change, a comment ' +
    'every 15 seconds, and `event: end` when no operation is in progress.',
  security: BEARER,
  request: { params: z.object({ id: ComputeId }) },
  responses: {
    200: events(),
    ...problems('NotFound'),
  },
});

export const registerComputeEvents = (app: App, { compute, lookEveryMs = 1_000, ending, log }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const located = await compute.authorise(principal, c.req.valid('param').id);
    const requestId = c.get('requestId');
    return streamViews(c, {
      event: 'compute-environment',
      follow: followSubject({ ...compute, everyMs: lookEveryMs }, located, principal),
      ending,
      brokeOff: (error) => log.warn({ requestId, error }, 'event stream broke off'),
    });
  });
};
