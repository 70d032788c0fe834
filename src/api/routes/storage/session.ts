import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { asProblem, bearerOf, doorOf, type StorageDeps } from './deps.ts';

const Body = z
  .strictObject({
    ttlSeconds: z
      .int()
      .min(1)
      .max(43_200)
      .optional()
      .openapi({ description: 'Wanted lifetime in seconds. Default 3600.' }),
    readOnly: z.boolean().optional().openapi({ description: 'No writes and no deletions.' }),
    prefix: z.string().max(512).optional().openapi({
      description:
        'Only keys that begin with it, as text: `task1` covers `task10/` too. End it with a slash for one directory.',
    }),
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
    rights: z.array(z.enum(['read', 'create', 'delete'])).openapi({ description: 'What the session may do.' }),
    prefix: z.string().openapi({ description: 'Keys have to begin with it. Empty: the whole bucket.' }),
    warnings: z.array(z.string()).openapi({ description: 'Parts of the request that may do more than was meant.' }),
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
    body: {
      ...json(Body, "What the session may do; without a body, everything in the caller's bucket"),
      required: false,
    },
  },
  responses: {
    201: json(Session, 'The credentials; the secret is not stored and not shown again'),
  },
});

export const registerStorageSession = (app: App, { mint, region, endpoint }: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const minted = await asProblem(mint.mint(bearerOf(c), c.req.valid('json') ?? {}, doorOf(c)));
    const { accessKeyId, secretAccessKey, sessionToken, expiration, bucket, rights, prefix } = minted;
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
        rights: [...rights],
        prefix,
        warnings: warningsOf(prefix),
      },
      201,
    );
  });
};

const warningsOf = (prefix: string): string[] =>
  prefix === '' || prefix.endsWith('/')
    ? []
    : [
        `The prefix covers every key that begins with "${prefix}", such as "${prefix}0/…". For one directory end it with a slash.`,
      ];
