/**
 * Is this a token to call an API with? An issuer signs other things with the same key: ID tokens, which every page that
 * the user logs in to gets to see; refresh tokens and API keys, which live for weeks; logout notices. Each issuer says it
 * in a word of its own, and a word that is there has to be the right one.
 */
import type { JWTHeaderParameters, JWTPayload } from 'jose';

/** @see https://www.rfc-editor.org/rfc/rfc9068#section-2.1 */
const HEADER_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** Keycloak's claim `typ`: `Bearer`, beside `ID`, `Refresh`, `Offline`, `Logout`. */
const CLAIM_TYPES = new Set(['bearer', 'access', ...HEADER_TYPES]);

/** Hashes of what came along with an ID token. @see https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken */
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash', 's_hash'];

/** @param purpose of Gen3's claim `pur`; others are `id`, `refresh`, `api_key`, `session`. */
export const isAccessToken = (header: JWTHeaderParameters, payload: JWTPayload, purpose: string): boolean =>
  isAmong(HEADER_TYPES, header, 'typ') &&
  isAmong(CLAIM_TYPES, payload, 'typ') &&
  isAmong(new Set([purpose]), payload, 'pur') &&
  isAmong(COGNITO_USES, payload, 'token_use') &&
  !ID_TOKEN_CLAIMS.some((claim) => Object.hasOwn(payload, claim));

/** Cognito's. */
const COGNITO_USES = new Set(['access']);

const isAmong = (words: ReadonlySet<string>, claims: object, name: string): boolean => {
  if (!Object.hasOwn(claims, name)) return true;
  const value = (claims as Record<string, unknown>)[name];
  return typeof value === 'string' && (words.has(value) || (name === 'typ' && words.has(value.toLowerCase())));
};
