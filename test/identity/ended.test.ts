/** What has ended stays ended when the wall clock is set back: tokens, sessions, and signed requests. */
import { randomBytes } from 'node:crypto';
import { createLocalJWKSet } from 'jose';
import { expect, test } from 'vitest';
import { createSteadyClock } from '#identity/steady-clock.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createSessionIdentity } from '#s3/identity/session.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { memoryEpochStore } from '../s3/support/epoch-store.ts';
import { s3 } from '../s3/support/http.ts';
import { bucketOf, startProxy } from '../s3/support/proxy.ts';
import { scriptedUpstream } from '../s3/support/scripted.ts';
import { publicJwk, token } from '../s3/support/tokens.ts';

const HOUR = 3_600_000;

const setUp = () => {
  const time = { wall: Date.now(), elapsed: 0 };
  const now = createSteadyClock({ wall: () => time.wall, elapsed: () => time.elapsed });
  const pass = (ms: number): void => {
    time.wall += ms;
    time.elapsed += ms;
  };
  return { time, now, pass };
};

test('a token', async () => {
  const { time, now, pass } = setUp();
  const keys = createLocalJWKSet({ keys: [publicJwk] });
  const verify = createTokenVerifier({ keys, issuer: 'https://issuer.test', algorithms: ['RS256'], now });
  const good = await token({ sub: 'alice', ttl: 600 });
  expect(await verify(good)).toMatchObject({ ok: true });
  pass(HOUR);
  expect(await verify(good)).toEqual({ ok: false, reason: 'expired' });
  time.wall -= 2 * HOUR;
  expect(await verify(good)).toEqual({ ok: false, reason: 'expired' });
});

test('a session, whether it ended before or after', async () => {
  const { time, now, pass } = setUp();
  const keys = createSessionKeys([{ version: 0, secret: randomBytes(32) }]);
  const epochs = createEpochs(memoryEpochStore(), now, () => time.elapsed);
  const sessions = createSessionIdentity({ keys, epochs, hostname: 'localhost', now });
  const session = (seconds: number) =>
    keys.mint({
      userId: 'alice',
      rights: ['read'],
      prefix: '',
      issuedAt: now(),
      expiresAt: now() + seconds * 1000,
      tokenHash: '',
      epoch: 0,
    });
  const [short, long] = [session(600), session(7_200)];
  const find = async ({ accessKeyId, sessionToken }: typeof short) => await sessions.find(accessKeyId, sessionToken);
  await find(short);
  pass(HOUR);
  time.wall -= 24 * HOUR;
  await expect(find(short)).rejects.toMatchObject({ code: 'ExpiredToken' });
  await find(long);
  pass(HOUR + 1_000);
  await expect(find(long)).rejects.toMatchObject({ code: 'ExpiredToken' });
});

test('a signed request that was recorded', async () => {
  const { time, now, pass } = setUp();
  const upstream = await scriptedUpstream((_req, res) => res.writeHead(200, { 'content-length': '0' }).end());
  const proxy = await startProxy({ upstream: upstream.upstream, now, wall: () => time.wall });
  try {
    const recorded = new Date(time.wall);
    const replay = () =>
      s3({
        endpoint: proxy.endpoint,
        credentials: proxy.session('u', { expiresAt: 9e15 }),
        path: `/${bucketOf('u')}/k`,
        date: recorded,
      });
    expect((await replay()).status).toBe(200);
    pass(HOUR);
    expect((await replay()).code).toBe('RequestTimeTooSkewed');
    time.wall = recorded.getTime();
    expect((await replay()).code).toBe('RequestTimeTooSkewed');
    // What goes up is signed by the wall clock: the upstream has one of its own.
    expect(upstream.seen).toHaveLength(1);
  } finally {
    await proxy.stop();
    await upstream.stop();
  }
});
