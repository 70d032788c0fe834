import { createRoute, z } from '@hono/zod-openapi';
import { type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { StorageId, UserStorageBody } from '../../user-storage/schemas.ts';
import { requireUsers } from '../storage/caller.ts';
import type { StorageDeps } from '../storage/deps.ts';

const Body = z
  .strictObject({ step: z.string().min(1).max(64).optional().openapi({ description: 'Default: all steps that wait' }) })
  .openapi('RetryStorage');

const route = createRoute({
  method: 'post',
  path: '/v1/storage/{id}/retry',
  operationId: 'retryStorage',
  summary: 'Try again at once',
  description: 'Waiting attempts are made now. A removal that failed or ended half-way is continued.',
  security: BEARER,
  request: { params: z.object({ id: StorageId }), body: { ...jsonBody(Body, 'Which step'), required: false } },
  responses: {
    202: json(UserStorageBody, 'Asked for'),
    ...problems('NotFound', 'NothingWaiting', 'OperationInProgress'),
  },
});

export const registerRetryStorage = (app: App, deps: Pick<StorageDeps, 'users'>): void => {
  app.openapi(route, async (c) => {
    const users = requireUsers(deps);
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const located = await users.authorise(principal, id);
    requireRight(principal, 'retry');
    await users.repair.retry(located, c.req.valid('json')?.step, renderPrincipal(principal));
    return c.json(await users.show(await users.authorise(principal, id)), 202);
  });
};
