import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { RETRY_AFTER } from '../storage/caller.ts';
import { KeyHolder, KeyHolderId, requireKeyHolders } from './schemas.ts';

const Query = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: '`true`: although tasks hold its keys, which then lose their access.' }),
});

const route = createRoute({
  method: 'delete',
  path: '/v1/key-holders/{id}',
  operationId: 'removeKeyHolder',
  summary: 'Remove a key holder, for a user who is gone',
  description:
    'Its keys are switched off and deleted, then its IAM user, its policy and all that was kept of them. ' +
    'Refused while tasks hold a key, unless it is forced. Safe to repeat; whoever asks for a key later makes it anew.',
  security: BEARER,
  request: { params: z.object({ id: KeyHolderId }), query: Query },
  responses: {
    200: json(KeyHolder, 'It is gone'),
    202: json(
      KeyHolder,
      'It takes longer: `Location` shows whether it is over; the same call again goes on with it',
      'Location',
      'Retry-After',
    ),
    ...problems('NotFound', 'KeyInUse', 'Conflict'),
  },
});

export const registerRemoveKeyHolder = (app: App, deps: Pick<ApiDeps, 'keyHolders'>): void => {
  app.openapi(route, async (c) => {
    const holders = requireKeyHolders(c, deps, 'removeKeyHolders');
    const { id } = c.req.valid('param');
    const force = c.req.valid('query').force === 'true';
    const { done, holder } = await holders.remove(id, { force, requestedBy: renderPrincipal(principalOf(c)) });
    if (done) return c.json(holder, 200);
    const Location = `/v1/key-holders/${encodeURIComponent(id)}`;
    return c.json(holder, 202, { Location, 'Retry-After': RETRY_AFTER });
  });
};
