/** Hands out session credentials for a token: the one place behind all doors that do. */
import { hash } from 'node:crypto';
import type { Door, IdentityAudit } from '../audit.ts';
import { S3Error } from '../errors.ts';
import { type Arborist, storageResource } from './arborist.ts';
import type { Epochs } from './epochs.ts';
import { type Grant, type Principal, RIGHTS, type Right } from './principal.ts';
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
  /** Only these objects, each with what may be done to it. Empty: none at all. */
  readonly grants?: readonly Grant[] | undefined;
}

export interface MintedSession extends SessionCredentials {
  readonly userId: string;
  readonly clientId: string | undefined;
  readonly bucket: string;
  readonly rights: readonly Right[];
  readonly prefix: string;
  readonly expiration: Date;
}

export interface SessionMint {
  /**
   * @param bearer a token, or `<client token>;userId=<id>`.
   * @throws S3Error InvalidAccessKeyId, ExpiredToken, AccessDenied, InvalidArgument, ServiceUnavailable
   */
  mint(bearer: string, request?: SessionRequest, at?: Door): Promise<MintedSession>;
  /** Is this token good, whomever it names? @throws S3Error like mint */
  check(bearer: string): Promise<void>;
  /** Who bears this token. @throws S3Error like mint */
  identify(bearer: string): Promise<Principal>;
  /**
   * Who bears this token, who may do this. @throws S3Error like mint
   * @param resourceOf Arborist's name of what it is done to. Default: the user's own storage.
   */
  permit(bearer: string, right: Right, resourceOf?: (userId: string) => string): Promise<Principal>;
  /** Ends all sessions of a user that were minted until now. @param by who wants it, for the audit */
  revoke(userId: string, by?: string, at?: Door): Promise<void>;
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
  readonly audit?: IdentityAudit;
  readonly now: () => number;
}

const NOWHERE: Door = { door: 'none', requestId: undefined };

const PREFIX_CHARS_MAX = 512;

export const createSessionMint = (options: SessionMintOptions): SessionMint => {
  const { keys, epochs, tokens, arborist, outliveTokenSeconds = SESSION_SECONDS_MAX, audit = ignore, now } = options;

  /** Those of the wanted ones that the bearer has. @throws S3Error AccessDenied where there are none */
  async function rightsOf(
    principal: Principal,
    bearer: string,
    wanted: readonly Right[],
    resourceOf = storageResource,
  ): Promise<Right[]> {
    if (!arborist) return [...wanted];
    const token = bearer.split(';', 1)[0] as string;
    const resource = resourceOf(principal.userId);
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

    async permit(bearer, right, resourceOf) {
      const principal = await tokens.find(bearer);
      await rightsOf(principal, bearer, [right], resourceOf);
      return principal;
    },

    async revoke(userId, by = `user:${userId}`, { door, requestId } = NOWHERE) {
      await epochs.revoke(userId);
      audit({ event: 'sessions revoked', door, requestId, user: userId, by });
    },

    async mint(bearer, request = {}, { door, requestId } = NOWHERE) {
      const { ttlSeconds = SESSION_SECONDS_DEFAULT, prefix = '' } = request;
      checkPrefix(prefix);
      const principal = await tokens.find(bearer);
      const rights = await rightsOf(principal, bearer, wantedRights(request));
      const grants = request.grants?.map((grant) => ({
        ...grant,
        rights: grant.rights.filter((right) => rights.includes(right)),
      }));
      const epoch = await epochs.newest().catch(() => {
        throw new S3Error('ServiceUnavailable', 'Revocations cannot be checked at the moment.');
      });
      const issuedAt = now();
      const expiresAt = Math.min(
        issuedAt + Math.min(ttlSeconds, SESSION_SECONDS_MAX) * 1000,
        principal.expiresAt + outliveTokenSeconds * 1000,
      );
      const { userId, clientId, bucket } = principal;
      const expiration = new Date(expiresAt);
      const tokenHash = hash('sha256', bearer, 'base64url').slice(0, 16);
      const credentials = keys.mint({
        userId,
        ...(clientId !== undefined && { clientId }),
        rights,
        prefix,
        ...(grants && { grants }),
        issuedAt,
        expiresAt,
        tokenHash,
        epoch,
      });
      audit({
        event: 'session minted',
        door,
        requestId,
        user: userId,
        client: clientId,
        session: credentials.accessKeyId,
        rights,
        prefix,
        ...(grants && { grants: grants.map(countsOf) }),
        expiresAt: expiration.toISOString(),
        tokenHash,
      });
      return { ...credentials, userId, clientId, bucket, rights, prefix, expiration };
    },
  };
};

const ignore = (): void => {};

const wantedRights = ({ readOnly = false, grants }: SessionRequest): readonly Right[] => {
  if (!grants) return readOnly ? ['read'] : RIGHTS;
  return RIGHTS.filter((right) => right === 'read' || grants.some(({ rights }) => rights.includes(right)));
};

/** For the audit, which names no keys. */
const countsOf = ({ rights, keys, prefixes }: Grant) => ({ rights, keys: keys.length, prefixes: prefixes.length });

/** A prefix is compared as text, so one with segments of dots would promise what an upstream might not keep. */
function checkPrefix(prefix: string): void {
  if (prefix.length > PREFIX_CHARS_MAX || prefix.startsWith('/') || /(^|\/)\.{1,2}(\/|$)/.test(prefix)) {
    throw new S3Error('InvalidArgument', 'The prefix is not valid.');
  }
}
