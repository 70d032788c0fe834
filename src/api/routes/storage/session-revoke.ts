import { createRoute, z } from '@hono/zod-openapi';
import type { Principal } from '#s3/identity/principal.ts';
import type { App } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { ApiProblem } from '../../problems.ts';
import { asProblem, bearerOf, doorOf, type StorageDeps } from './deps.ts';

const Body = z
  .strictObject({
    user: z.string().min(1).max(256).optional().openapi({ description: 'User id (`sub`). Default: the caller.' }),
  })
  .openapi('SessionRevocation');

const route = createRoute({
  method: 'post',
  path: '/storage/session/revoke',
  operationId: 'revokeStorageSessions',
  summary: "End a user's S3 sessions",
  description:
    'All sessions minted until now, and their presigned URLs, end within 30 seconds. Operators name any user.',
  security: BEARER,
  request: { body: { ...json(Body, "Whose sessions; without a body, the caller's own"), required: false } },
  responses: { 204: { description: 'The sessions are ending' } },
});

export const registerRevokeStorageSessions = (app: App, { mint, authenticate }: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const bearer = bearerOf(c);
    const user = c.req.valid('json')?.user;
    const own = await asProblem(mint.identify(bearer)).catch((error: unknown) => error);
    if (isPrincipal(own) && (user === undefined || user === own.userId))
      await asProblem(mint.revoke(own.userId, renderBearer(own), doorOf(c)));
    else {
      const caller = await authenticate(c.req.header('authorization'));
      if (caller.kind !== 'operator') throw new ApiProblem('Denied', 'only operators end the sessions of others');
      if (user === undefined) throw new ApiProblem('Invalid', 'the token names no user: name one in the body');
      await asProblem(mint.revoke(user, renderPrincipal(caller), doorOf(c)));
    }
    return c.body(null, 204);
  });
};

const isPrincipal = (found: unknown): found is Principal => typeof (found as { userId?: unknown }).userId === 'string';

const renderBearer = ({ kind, userId, clientId }: Principal): string =>
  kind === 'client' ? `client:${clientId}` : `user:${userId}`;
