import { createRoute } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { ContainerCredentials } from '../../schemas.ts';
import { asProblem, containerTokenOf, doorOf, type StorageDeps } from './deps.ts';

const route = createRoute({
  method: 'get',
  path: '/aws/credentials',
  operationId: 'getContainerCredentials',
  summary: 'S3 credentials in the form that AWS SDKs refresh by themselves',
  description:
    'Set AWS_CONTAINER_CREDENTIALS_FULL_URI to this address and AWS_CONTAINER_AUTHORIZATION_TOKEN (or _TOKEN_FILE) to the token, with or without `Bearer`.',
  security: BEARER,
  responses: { 200: json(ContainerCredentials, 'Credentials for the S3 endpoint') },
});

export const registerContainerCredentials = (app: App, { mint }: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const minted = await asProblem(mint.mint(containerTokenOf(c), {}, doorOf(c)));
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = minted;
    c.header('cache-control', 'no-store');
    return c.json(
      {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: expiration.toISOString(),
      },
      200,
    );
  });
};
