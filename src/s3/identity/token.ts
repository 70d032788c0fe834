/** Tokens as access key ids: `<token>`, or `<client token>;userId=<id>` for clients that act for users. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { TOKEN_CHARS_MAX, type TokenClaims, type TokenVerdict, type VerifyToken } from '#identity/verify-token.ts';
import { S3Error } from '../errors.ts';
import { bucketNameOf } from '../http/bucket-name.ts';
import { keptText } from '../http/kept-text.ts';
import { type Principal, RIGHTS } from './principal.ts';

export interface TokenIdentityOptions {
  readonly verifyToken: VerifyToken;
  /** Host name of the deployment, part of bucket names. */
  readonly hostname: string;
  /** Clients that may name a user with `;userId=`. */
  readonly delegates: ReadonlySet<string>;
  readonly now: () => number;
}

export interface TokenIdentity {
  /**
   * Synchronous when the token is known.
   * @param memo an object that always comes with this very key id: hashing a token costs more than all other look-ups
   * @throws S3Error InvalidAccessKeyId, ExpiredToken, ServiceUnavailable
   */
  find(accessKeyId: string, memo?: object): Principal | Promise<Principal>;
  /** Is its token good, whomever it names? @throws S3Error like find */
  check(accessKeyId: string): Promise<void>;
}

/** The token is good, and opens no bucket: that helps nobody to guess one, and its bearer can have it mended. */
export class NoBucketOwner extends S3Error {
  /** It names a user, who can have none; else it may speak for no user. */
  readonly isUser: boolean;

  constructor(message: string, { isUser = false } = {}) {
    super('InvalidAccessKeyId', message);
    this.isUser = isUser;
  }
}

type TokenNames = Pick<TokenClaims, 'sub' | 'azp' | 'exp'>;

/** Of a verdict, what the caches keep: claims may be long. */
type Verdict = { readonly ok: true; readonly claims: TokenNames } | Exclude<TokenVerdict, { ok: true }>;

const shortened = (verdict: TokenVerdict): Verdict => {
  if (!verdict.ok) return verdict;
  const { sub, azp, exp } = verdict.claims;
  return { ok: true, claims: { sub, azp, exp } };
};

const SEPARATOR = ';userId=';
/** A refused token is asked about again soon: the issuer may have published a new key. */
const NEGATIVE_TTL_MS = 5_000;
/** An accepted one is checked again now and then, so that a key taken back by the issuer stops working. */
const POSITIVE_TTL_MS = 60_000;
/** A connection's token is not looked up for each of its requests. */
const REMEMBERED_MS = 1_000;

export const createTokenIdentity = ({ verifyToken, hostname, delegates, now }: TokenIdentityOptions): TokenIdentity => {
  // A second is fine enough for these, and spares a timer for each millisecond.
  const verdicts = new LRUCache<string, Verdict>({ max: 20_000, ttlResolution: 1_000 });
  const principals = new LRUCache<string, Principal>({ max: 20_000 });
  const running = new Map<string, Promise<Verdict>>();

  function verdictOf(token: string, tokenHash: string): Promise<Verdict> {
    const known = running.get(tokenHash);
    if (known) return known;
    const asked = verifyToken(token).then(
      (found) => {
        const verdict = shortened(found);
        if (verdict.ok) verdicts.set(tokenHash, verdict, { ttl: POSITIVE_TTL_MS });
        else if (verdict.reason !== 'unavailable') verdicts.set(tokenHash, verdict, { ttl: NEGATIVE_TTL_MS });
        return verdict;
      },
      (): Verdict => ({ ok: false, reason: 'unavailable' }),
    );
    running.set(tokenHash, asked);
    void asked.finally(() => running.delete(tokenHash));
    return asked;
  }

  function requireGood(verdict: Verdict): TokenNames {
    if (!verdict.ok) throw refusal(verdict.reason);
    if (verdict.claims.exp * 1000 <= now()) throw refusal('expired');
    return verdict.claims;
  }

  function principalOf(verdict: Verdict, userId: string | undefined, cacheKey: string): Principal {
    const claims = requireGood(verdict);
    const known = principals.get(cacheKey);
    if (known) return known;
    const principal = toPrincipal(claims, userId, cacheKey);
    principals.set(cacheKey, principal);
    return principal;
  }

  function userOf({ sub, azp }: TokenNames, userId: string | undefined): string {
    if (userId === undefined) {
      if (sub !== undefined) return sub;
      throw new NoBucketOwner(
        'the token has no user id (claim sub): ask with a token of a user; a client in auth.s3Clients names one behind its token, as ;userId=ID',
      );
    }
    // A token tied to a user speaks for that user only, whatever its client.
    if (sub !== undefined)
      throw new NoBucketOwner('the token has a user of its own (claim sub): it names no other with ;userId=');
    if (azp === undefined || !delegates.has(azp))
      throw new NoBucketOwner(
        `the token's client (claim azp) is ${azp === undefined ? 'missing' : JSON.stringify(azp)}: only those in auth.s3Clients name a user with ;userId=`,
      );
    return userId;
  }

  function toPrincipal(claims: TokenNames, userId: string | undefined, cacheKey: string): Principal {
    const { azp } = claims;
    const user = userOf(claims, userId);
    const bucket = bucketNameOf(hostname, user);
    if (bucket === undefined) {
      const from = userId === undefined ? 'of the token (claim sub)' : 'behind ;userId=';
      throw new NoBucketOwner(
        `the user id ${JSON.stringify(user)} ${from} can't stand in the name of a bucket: it takes lower-case letters, ` +
          `digits, dots and dashes, as many as leave room for "gen3wf-", and may not make the name of another user's: ` +
          'such a user has no storage until the issuer gives them an id that fits',
        { isUser: true },
      );
    }
    return {
      userId: user,
      clientId: azp,
      kind: userId === undefined ? 'token' : 'client',
      bucket,
      rights: RIGHTS,
      prefix: '',
      expiresAt: claims.exp * 1000,
      sessionId: undefined,
      cacheKey,
    };
  }

  const remembered = new WeakMap<object, Remembered>();

  const rememberedOf = (accessKeyId: string, memo: object | undefined): Remembered => {
    const known = memo && remembered.get(memo);
    if (known) return known;
    const fresh = { keyId: parseKeyId(accessKeyId), principal: undefined, until: 0 };
    if (memo) remembered.set(memo, fresh);
    return fresh;
  };

  return {
    find(accessKeyId, memo) {
      const known = rememberedOf(accessKeyId, memo);
      if (known.principal && now() < known.until) return known.principal;
      const { token, tokenHash, userId, cacheKey } = known.keyId;
      const verdict = verdicts.get(tokenHash);
      if (verdict) {
        const principal = principalOf(verdict, userId, cacheKey);
        known.principal = principal;
        known.until = Math.min(now() + REMEMBERED_MS, principal.expiresAt);
        return principal;
      }
      return verdictOf(token, tokenHash).then((found) => principalOf(found, userId, cacheKey));
    },

    async check(accessKeyId) {
      const { token, tokenHash } = parseKeyId(accessKeyId);
      requireGood(verdicts.get(tokenHash) ?? (await verdictOf(token, tokenHash)));
    },
  };
};

/** What is known of the key id of a connection. */
interface Remembered {
  readonly keyId: ParsedKeyId;
  principal: Principal | undefined;
  /** Milliseconds since 1970: the caches are asked again then. */
  until: number;
}

interface ParsedKeyId {
  readonly token: string;
  readonly tokenHash: string;
  readonly userId: string | undefined;
  readonly cacheKey: string;
}

/** @throws S3Error InvalidAccessKeyId */
function parseKeyId(accessKeyId: string): ParsedKeyId {
  if (accessKeyId.length > TOKEN_CHARS_MAX) throw refusal('invalid');
  const at = accessKeyId.indexOf(SEPARATOR);
  const token = at < 0 ? accessKeyId : accessKeyId.slice(0, at);
  const userId = at < 0 ? undefined : keptText(accessKeyId.slice(at + SEPARATOR.length));
  if (token.includes(';') || userId?.includes(';')) throw refusal('invalid');
  const tokenHash = hash('sha256', token, 'base64url');
  const cacheKey = userId === undefined ? tokenHash : keptText(`${tokenHash};${userId}`);
  return { token, tokenHash, userId, cacheKey };
}

/** One text for all that is wrong with a token: it must not tell which part was nearly right. */
function refusal(reason: 'expired' | 'invalid' | 'unavailable'): S3Error {
  if (reason === 'expired') return new S3Error('ExpiredToken');
  if (reason === 'invalid') return new S3Error('InvalidAccessKeyId');
  return new S3Error('ServiceUnavailable', 'Tokens cannot be checked at the moment.');
}
