import { createRoute, z } from '@hono/zod-openapi';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { StorageId, UserStorageBody } from '../../user-storage/schemas.ts';
import { requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

const Body = z
  .strictObject({
    step: z.string().min(1).max(64),
    reason: z.string().min(1).max(1000).openapi({ description: 'Kept in the history' }),
  })
  .openapi('AbandonStorageStep');

const route = createRoute({
  method: 'post',
  path: '/v1/storage/{id}/abandon-step',
  operationId: 'abandonStorageStep',
  summary: 'Abandon a step',
  description: 'A step of a set-up fails, and the set-up is taken back; a removal is given up.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }), body: jsonBody(Body, 'Which step, and why') },
  responses: {
    202: json(UserStorageBody, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'NotAbandonable', 'OperationInProgress'),
  },
});

export const registerAbandonStorageStep = (app: App, deps: Pick<StorageDeps, 'users'>): void => {
  app.openapi(route, async (c) => {
    const users = requireUsers(deps);
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await users.authorise(principal, id);
    requireRight(principal, 'abandonStep');
    await users.repair.abandonStep(located, {
      ...c.req.valid('json'),
      requestedBy: renderPrincipal(principal),
    });
    return c.json(await users.show(await users.authorise(principal, id), principal), 202);
  });
};
