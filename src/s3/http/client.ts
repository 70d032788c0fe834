/** What is used of a client's request and of the answer to it: of Node's, and of those that come past its server. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** Of `data`; those of other events look at nothing. */
type Listener = (chunk: Buffer) => void;

export interface ClientRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Flat list of names and values as received. */
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  /** All of it was read. */
  complete: boolean;
  /** The whole body, where it came with the head. It is not told by events then, and whoever has read it sets `complete`. */
  readonly whole?: Buffer;
  on(event: string, listener: Listener): unknown;
  off(event: 'data' | 'end', listener: Listener): unknown;
  removeAllListeners(event: 'data'): unknown;
  pause(): unknown;
  resume(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
}

export interface ClientResponse {
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  /** @param headers flat list of names and values */
  writeHead(status: number, headers: string[]): unknown;
  flushHeaders(): void;
  writeContinue(): void;
  /** @returns false when the writer should wait for `drain` */
  write(chunk: Buffer, onWritten?: (error?: Error | null) => void): boolean;
  end(last?: Buffer): unknown;
  end(last: string, encoding: 'latin1'): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** `close`: the answer has left, or the connection is gone. */
  on(event: 'close' | 'error', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
}
