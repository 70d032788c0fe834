/** Bearer tokens of the issuer as Gen3 makes them, checked against its published keys. */
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { TokenVerdict, VerifyToken } from './token.ts';

export interface TokenVerifierOptions {
  /** The issuer's keys, for example a remote JWKS. */
  readonly keys: JWTVerifyGetKey;
  /** Compared byte for byte with `iss`. */
  readonly issuer: string;
  /** One of them has to be in `aud`. Default: not checked. */
  readonly audience?: string | readonly string[] | undefined;
  /** Algorithms of signatures; pinned, so that no token chooses its own. */
  readonly algorithms: readonly string[];
  /** Words that `scope` must hold. Default none. */
  readonly scopes?: readonly string[] | undefined;
  /** Value that a `pur` claim must have where there is one; Gen3's is `access`. */
  readonly purpose?: string | undefined;
  /** Seconds. Default 5. */
  readonly clockToleranceSeconds?: number | undefined;
}

export const createTokenVerifier = (options: TokenVerifierOptions): VerifyToken => {
  const { keys, issuer, audience, algorithms, scopes = [], purpose, clockToleranceSeconds = 5 } = options;
  const checks = {
    issuer,
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp'],
    ...(audience !== undefined && { audience: typeof audience === 'string' ? audience : [...audience] }),
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, checks);
      if (scopes.some((scope) => !scopesOf(payload).includes(scope))) return invalid;
      if (purpose !== undefined && payload.pur !== undefined && payload.pur !== purpose) return invalid;
      return { ok: true, claims: { sub: textOf(payload.sub), azp: textOf(payload.azp), exp: payload.exp as number } };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
      return isAboutToken(error) ? invalid : { ok: false, reason: 'unavailable' };
    }
  };
};

const invalid: TokenVerdict = { ok: false, reason: 'invalid' };

/** Empty claims name nobody. Gen3 writes user ids as numbers here and there. */
const textOf = (claim: unknown): string | undefined =>
  typeof claim === 'string' && claim !== '' ? claim : typeof claim === 'number' ? String(claim) : undefined;

const scopesOf = ({ scope }: JWTPayload): readonly unknown[] =>
  typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [];

/** Jose's own errors are about the token, but for those about getting the keys. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  error.code !== 'ERR_JOSE_GENERIC' &&
  !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid);
