/** The two kinds of identity with their caches, shared by the data path and the doors that mint sessions. */
import type { S3Options } from '../options.ts';
import { createSessionIdentity, type SessionIdentity } from './session.ts';
import { createTokenIdentity, type TokenIdentity } from './token.ts';

export interface Identities {
  readonly tokens: TokenIdentity;
  readonly sessions: SessionIdentity;
}

type IdentityOptions = Pick<S3Options, 'verifyToken' | 'hostname' | 'delegates' | 'sessionKeys' | 'epochs' | 'now'>;

export const createIdentities = (options: IdentityOptions): Identities => {
  const { verifyToken, hostname, delegates, sessionKeys, epochs, now = Date.now } = options;
  return {
    tokens: createTokenIdentity({ verifyToken, hostname, delegates: new Set(delegates), now }),
    sessions: createSessionIdentity({ keys: sessionKeys, epochs, hostname, now }),
  };
};
