import type { Right } from './identity/principal.ts';

/** What is told of each request, whoever made it and however it ended. Never a token, a secret, a key or a query. */
export interface AuditLine {
  readonly requestId: string;
  /** S3's name of the operation, or `unknown` for a request that was refused before it was clear. */
  readonly operation: string;
  /**
   * HTTP status; 499 where the client left before the end of its answer. Of an error inside a 200 answer, which S3 has for
   * copies and completions, the status that it has elsewhere.
   */
  readonly status: number;
  /** Of an error that the proxy answered itself. */
  readonly code: string | undefined;
  readonly user: string | undefined;
  /** The client that acts for the user. */
  readonly client: string | undefined;
  readonly session: string | undefined;
  readonly verification: string | undefined;
  readonly bucket: string | undefined;
  /** The first 16 hexadecimal digits of the key's SHA-256. */
  readonly keyHash: string | undefined;
  /** Payload mode. */
  readonly payload: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  /** Until the upstream's head was there. */
  readonly upstreamMs: number;
  readonly upstreamRequestId: string | undefined;
}

export type AuditLog = (line: AuditLine) => void;

/** What is told of each session that is handed out and of each revocation, at whatever door. Never a token or a secret. */
export type IdentityLine = SessionMinted | SessionsRevoked;

/** Where it happened. */
export interface Door {
  /** Path of the door. */
  readonly door: string;
  readonly requestId: string | undefined;
}

export interface SessionMinted extends Door {
  readonly event: 'session minted';
  readonly user: string;
  /** The client that acts for the user. */
  readonly client: string | undefined;
  /** The access key id; the lines of its requests name it as well. */
  readonly session: string;
  readonly rights: readonly Right[];
  /** Empty: the whole bucket. */
  readonly prefix: string;
  /** Of a session for certain files: what it may do, to how many. */
  readonly grants?: readonly { readonly rights: readonly Right[]; readonly keys: number; readonly prefixes: number }[];
  /** ISO 8601. */
  readonly expiresAt: string;
  /** Of the token it was minted for: the first 16 characters of its SHA-256 in base64url. */
  readonly tokenHash: string;
}

export interface SessionsRevoked extends Door {
  readonly event: 'sessions revoked';
  /** Whose sessions end. */
  readonly user: string;
  /** Who ended them, like `operator:olga`. */
  readonly by: string;
}

export type IdentityAudit = (line: IdentityLine) => void;
