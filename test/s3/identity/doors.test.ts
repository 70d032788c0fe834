/** The doors that mint: STS with AWS's own client, and the JSON routes with the API's application around them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromContainerMetadata } from '@aws-sdk/credential-providers';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStsHandler } from '#s3/auth/sts.ts';
import { createRequestIds } from '#s3/core.ts';
import { isBelow } from '#s3/handler.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createIdentities } from '#s3/identity/identities.ts';
import { createSessionMint } from '#s3/identity/mint.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import type { ApiEnv } from '../../../src/api/deps.ts';
import { ApiProblem, problemOf, renderProblem } from '../../../src/api/problems.ts';
import { registerContainerCredentials } from '../../../src/api/routes/storage/aws-credentials.ts';
import type { StorageDeps } from '../../../src/api/routes/storage/deps.ts';
import { registerStorageSession } from '../../../src/api/routes/storage/session.ts';
import { registerRevokeStorageSessions } from '../../../src/api/routes/storage/session-revoke.ts';
import { registerStorageSetup } from '../../../src/api/routes/storage/setup.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { token, verifyToken } from '../support/tokens.ts';

const now = Date.now;
const sessionKeys = createSessionKeys([{ version: 0, secret: Buffer.alloc(32, 7) }]);
const epochs = createEpochs(memoryEpochStore(), now);
const identities = createIdentities({ verifyToken, hostname: 'localhost', delegates: ['tes'], sessionKeys, epochs });
const mint = createSessionMint({ keys: sessionKeys, epochs, tokens: identities.tokens, now });
const made: string[] = [];

const app = new OpenAPIHono<ApiEnv>({
  defaultHook: (result) => {
    if (!result.success) throw new ApiProblem('Invalid', 'the request is not valid');
  },
});
app.onError((error, c) => renderProblem(c, problemOf(error)));
const deps: StorageDeps = {
  mint,
  setup: { ensureBucket: async (bucket) => void made.push(bucket) },
  region: 'us-east-1',
  endpoint: () => 'http://127.0.0.1:1/s3',
  authenticate: async (authorization) =>
    authorization?.includes('operator') ? { kind: 'operator', name: 'op' } : { kind: 'user', name: 'x' },
};
for (const register of [
  registerStorageSession,
  registerRevokeStorageSessions,
  registerStorageSetup,
  registerContainerCredentials,
])
  register(app, deps);

const call = (method: string, path: string, authorization?: string, body?: unknown) =>
  app.request(path, {
    method,
    headers: {
      ...(authorization && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

describe('POST /storage/session', () => {
  test('answers 201 with working credentials', async () => {
    const answer = await call('POST', '/storage/session', `Bearer ${await token({ sub: 'alice' })}`, {
      ttlSeconds: 900,
      readOnly: true,
      prefix: 'p/',
    });
    const body = (await answer.json()) as Record<string, string>;
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toMatchObject({
      bucket: 'gen3wf-localhost-alice',
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:1/s3',
    });
    expect(Date.parse(body.expiration as string)).toBeGreaterThan(Date.now() + 800_000);
    expect(await identities.sessions.find(body.accessKeyId as string, body.sessionToken)).toMatchObject({
      rights: ['read'],
      prefix: 'p/',
    });
  });
  test('needs no body', async () => {
    expect((await call('POST', '/storage/session', `Bearer ${await token({ sub: 'alice' })}`)).status).toBe(201);
  });
  test('refuses no token, a bad one, an expired one, a client’s own', async () => {
    for (const authorization of [
      undefined,
      'Basic x',
      'Bearer nonsense',
      `Bearer ${await token({ sub: 'alice', ttl: -60 })}`,
      `Bearer ${await token({ azp: 'tes' })}`,
    ]) {
      const answer = await call('POST', '/storage/session', authorization, {});
      expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    }
  });
  test.each([
    { ttlSeconds: 0 },
    { ttlSeconds: 1e9 },
    { readOnly: 'yes' },
    { prefix: '/x' },
    { prefix: '../x' },
    { admin: true },
  ])('refuses %j', async (body) => {
    expect((await call('POST', '/storage/session', `Bearer ${await token({ sub: 'alice' })}`, body)).status).toBe(422);
  });
});

describe('POST /storage/session/revoke', () => {
  const live = async (user: string) => {
    const minted = await mint.mint(await token({ sub: user }));
    return async () => {
      try {
        await identities.sessions.find(minted.accessKeyId, minted.sessionToken);
        return true;
      } catch {
        return false;
      }
    };
  };
  test('ends the own sessions', async () => {
    const [own, other] = [await live('carol'), await live('dave')];
    expect((await call('POST', '/storage/session/revoke', `Bearer ${await token({ sub: 'carol' })}`)).status).toBe(204);
    expect([await own(), await other()]).toEqual([false, true]);
  });
  test('those of others for operators only', async () => {
    const other = await live('erin');
    expect(
      (await call('POST', '/storage/session/revoke', `Bearer ${await token({ sub: 'carol' })}`, { user: 'erin' }))
        .status,
    ).toBe(403);
    expect(await other()).toBe(true);
    expect((await call('POST', '/storage/session/revoke', 'Bearer operator-token', { user: 'erin' })).status).toBe(204);
    expect(await other()).toBe(false);
  });
});

test('GET /storage/setup makes the own bucket', async () => {
  const answer = await call('GET', '/storage/setup', `Bearer ${await token({ sub: 'alice' })}`);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { bucket: 'gen3wf-localhost-alice', workdir: 's3://gen3wf-localhost-alice/ga4gh-tes', region: 'us-east-1' },
  ]);
  expect(made).toEqual(['gen3wf-localhost-alice']);
  expect((await call('GET', '/storage/setup')).status).toBe(401);
});

describe('over a socket, with AWS’s own clients', () => {
  const sts = createStsHandler({ mint, sessions: identities.sessions, now, nextRequestId: createRequestIds() });
  const server = createServer(async (req, res) => {
    if (isBelow(req.url, sts.path)) return sts.handle(req, res);
    const answer = await app.request(req.url ?? '', { headers: { authorization: req.headers.authorization ?? '' } });
    res.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  let origin: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  const client = (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
    new STSClient({
      endpoint: `${origin}/aws/sts`,
      region: 'us-east-1',
      maxAttempts: 1,
      ...(credentials && { credentials }),
    });
  const assume = (WebIdentityToken: string, DurationSeconds = 900) =>
    client().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: 'arn:aws:iam::000000000000:role/eyrie',
        RoleSessionName: 'run',
        WebIdentityToken,
        DurationSeconds,
      }),
    );

  test('AssumeRoleWithWebIdentity, then GetCallerIdentity with what it gave', async () => {
    const { Credentials, AssumedRoleUser } = await assume(await token({ sub: 'alice' }));
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::000000000000:assumed-role/alice/run');
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    expect((await client(credentials).send(new GetCallerIdentityCommand())).Arn).toContain('assumed-role/alice/');
    for (const wrong of [
      { ...credentials, secretAccessKey: 'wrong' },
      { ...credentials, sessionToken: 'wrong' },
      { ...credentials, accessKeyId: 'GWS1AAAA' },
    ]) {
      await expect(client(wrong).send(new GetCallerIdentityCommand())).rejects.toMatchObject({
        $metadata: { httpStatusCode: expect.any(Number) },
      });
    }
  });
  test('bad tokens and durations are refused in the words of STS', async () => {
    await expect(assume('nonsense')).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' });
    await expect(assume(await token({ sub: 'alice', ttl: -60 }))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    });
    await expect(assume(await token({ sub: 'alice' }), 60)).rejects.toThrow();
  });
  test.each(['899', '43201', '900.5', '1e3', '0x400', ' 900', '-900'])(
    'a duration of %j is refused',
    async (seconds) => {
      const WebIdentityToken = await token({ sub: 'alice' });
      const answer = await fetch(`${origin}/aws/sts`, {
        method: 'POST',
        body: new URLSearchParams({
          Action: 'AssumeRoleWithWebIdentity',
          RoleSessionName: 'run',
          WebIdentityToken,
          DurationSeconds: seconds,
        }),
      });
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining('<Code>ValidationError</Code>'),
      ]);
    },
  );
  test('other actions are not there', async () => {
    const answer = await fetch(`${origin}/aws/sts`, {
      method: 'POST',
      body: 'Action=GetSessionToken&Version=2011-06-15',
    });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('<Code>InvalidAction</Code>')]);
  });
  test('SDKs fetch and refresh from the container-credentials endpoint', async () => {
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${origin}/aws/credentials`;
    process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN = await token({ sub: 'alice' });
    const found = await fromContainerMetadata()();
    delete process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
    delete process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
    expect(found.accessKeyId).toMatch(/^GWS1/);
    expect(found.expiration?.getTime()).toBeGreaterThan(Date.now());
    expect(await identities.sessions.find(found.accessKeyId, found.sessionToken)).toMatchObject({ userId: 'alice' });
  });
});
