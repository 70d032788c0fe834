/** Session credentials on the data path: sealed token to principal, cached, with the epoch checked on every use. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { S3Error } from '../errors.ts';
import { bucketNameOf } from '../http/bucket-name.ts';
import { keptText } from '../http/kept-text.ts';
import type { Epochs } from './epochs.ts';
import type { Principal } from './principal.ts';
import type { SessionKeys } from './session-keys.ts';

export interface SessionIdentity {
  /** @throws S3Error InvalidAccessKeyId, InvalidToken, ExpiredToken, ServiceUnavailable */
  find(accessKeyId: string, sessionToken: string | undefined): Principal | Promise<Principal>;
  secretOf(accessKeyId: string): string;
  /** Was this session revoked since it was let in, as far as is known? Asks anew beside. Never of a token. */
  isRevoked(principal: Principal): boolean;
}

/** Of a session. */
type Known = Principal & { readonly epoch: number };

export interface SessionIdentityOptions {
  readonly keys: SessionKeys;
  readonly epochs: Epochs;
  readonly hostname: string;
  readonly now: () => number;
}

export const createSessionIdentity = ({ keys, epochs, hostname, now }: SessionIdentityOptions): SessionIdentity => {
  const known = new LRUCache<string, Known>({ max: 20_000 });

  function open(accessKeyId: string, sessionToken: string): Known {
    const cacheKey = hash('sha256', `${accessKeyId}|${sessionToken}`, 'base64url');
    const found = known.get(cacheKey);
    if (found) return found;
    const session = keys.open(accessKeyId, sessionToken);
    if (!session) throw new S3Error('InvalidToken');
    const bucket = bucketNameOf(hostname, session.userId);
    if (bucket === undefined) throw new S3Error('InvalidAccessKeyId');
    const entry: Known = {
      userId: session.userId,
      clientId: session.clientId,
      kind: 'session',
      bucket,
      rights: session.rights,
      prefix: session.prefix,
      ...(session.grants && { grants: session.grants }),
      expiresAt: session.expiresAt,
      sessionId: keptText(accessKeyId),
      epoch: session.epoch,
      cacheKey,
    };
    known.set(cacheKey, entry);
    return entry;
  }

  function admit(session: Known, current: number): Principal {
    if (session.epoch < current) throw sessionRevoked();
    return session;
  }

  return {
    find(accessKeyId, sessionToken) {
      if (keys.secretOf(accessKeyId) === undefined) throw new S3Error('InvalidAccessKeyId');
      if (!sessionToken) throw new S3Error('InvalidToken', 'A session key needs its session token.');
      const entry = open(accessKeyId, sessionToken);
      if (entry.expiresAt <= now()) throw new S3Error('ExpiredToken');
      const current = epochs.current(entry.userId);
      if (typeof current === 'number') return admit(entry, current);
      return current.then(
        (epoch) => admit(entry, epoch),
        () => {
          throw new S3Error('ServiceUnavailable', 'Revocations cannot be checked at the moment.');
        },
      );
    },

    secretOf(accessKeyId) {
      const secret = keys.secretOf(accessKeyId);
      if (secret === undefined) throw new S3Error('InvalidAccessKeyId');
      return secret;
    },

    isRevoked({ userId, epoch }) {
      if (epoch === undefined) return false;
      const current = epochs.current(userId);
      if (typeof current === 'number') return epoch < current;
      current.catch(() => {}); // a transfer that was let in is not ended by an outage
      return false;
    },
  };
};

export const sessionRevoked = (): S3Error => new S3Error('InvalidAccessKeyId', 'This session was revoked.');
