/**
 * The one place where a bearer token is believed. Every door has its tokens checked here, whatever it makes of the claims.
 */
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isAccessToken } from './access-token.ts';

export interface TokenClaims {
  readonly [claim: string]: unknown;
  /** The user; undefined for a client's own token. Empty claims name nobody. */
  readonly sub: string | undefined;
  /** The client. */
  readonly azp: string | undefined;
  /** Seconds since 1970. */
  readonly exp: number;
}

/** `unavailable`: the keys to check with could not be had; never taken for a yes. */
export type TokenVerdict =
  | { readonly ok: true; readonly claims: TokenClaims }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' | 'unavailable' };

/** Never throws, and its verdict does not tell which part of a bad token was nearly right. */
export type VerifyToken = (token: string) => Promise<TokenVerdict>;

export interface TokenTrust {
  /** Compared byte for byte with `iss`. */
  readonly issuer: string;
  /** One of them has to be in `aud`. Default: not checked. */
  readonly audience?: string | readonly string[] | undefined;
  /** Algorithms of signatures; pinned, so that no token chooses its own. */
  readonly algorithms: readonly string[];
  /** Words that `scope` must hold. Default none. */
  readonly scopes?: readonly string[] | undefined;
  /** Value of a `pur` claim where there is one. Default `access`, Gen3's. */
  readonly purpose?: string | undefined;
  /** For `exp` and `nbf`. Default 5. */
  readonly clockToleranceSeconds?: number | undefined;
}

export interface TokenVerifierOptions extends TokenTrust {
  /** The issuer's keys, for example a remote JWKS. */
  readonly keys: JWTVerifyGetKey;
  /** Milliseconds since 1970. Default: the wall clock. */
  readonly now?: (() => number) | undefined;
}

/** A JWT longer than this is no token of ours; checking it would only cost. */
export const TOKEN_CHARS_MAX = 16_384;

export const createTokenVerifier = (options: TokenVerifierOptions): VerifyToken => {
  const { keys, issuer, audience, algorithms, scopes = [], purpose = 'access', now = Date.now } = options;
  const checks = {
    issuer,
    algorithms: [...algorithms],
    clockTolerance: options.clockToleranceSeconds ?? 5,
    requiredClaims: ['exp'],
    ...(audience !== undefined && { audience: typeof audience === 'string' ? audience : [...audience] }),
  };
  return async (token) => {
    if (token.length > TOKEN_CHARS_MAX) return invalid;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, { ...checks, currentDate: new Date(now()) });
      const held = wordsOf(payload.scope);
      if (scopes.some((scope) => !held.includes(scope))) return invalid;
      if (!isAccessToken(protectedHeader, payload, purpose)) return invalid;
      const { sub, azp, exp } = payload;
      if (![sub, azp].every(isName)) return invalid;
      return { ok: true, claims: { ...payload, sub: textOf(sub), azp: textOf(azp), exp: exp as number } };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
      return isAboutToken(error) ? invalid : { ok: false, reason: 'unavailable' };
    }
  };
};

const invalid: TokenVerdict = { ok: false, reason: 'invalid' };

/** What names nobody in a way of its own could pass for a client's token, which names nobody. */
const isName = (claim: unknown): boolean => ['undefined', 'string', 'number'].includes(typeof claim);

/** Gen3 writes user ids as numbers here and there. */
const textOf = (claim: unknown): string | undefined =>
  typeof claim === 'string' && claim !== '' ? claim : typeof claim === 'number' ? String(claim) : undefined;

/** A claim that is a text of words, or a list of them. */
export const wordsOf = (claim: unknown): readonly unknown[] =>
  typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];

/** Jose's own errors are about the token, but for those about getting the keys. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  error.code !== 'ERR_JOSE_GENERIC' &&
  !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid);
