import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { asProblem, bearerOf, type StorageDeps } from './deps.ts';

const Body = z
  .strictObject({
    ttlSeconds: z.int().min(1).max(43_200).optional().openapi({ description: 'Wanted life. Default 3600.' }),
    readOnly: z.boolean().optional().openapi({ description: 'No writes and no deletions.' }),
    prefix: z
      .string()
      .max(512)
      .optional()
      .openapi({ description: 'Only keys that begin with it, for example the work directory of one task.' }),
  })
  .openapi('SessionRequest');

const Session = z
  .object({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    sessionToken: z.string(),
    expiration: z.iso.datetime(),
    bucket: z.string(),
    region: z.string(),
    endpoint: z.url(),
  })
  .openapi('StorageSession');

const route = createRoute({
  method: 'post',
  path: '/storage/session',
  operationId: 'createStorageSession',
  summary: 'Mint short-lived S3 credentials',
  description: 'Credentials for the S3 endpoint, with a real secret: signatures are verified and presigned URLs work.',
  security: BEARER,
  request: {
    body: { ...json(Body, 'What the session may do; nothing means everything to the own bucket'), required: false },
  },
  responses: {
    201: json(Session, 'The credentials; the secret is not stored and not shown again'),
    ...problems(400, 403, 413, 415, 422),
  },
});

export const registerStorageSession = (app: App, { mint, region, endpoint }: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const minted = await asProblem(mint.mint(bearerOf(c), c.req.valid('json') ?? {}));
    const { accessKeyId, secretAccessKey, sessionToken, expiration, bucket } = minted;
    c.header('cache-control', 'no-store');
    return c.json(
      {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        expiration: expiration.toISOString(),
        bucket,
        region,
        endpoint: endpoint(),
      },
      201,
    );
  });
};
