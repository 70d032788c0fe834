import { createRoute, z } from '@hono/zod-openapi';
import type { Logger } from '#observability/logger.ts';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, events, problems } from '../../openapi.ts';
import { followSubject } from '../../subjects/follow.ts';
import { streamViews } from '../../subjects/stream.ts';
import { StorageId } from '../../user-storage/schemas.ts';
import { requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

interface Deps extends Pick<StorageDeps, 'users'> {
  /** Pause between two looks. Default 1 s. */
  readonly lookEveryMs?: number | undefined;
  readonly ending?: AbortSignal | undefined;
  readonly log: Logger;
}

const route = createRoute({
  method: 'get',
  path: '/v1/storage/{id}/events',
  operationId: 'followStorage',
  summary: "Follow a user's storage",
  description:
    'Server-sent events: `event: storage` with the storage at once and on each change, a comment every 15 seconds, and ' +
    '`event: end` when no operation is in progress.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }) },
  responses: {
    200: events(),
    ...problems('NotFound'),
  },
});

export const registerStorageEvents = (app: App, { users, lookEveryMs = 1_000, ending, log }: Deps): void => {
  app.openapi(route, async (c) => {
    const { locate, show, authorise } = requireUsers({ users });
    const principal = principalOf(c);
    const located = await authorise(principal, c.req.valid('param').id);
    const requestId = c.get('requestId');
    return streamViews(c, {
      event: 'storage',
      follow: followSubject({ locate, show, everyMs: lookEveryMs }, located, principal),
      ending,
      brokeOff: (error) => log.warn({ requestId, error }, 'event stream broke off'),
    });
  });
};
