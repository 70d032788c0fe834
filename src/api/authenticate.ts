/** Bearer tokens: a JWT of the configured issuer, checked against its published keys. */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AuthSettings } from '#config/schema.ts';
import type { Principal } from './principal.ts';
import { ApiProblem } from './problems.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

/** The issuer's keys are fetched again for an unknown key id, at most this often. */
const COOLDOWN_MS = 10_000;
const CACHE_MS = 10 * 60_000;
const FETCH_MS = 5_000;
/** A JWT longer than this is no token of ours; checking it would only cost. */
const TOKEN_LENGTH_MAX = 16_384;
const NAME_LENGTH_MAX = 256;

/** @param keys For tests; default: the issuer's, over HTTP. */
export const createAuthenticate = (
  settings: AuthSettings,
  keys: JWTVerifyGetKey = remoteKeys(settings),
): Authenticate => {
  const options = {
    issuer: settings.issuer,
    algorithms: [...settings.algorithms],
    clockTolerance: settings.clockToleranceSeconds,
    requiredClaims: ['exp'],
    ...(settings.audience !== undefined && { audience: settings.audience }),
  };
  return async (authorization) => {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
    if (!token || token.length > TOKEN_LENGTH_MAX) throw unauthorised('a bearer token is needed');
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return principalOf(payload, settings);
    } catch (error) {
      if (error instanceof ApiProblem) throw error;
      if (error instanceof errors.JWTExpired) throw unauthorised('the token has expired');
      if (isRefusal(error)) throw unauthorised('the token is not valid');
      throw new ApiProblem('Unavailable', "the issuer's keys can't be read");
    }
  };
};

const unauthorised = (detail: string): ApiProblem =>
  new ApiProblem('Denied', detail, { status: 401, headers: { 'www-authenticate': 'Bearer realm="eyrie"' } });

/** Jose's own errors are about the token, but for those about the key set itself. */
const isRefusal = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  error.code !== 'ERR_JOSE_GENERIC' &&
  !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid);

/**
 * An operator by the configured claim; a user by `context.user.name`; a service by `azp`, where it is listed and the
 * token stands for nobody (no `sub`).
 */
const principalOf = (payload: JWTPayload, { operators, serviceClients }: AuthSettings): Principal => {
  const user = userOf(payload);
  const client = typeof payload.azp === 'string' ? payload.azp : undefined;
  if (hasWord(payload[operators.claim], operators.value)) {
    return { kind: 'operator', name: user ?? payload.sub ?? client ?? 'operator' };
  }
  if (user !== undefined) return { kind: 'user', name: user };
  if (client !== undefined && payload.sub === undefined && serviceClients.includes(client)) {
    return { kind: 'service', name: client };
  }
  throw unauthorised('the token names neither a user nor a known client');
};

const userOf = ({ context }: JWTPayload): string | undefined => {
  const name = (context as { user?: { name?: unknown } } | null | undefined)?.user?.name;
  return typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX ? name : undefined;
};

const hasWord = (claim: unknown, word: string): boolean =>
  typeof claim === 'string' ? claim.split(' ').includes(word) : Array.isArray(claim) && claim.includes(word);

/** The issuer's published keys: fetched when they are first needed, and again for a key id that is not known. */
export const remoteKeys = ({ issuer, jwksUri }: AuthSettings): JWTVerifyGetKey => {
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
