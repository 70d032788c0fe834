/** The issuer's published keys: fetched when they are first needed, and again for a key id that is not known. */
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

/** The keys are fetched again for an unknown key id, at most this often. */
const COOLDOWN_MS = 10_000;
const CACHE_MS = 10 * 60_000;
const FETCH_MS = 5_000;

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Default: found by OpenID discovery. */
  readonly jwksUri?: string | undefined;
}

export const createIssuerKeys = ({ issuer, jwksUri }: IssuerKeysOptions): JWTVerifyGetKey => {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const find = async (): Promise<JWTVerifyGetKey> =>
    createRemoteJWKSet(new URL(jwksUri ?? (await discover(issuer))), {
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: CACHE_MS,
      timeoutDuration: FETCH_MS,
    });
  return async (header, token) => {
    found ??= find();
    // A failed discovery must not be remembered: the issuer may only be starting.
    found.catch(() => {
      found = undefined;
    });
    return (await found)(header, token);
  };
};

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html */
const discover = async (issuer: string): Promise<string> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) });
  const { jwks_uri } = (await answer.json()) as { jwks_uri?: unknown };
  if (!answer.ok || typeof jwks_uri !== 'string') throw new Error(`no jwks_uri at ${url}`);
  return jwks_uri;
};
