/** Hands out session credentials for a token: the one place behind all doors that do. */
import { hash } from 'node:crypto';
import { S3Error } from '../errors.ts';
import { type Arborist, storageResource } from './arborist.ts';
import type { Epochs } from './epochs.ts';
import { type Principal, RIGHTS, type Right } from './principal.ts';
import type { SessionCredentials, SessionKeys } from './session-keys.ts';
import { SESSION_SECONDS_DEFAULT, SESSION_SECONDS_MAX } from './session-limits.ts';
import type { TokenIdentity } from './token.ts';

export interface SessionRequest {
  /** Wanted life; at most 12 hours. Default 1 hour. */
  readonly ttlSeconds?: number | undefined;
  /** No writes and no deletions. */
  readonly readOnly?: boolean | undefined;
  /** Only keys that begin with it, for example the work directory of one task. */
  readonly prefix?: string | undefined;
}

export interface MintedSession extends SessionCredentials {
  readonly userId: string;
  readonly clientId: string | undefined;
  readonly bucket: string;
  readonly expiration: Date;
}

export interface SessionMint {
  /**
   * @param bearer a token, or `<client token>;userId=<id>`.
   * @throws S3Error InvalidAccessKeyId, ExpiredToken, AccessDenied, InvalidArgument, ServiceUnavailable
   */
  mint(bearer: string, request?: SessionRequest): Promise<MintedSession>;
  /** Is this token good, whomever it names? @throws S3Error like mint */
  check(bearer: string): Promise<void>;
  /** Who bears this token. @throws S3Error like mint */
  identify(bearer: string): Promise<Principal>;
  /** Ends all sessions of a user that were minted until now. */
  revoke(userId: string): Promise<void>;
}

export interface SessionMintOptions {
  readonly keys: SessionKeys;
  readonly epochs: Epochs;
  readonly tokens: TokenIdentity;
  readonly arborist?: Arborist | undefined;
  /**
   * A session may outlive its token by so many seconds: long runs need it, and revocation ends it all the same.
   * Default 12 hours; 0 ties sessions to their tokens.
   */
  readonly outliveTokenSeconds?: number | undefined;
  readonly now: () => number;
}

const PREFIX_CHARS_MAX = 512;

export const createSessionMint = (options: SessionMintOptions): SessionMint => {
  const { keys, epochs, tokens, arborist, outliveTokenSeconds = SESSION_SECONDS_MAX, now } = options;

  async function rightsOf(principal: Principal, bearer: string, readOnly: boolean): Promise<Right[]> {
    const wanted = readOnly ? RIGHTS.filter((right) => right === 'read') : RIGHTS;
    if (!arborist) return [...wanted];
    const token = bearer.split(';', 1)[0] as string;
    const resource = storageResource(principal.userId);
    const answers = await Promise.all(wanted.map((method) => arborist.isAllowed({ token, method, resource }))).catch(
      () => {
        throw new S3Error('ServiceUnavailable', 'Rights cannot be checked at the moment.');
      },
    );
    const allowed = wanted.filter((_right, index) => answers[index]);
    if (allowed.length === 0) throw new S3Error('AccessDenied');
    return allowed;
  }

  return {
    check: (bearer) => tokens.check(bearer),

    identify: async (bearer) => await tokens.find(bearer),

    revoke: (userId) => epochs.revoke(userId),

    async mint(bearer, { ttlSeconds = SESSION_SECONDS_DEFAULT, readOnly = false, prefix = '' } = {}) {
      checkPrefix(prefix);
      const principal = await tokens.find(bearer);
      const rights = await rightsOf(principal, bearer, readOnly);
      const epoch = await epochs.fresh(principal.userId).catch(() => {
        throw new S3Error('ServiceUnavailable', 'Revocations cannot be checked at the moment.');
      });
      const issuedAt = now();
      const expiresAt = Math.min(
        issuedAt + Math.min(ttlSeconds, SESSION_SECONDS_MAX) * 1000,
        principal.expiresAt + outliveTokenSeconds * 1000,
      );
      const { userId, clientId } = principal;
      const credentials = keys.mint({
        userId,
        ...(clientId !== undefined && { clientId }),
        rights,
        prefix,
        issuedAt,
        expiresAt,
        tokenHash: hash('sha256', bearer, 'base64url').slice(0, 16),
        epoch,
      });
      return { ...credentials, userId, clientId, bucket: principal.bucket, expiration: new Date(expiresAt) };
    },
  };
};

/** A prefix is compared as text, so one with segments of dots would promise what an upstream might not keep. */
function checkPrefix(prefix: string): void {
  if (prefix.length > PREFIX_CHARS_MAX || prefix.startsWith('/') || /(^|\/)\.{1,2}(\/|$)/.test(prefix)) {
    throw new S3Error('InvalidArgument', 'The prefix is not valid.');
  }
}
