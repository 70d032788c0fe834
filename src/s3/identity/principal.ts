/** Who makes a request, and what that may reach at most. */

/** What can be done to a bucket or an object; the names are Arborist's methods. */
export type Right = 'read' | 'create' | 'delete';
export const RIGHTS: readonly Right[] = ['read', 'create', 'delete'];

/** What a session may do where one prefix can't say it: the files of one task. */
export interface Grant {
  readonly rights: readonly Right[];
  /** Single objects. */
  readonly keys: readonly string[];
  /** All that begins with one of them. */
  readonly prefixes: readonly string[];
}

export interface Principal {
  /** Whose bucket it is: the token's `sub`, or the user a client acts for. */
  readonly userId: string;
  /** The client of the token, where there is one. */
  readonly clientId: string | undefined;
  readonly kind: 'token' | 'client' | 'session';
  readonly bucket: string;
  readonly rights: readonly Right[];
  /** Keys have to begin with it; empty for the whole bucket. */
  readonly prefix: string;
  /** Of a session for certain files: it reaches no others. */
  readonly grants?: readonly Grant[];
  /** Milliseconds; no request is accepted from then on. */
  readonly expiresAt: number;
  /** Access key id of a session, for the audit line; undefined for tokens. */
  readonly sessionId: string | undefined;
  /** Of a session: the revocation epoch that it was minted under. */
  readonly epoch?: number;
  /** Names the decision caches' entries; never the token itself. */
  readonly cacheKey: string;
}
