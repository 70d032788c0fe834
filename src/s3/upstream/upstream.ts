/**
 * The way to the upstream, small enough to have two implementations: undici, and the lean client of the data path.
 * Neither follows redirects, decompresses, or retries.
 */
import type { Share } from './share.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query, byte for byte as they were signed. */
  readonly path: string;
  /** Flat list of names and values, Host first; Content-Length is added from `contentLength`. */
  readonly headers: readonly string[];
  /** Undefined when the request has no body at all. */
  readonly contentLength: number | undefined;
  /** The whole body, where it is in memory; otherwise it is written to the call. */
  readonly body?: Buffer | undefined;
  /** The same request failed on another connection: one that was idle may be as dead as that one, so a new one is made. */
  readonly isRetry?: boolean;
  /** Whose request it is: users share the connections. Default: one share for all who have none. */
  readonly share?: Share | undefined;
}

/** Told what comes back. Nothing is called after `onEnd` or `onError`, nor after `destroy`. */
export interface UpstreamReceiver {
  /** The final status with its headers, flat, as received; interim responses are swallowed. */
  onHead(status: number, headers: string[]): void;
  /**
   * The chunk is on loan: it may be overwritten as soon as this returned true. On false no more is read, and the chunk
   * stays as it is, until `resume()`.
   */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onError(error: UpstreamError): void;
  /** After `write` returned false: there is room again. */
  onDrain(): void;
}

/** One request on its way. */
export interface UpstreamCall {
  /** The chunk must not be changed any more. @returns false when the sender should wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** The body is complete. */
  end(): void;
  resume(): void;
  /** Gives up: the connection is reset, so that a body that was under way can't be taken for a complete one. */
  destroy(): void;
}

export interface UpstreamStats {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface Upstream {
  send(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamCall;
  stats(): UpstreamStats;
  close(): Promise<void>;
}

export interface UpstreamOptions {
  /** Scheme, host and port: the only origin that is ever dialled. */
  readonly origin: string;
  /** Default 256. */
  readonly connectionsMax?: number;
  /** Milliseconds that a request waits for a connection before it is refused. Default 30,000. */
  readonly queueMs?: number;
  /** Milliseconds to an open connection, TLS included. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds from the end of the request to the head of the response. Default 120,000. */
  readonly headersTimeoutMs?: number;
  /** Milliseconds that an idle connection is kept; below what the upstream keeps it. Default 4,000. */
  readonly keepAliveMs?: number;
  /** Certificate authorities for https, PEM. Default: those of the platform. */
  readonly ca?: string;
  /** Milliseconds that only grow; tests set it. */
  readonly now?: () => number;
  /** Told of exceptions that should not happen; the request has ended by then. */
  readonly onBug?: (error: unknown) => void;
}

export const UPSTREAM_DEFAULTS = {
  connectionsMax: 256,
  queueMs: 30_000,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 120_000,
  keepAliveMs: 4_000,
  now: (): number => performance.now(),
  onBug: (): void => {},
} as const;

export type UpstreamFailure =
  /** No connection could be made: nothing was sent. */
  | 'connect'
  /** Cut or timed out before the head of a response. */
  | 'no-response'
  | 'timeout'
  /** What came back is not HTTP, or not whole. */
  | 'broken-response'
  /** No connection was free in time: nothing was sent. */
  | 'queue'
  /** The request can't be written, or its receiver threw. */
  | 'bug';

export class UpstreamError extends Error {
  readonly failure: UpstreamFailure;
  constructor(failure: UpstreamFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UpstreamError';
    this.failure = failure;
  }
}
