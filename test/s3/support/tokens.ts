/** An issuer of tokens within the test process. */
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createTokenVerifier, type VerifyToken } from '#identity/verify-token.ts';

const ISSUER = 'https://issuer.test';
const { publicKey, privateKey } = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'RS256' };

export const publicJwk = jwk;

export interface TokenRequest {
  readonly sub?: string;
  readonly azp?: string;
  /** Seconds from now. */
  readonly ttl?: number;
  readonly claims?: JWTPayload;
}

/** About as long as Gen3's tokens, which list what a user may do. */
const PADDING = 'x'.repeat(900);

export const token = ({ sub, azp, ttl = 3600, claims = {} }: TokenRequest): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: ISSUER,
    aud: ['gen3'],
    scope: 'user openid',
    pur: 'access',
    padding: PADDING,
    iat: now,
    exp: now + ttl,
  };
  return new SignJWT({ ...payload, ...(sub !== undefined && { sub }), ...(azp !== undefined && { azp }), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'test' })
    .sign(privateKey);
};

export const verifyToken: VerifyToken = createTokenVerifier({
  keys: createLocalJWKSet({ keys: [jwk] }),
  issuer: ISSUER,
  audience: ['gen3'],
  algorithms: ['RS256'],
  scopes: ['user', 'openid'],
  purpose: 'access',
});
