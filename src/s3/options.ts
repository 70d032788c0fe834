/** What the composition root hands to the proxy. */
import type { Registry } from 'prom-client';
import type { CredentialProvider } from '#aws/credential-source.ts';
import type { VerifyToken } from '#identity/verify-token.ts';
import type { AuditLog, IdentityAudit } from './audit.ts';
import type { PublicNames } from './auth/verify.ts';
import type { EncryptionPolicy } from './http/request-headers.ts';
import type { Arborist } from './identity/arborist.ts';
import type { Epochs } from './identity/epochs.ts';
import type { SessionKeys } from './identity/session-keys.ts';

/**
 * How far a token as access key id is trusted. `compat`: its signature is checked against the constants, and accepted when
 * it matches none. `constant`: it has to match one. `session`: tokens are refused, only session credentials work.
 */
export type S3Mode = 'compat' | 'constant' | 'session';

export interface S3UpstreamOptions {
  /** `https://s3.us-east-1.amazonaws.com`, or any S3-compatible server; may have a path. */
  readonly endpoint: string;
  readonly region: string;
  /** Default: virtual hosts for amazonaws.com, paths for all others. */
  readonly style?: 'path' | 'virtual';
  readonly credentials: CredentialProvider;
  /** Default `lean`. */
  readonly client?: 'lean' | 'undici';
  /** Certificate authorities for https, PEM. */
  readonly ca?: string;
  /** Default 256 connections per process. */
  readonly connectionsMax?: number;
  readonly queueMs?: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly keepAliveMs?: number;
}

export interface S3Limits {
  /** Requests of one user at a time, per process. Default 256; above it the answer is SlowDown. */
  readonly concurrencyPerUser: number;
  /** A transfer on which nothing moves for so long is cut, in milliseconds. Default 120,000. */
  readonly idleMs: number;
  /**
   * What an upload has to bring, on average over `uploadWindowMs`; time in which the upstream makes it wait does not count.
   * Default 4,000.
   */
  readonly uploadBytesPerSecond: number;
  /** Milliseconds, also the grace at the start. Default 30,000. */
  readonly uploadWindowMs: number;
  /** Bytes of bodies that are collected in memory, of one user. Default 16 MiB; above it the answer is SlowDown. */
  readonly bufferBytesPerUser: number;
  /** The same of all users, per process. Default 64 MiB. */
  readonly bufferBytesMax: number;
  /** No transfer takes longer, whatever moves, in milliseconds. Default 6 hours. */
  readonly transferMs: number;
}

/** Lines for people and machines; the proxy never puts a token, a secret or a query string into one. */
export interface S3Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface S3Options {
  readonly mode: S3Mode;
  readonly upstream: S3UpstreamOptions;
  /** Region that clients are told; default: the upstream's. */
  readonly region?: string;
  /** Only the advertised region is accepted in a scope. Default false. */
  readonly strictRegion?: boolean;
  /** Host name of the deployment, for bucket names. */
  readonly hostname: string;
  readonly verifyToken: VerifyToken;
  /** Clients (`azp`) that may act for a user with `;userId=`. */
  readonly delegates: readonly string[];
  /** Secrets that clients with a token are told to set. Default `N/A`, `n/a` and the empty one. */
  readonly constants?: readonly string[];
  readonly sessionKeys: SessionKeys;
  readonly epochs: Epochs;
  /** Without it, everyone may do everything to their own bucket. */
  readonly arborist?: Arborist;
  readonly encryption?: EncryptionPolicy;
  /** Account that owns the buckets; sent as the expected owner. */
  readonly bucketOwner?: string;
  readonly storageClasses?: readonly string[];
  /** Default false: clients see the KMS key id of their objects. */
  readonly hideKmsKeyId?: boolean;
  readonly publicNames?: Partial<PublicNames>;
  readonly virtualHostSuffixes?: readonly string[];
  /**
   * `reject` refuses keys with `.` and `..` segments, `inside` only those that would leave the bucket or the session's
   * prefix on an upstream that resolves them, `forward` none. Default: `forward` for amazonaws.com, `inside` elsewhere.
   */
  readonly dotSegments?: 'forward' | 'inside' | 'reject';
  /** Origins that browsers may call from. Default none. */
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<S3Limits>;
  readonly log: S3Log;
  /** Default: lines of the log. */
  readonly audit?: AuditLog;
  /** Sessions that are minted and revoked. Default: lines of the log. */
  readonly identityAudit?: IdentityAudit;
  /** Metrics are registered here. */
  readonly registry: Registry;
  /** Milliseconds since 1970, by which requests and whoever makes them are judged. Default: the wall clock. */
  readonly now?: () => number;
  /** The same, by which requests to the upstream are signed. Default: `now`. */
  readonly wall?: () => number;
}
