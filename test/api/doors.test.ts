/**
 * One verifier behind all doors: what is no good token is none at any of them, and a good one is good at each. The doors
 * come from the application, so that one which is added later is in the matrix by itself.
 */
import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIENCE, type DoorRig, ISSUER, KEY_ID, publishedKey, SCOPES, startDoors } from './door-rig.ts';
import { type Door, doorsOf } from './knock.ts';
import { type Bearer, type Change, goodClaims, seconds, tokenOf, WHO } from './tokens.ts';

let rig: DoorRig;
let doors: readonly Door[];
beforeAll(async () => {
  rig = await startDoors();
  doors = await doorsOf(rig);
});
afterAll(async () => {
  await rig?.stop();
});

type Make = (bearer: Bearer) => Promise<string> | string;
const { privateKey: strangersKey, publicKey: strangersPublicKey } = await generateKeyPair('RS256');

const but =
  (change: Change): Make =>
  (bearer) =>
    tokenOf(bearer, change);

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** With parts that no library would put together. */
const forged =
  (header: object, signature: (text: string) => string, claims: JWTPayload = {}): Make =>
  (bearer) => {
    const text = `${base64url({ kid: KEY_ID, ...header })}.${base64url({ ...goodClaims(), ...WHO[bearer], ...claims })}`;
    return `${text}.${signature(text)}`;
  };

const pem = await exportSPKI(publishedKey);
const hmacBy = (secret: string) => (text: string) => createHmac('sha256', secret).update(text).digest('base64url');

const BAD: Readonly<Record<string, Make>> = {
  'no token': () => 'nonsense',
  'three parts of nothing': () => 'e30.e30.e30',
  'no issuer': but({ claims: { iss: undefined } as unknown as JWTPayload }),
  'another issuer': but({ claims: { iss: 'https://elsewhere.test' } }),
  'the issuer with a slash behind it': but({ claims: { iss: `${ISSUER}/` } }),
  expired: but({ claims: { exp: seconds() - 60 } }),
  'no end': but({ claims: { exp: undefined } as unknown as JWTPayload }),
  'an end that is no number': but({ claims: { exp: '9999999999' as unknown as number } }),
  'not valid yet': but({ claims: { nbf: seconds() + 600 } }),
  'alg none': forged({ alg: 'none' }, () => ''),
  'alg None': forged({ alg: 'None' }, () => ''),
  'HS256 with the public key as PEM': forged({ alg: 'HS256' }, hmacBy(pem)),
  'HS256 with the public key as JWK': forged({ alg: 'HS256' }, hmacBy(JSON.stringify(await exportJWK(publishedKey)))),
  'HS256 with nothing': forged({ alg: 'HS256' }, hmacBy('')),
  'an algorithm that is not listed': async (bearer) => {
    const { privateKey } = await generateKeyPair('ES512');
    return but({ header: { alg: 'ES512' }, key: privateKey })(bearer);
  },
  'somebody else’s key': but({ key: strangersKey }),
  'somebody else’s key, which it brings along': but({
    key: strangersKey,
    header: { jwk: await exportJWK(strangersPublicKey) },
  }),
  'a key id that is not published': but({ header: { kid: 'other' } }),
  'a key id that is a path': but({ header: { kid: '../../../dev/null' } }),
  'another payload under the signature': async (bearer) => {
    const [header, , signature] = (await but({})(bearer)).split('.');
    return `${header}.${base64url({ ...goodClaims(), ...WHO[bearer], jti: 'other' })}.${signature}`;
  },
  'no signature': async (bearer) => (await but({})(bearer)).replace(/[^.]+$/, ''),
  'a critical extension': forged({ alg: 'RS256', crit: ['exp'] }, () => 'AAAA'),
  'an ID token of Gen3': but({ claims: { pur: 'id' } }),
  'a refresh token of Gen3': but({ claims: { pur: 'refresh' } }),
  'an API key of Gen3': but({ claims: { pur: 'api_key' } }),
  'a session token of Gen3': but({ claims: { pur: 'session' } }),
  'an empty purpose': but({ claims: { pur: '' } }),
  'a purpose that is nothing': but({ claims: { pur: null } }),
  'two purposes': but({ claims: { pur: ['access', 'id'] } }),
  'an ID token of Keycloak': but({ claims: { typ: 'ID' } }),
  'a refresh token of Keycloak': but({ claims: { typ: 'Refresh' } }),
  'an ID token of Cognito': but({ claims: { token_use: 'id' } }),
  'an ID token with the hash of its access token': but({ claims: { at_hash: 'LDktKdoQak3Pk0cnXxCltA' } }),
  'a logout token': but({ header: { typ: 'logout+jwt' } }),
  'another audience': but({ claims: { aud: 'else' } }),
  'no audience': but({ claims: { aud: undefined } as unknown as JWTPayload }),
  'an audience that only begins like ours': but({ claims: { aud: [`${AUDIENCE}s`, `${AUDIENCE} `] } }),
  'no scope': but({ claims: { scope: undefined } }),
  'one scope of two': but({ claims: { scope: 'openid' } }),
  'scopes that only begin like ours': but({ claims: { scope: 'openid users' } }),
  'a subject that is no name': but({ claims: { sub: { name: 'alice' } as unknown as string } }),
  'over 16 KiB': but({ claims: { padding: 'x'.repeat(16_384) } }),
};

const GOOD: Readonly<Record<string, Make>> = {
  'as Gen3 makes it': but({}),
  'without a purpose': but({ claims: { pur: undefined } }),
  'one audience as text': but({ claims: { aud: AUDIENCE } }),
  'scopes as a list': but({ claims: { scope: [...SCOPES, 'more'] } }),
  'as Keycloak makes it': but({ claims: { typ: 'Bearer' } }),
  'as RFC 9068 has it': but({ header: { typ: 'at+jwt' } }),
  'valid from now': but({ claims: { nbf: seconds() - 1 } }),
};

const outcomes = async (kinds: Readonly<Record<string, Make>>, { bearer, knock }: Door) =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(kinds).map(async ([name, make]) => [name, (await knock(await make(bearer))).outcome] as const),
    ),
  );

const all = (kinds: object, outcome: string) => Object.fromEntries(Object.keys(kinds).map((name) => [name, outcome]));

test('there are all of them', () => {
  const names = doors.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['GET /v1/workspaces', 'POST /storage/session', 'STS', 'S3 at the root']),
  );
  expect(names.length).toBeGreaterThan(18);
});

describe('at every door', () => {
  test('no bad token is let in, and nothing of it goes further', async () => {
    const seen = rig.upstream.seen.length;
    for (const door of doors) {
      expect({ door: door.name, ...(await outcomes(BAD, door)) }).toEqual({ door: door.name, ...all(BAD, 'refused') });
    }
    expect(rig.upstream.seen.length).toBe(seen);
  });

  test('every good one is', async () => {
    for (const door of doors) {
      expect({ door: door.name, ...(await outcomes(GOOD, door)) }).toEqual({ door: door.name, ...all(GOOD, 'let in') });
    }
  });
});
