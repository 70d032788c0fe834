/** What is told of each request, whoever made it and however it ended. Never a token, a secret, a key or a query. */
export interface AuditLine {
  readonly requestId: string;
  /** S3's name of the operation, or `unknown` for a request that was refused before it was clear. */
  readonly operation: string;
  /** HTTP status; 499 where the client left before the end of its answer. */
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
