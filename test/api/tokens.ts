/** Tokens of the door rig's issuer. */
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { AUDIENCE, ISSUER, issuerKey, KEY_ID, SCOPES } from './door-rig.ts';
import type { Door } from './knock.ts';

export type Bearer = Door['bearer'];

export const seconds = (): number => Math.floor(Date.now() / 1000);

export const WHO: Readonly<Record<Bearer, JWTPayload>> = {
  user: { sub: 'alice', context: { user: { name: 'alice' } } },
  client: { azp: 'tes' },
};

export const goodClaims = (): JWTPayload => ({
  iss: ISSUER,
  aud: [AUDIENCE, 'else'],
  scope: SCOPES.join(' '),
  pur: 'access',
  iat: seconds(),
  exp: seconds() + 300,
});

export interface Change {
  readonly claims?: JWTPayload;
  readonly header?: Partial<JWTHeaderParameters>;
  readonly key?: typeof issuerKey;
}

/** A good token, but for the change. Undefined takes a claim away. */
export const tokenOf = (bearer: Bearer, { claims = {}, header = {}, key = issuerKey }: Change = {}): Promise<string> =>
  new SignJWT({ ...goodClaims(), ...WHO[bearer], ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'JWT', ...header })
    .sign(key);
