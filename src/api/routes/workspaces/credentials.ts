import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, idempotencyKey, json, problems } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { Credential, WorkspaceId } from '../../schemas.ts';
import { renderClaim } from '../../workspaces/claim.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/{id}/credentials',
  operationId: 'claimCredentials',
  summary: 'Claim the key of a workspace, once',
  description:
    'With an `Idempotency-Key` the same caller gets the same answer again for ten minutes; then the secret is destroyed. ' +
    'Without one it is destroyed at once.',
  security: BEARER,
  request: {
    params: z.object({ id: WorkspaceId }),
    headers: z.object({
      'idempotency-key': idempotencyKey('The same caller gets the same answer again for ten minutes'),
    }),
  },
  responses: {
    200: json(Credential, 'The key'),
    ...problems('NotFound', 'NotReady', 'AlreadyClaimed', 'SealUnreadable'),
  },
});

export const registerClaimCredentials = (app: App, { workspaces, metrics, publicUrl }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const located = await workspaces.authorise(principal, 'claim', c.req.valid('param').id);
    const key = await workspaces.claim(located, {
      caller: renderPrincipal(principal),
      idempotencyKey: c.req.valid('header')['idempotency-key'] ?? null,
    });
    metrics.claimed();
    return c.json(renderClaim(key, publicUrl(), located.id), 200);
  });
};
