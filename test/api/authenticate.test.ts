import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthenticate } from '#api/authenticate.ts';
import { problemOf } from '#api/problems.ts';
import { createIssuerKeys } from '#identity/issuer-keys.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { AUTH, authenticateBy, ISSUER, sign, verificationKey } from './rig.ts';

const authenticate = authenticateBy(verificationKey);
const alice = { sub: 'alice', context: { user: { name: 'alice' } } };

/** The status that the caller would get, or who they are. */
const outcome = async (authorization: string | undefined, by = authenticate): Promise<unknown> =>
  by(authorization).catch((error: unknown) => problemOf(error).extras.status ?? problemOf(error).code);

describe('who a token stands for', () => {
  test('a user by context.user.name', async () => {
    expect(await outcome(`Bearer ${await sign(alice)}`)).toEqual({ kind: 'user', name: 'alice', sub: 'alice' });
  });

  test('a listed client by azp, when nobody stands behind the token', async () => {
    expect(await outcome(`Bearer ${await sign({ azp: 'hatchery' })}`)).toEqual({ kind: 'service', name: 'hatchery' });
  });

  test('a user who came through a listed client stays a user', async () => {
    expect(await outcome(`Bearer ${await sign({ ...alice, azp: 'hatchery' })}`)).toEqual({
      kind: 'user',
      name: 'alice',
      sub: 'alice',
    });
  });

  test.each([
    ['an unlisted client', { azp: 'other' }],
    ['a listed client with a subject but no name', { azp: 'hatchery', sub: '17' }],
    ['a subject without a name', { sub: 'alice' }],
    ['an empty name', { sub: 'a', context: { user: { name: '' } } }],
    ['a name that is no text', { sub: 'a', context: { user: { name: ['alice'] } } }],
    ['another scope that only begins like the operators’', { sub: 'x', scope: 'eyrie:operators' }],
  ])('%s is nobody', async (_, claims) => {
    expect(await outcome(`Bearer ${await sign(claims)}`)).toBe(401);
  });

  test.each([
    ['a word of the scope', { sub: 'olga', scope: 'openid eyrie:operator' }],
    ['an element of a list', { sub: 'olga', scope: ['eyrie:operator'] }],
  ])('an operator by %s', async (_, claims) => {
    expect(await outcome(`Bearer ${await sign(claims)}`)).toEqual({ kind: 'operator', name: 'olga' });
  });
});

describe('tokens that are refused', () => {
  test('an expired one, and one without an expiry', async () => {
    expect(await outcome(`Bearer ${await sign(alice, { seconds: -1 })}`)).toBe(401);
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const endless = await new SignJWT(alice).setProtectedHeader({ alg: 'RS256' }).setIssuer(ISSUER).sign(privateKey);
    expect(await outcome(`Bearer ${endless}`, authenticateBy(publicKey))).toBe(401);
  });

  test('one of another issuer', async () => {
    expect(await outcome(`Bearer ${await sign(alice, { issuer: `${ISSUER}/` })}`)).toBe(401);
  });

  test('one of another audience, where one is configured', async () => {
    const strict = authenticateBy(verificationKey, { ...AUTH, audience: 'eyrie' });
    expect(await outcome(`Bearer ${await sign({ ...alice, aud: 'else' })}`, strict)).toBe(401);
    expect(await outcome(`Bearer ${await sign({ ...alice, aud: 'eyrie' })}`, strict)).toMatchObject({ name: 'alice' });
  });

  test('one that was signed with another key, changed, unsigned, or signed by another algorithm', async () => {
    const other = await generateKeyPair('RS256');
    const exp = Math.floor(Date.now() / 1000) + 60;
    const foreign = await new SignJWT({ ...alice, exp })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(ISSUER)
      .sign(other.privateKey);
    expect(await outcome(`Bearer ${foreign}`)).toBe(401);

    const [header, , signature] = (await sign(alice)).split('.');
    const payload = Buffer.from(JSON.stringify({ iss: ISSUER, exp, context: { user: { name: 'bob' } } })).toString(
      'base64url',
    );
    expect(await outcome(`Bearer ${header}.${payload}.${signature}`)).toBe(401);

    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await outcome(`Bearer ${none}.${payload}.`)).toBe(401);

    // The classic confusion: the public key as the secret of an HMAC.
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(verificationKey)));
    const hmac = await new SignJWT({ ...alice, exp })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .sign(secret);
    expect(await outcome(`Bearer ${hmac}`)).toBe(401);
  });

  test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', `Bearer ${'a'.repeat(20_000)}`, 'Bearer a b'])(
    'no token at all: %j',
    async (authorization) => {
      expect(await outcome(authorization?.slice(0, 30_000))).toBe(401);
    },
  );
});

const authenticateByIssuer = (issuer: string) =>
  createAuthenticate(AUTH, createTokenVerifier({ ...AUTH, issuer, keys: createIssuerKeys({ issuer }) }));

describe("the issuer's keys", () => {
  /** An issuer over HTTP that counts how often its keys are asked for. */
  const issuer = async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const state = { fetches: 0, down: false };
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }] });
    const server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      if (state.down) response.writeHead(500).end();
      else if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ jwks_uri: `http://127.0.0.1:${port}/keys` }));
      } else {
        state.fetches += 1;
        response.setHeader('content-type', 'application/json').end(keys);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const token = (kid: string) =>
      new SignJWT(alice)
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(url)
        .setExpirationTime('5m')
        .sign(privateKey);
    return { url, state, token };
  };

  test('are found by discovery and fetched once for many tokens', async () => {
    const { url, state, token } = await issuer();
    const by = authenticateByIssuer(url);
    for (let nth = 0; nth < 5; nth += 1)
      expect(await outcome(`Bearer ${await token('one')}`, by)).toMatchObject({ name: 'alice' });
    expect(state.fetches).toBe(1);
  });

  test('are not fetched for each token with an unknown key id: forged ones must not become requests', async () => {
    const { url, state, token } = await issuer();
    const by = authenticateByIssuer(url);
    for (let nth = 0; nth < 20; nth += 1) expect(await outcome(`Bearer ${await token(`forged-${nth}`)}`, by)).toBe(401);
    expect(state.fetches).toBe(1);
  });

  test('that can’t be read are no fault of the token, and are found once the issuer is back', async () => {
    const { url, state, token } = await issuer();
    const by = authenticateByIssuer(url);
    state.down = true;
    expect(await outcome(`Bearer ${await token('one')}`, by)).toBe('Unavailable');
    state.down = false;
    expect(await outcome(`Bearer ${await token('one')}`, by)).toMatchObject({ name: 'alice' });
  });
});
