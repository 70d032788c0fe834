/**
 * One request on its way, between its sender and the pool.
 *
 *     waiting ─ gets a connection ─▶ under way ─ answered, failed, given up ─▶ over
 *        └───────── given up, refused, its time is over ──────────────────────▲
 *
 * Its receiver is ours but large: whatever it throws ends this call and its connection, and nobody else's.
 */

import type { RenderedHead } from '../request-head.ts';
import type { Share, Waiter } from '../share.ts';
import { type UpstreamCall, UpstreamError, type UpstreamReceiver, type UpstreamRequest } from '../upstream.ts';
import type { PooledConnection } from './pool.ts';

export interface CallOptions {
  readonly request: UpstreamRequest;
  readonly head: RenderedHead;
  readonly receiver: UpstreamReceiver;
  readonly share: Share;
  readonly waitsUntil: number;
  /** Takes the call out of the queue. */
  readonly onGivenUp: (call: PooledCall) => void;
  /** Told of what should not happen. */
  readonly onBug: (error: unknown) => void;
}

export type CallState = 'waiting' | 'under-way' | 'over';

export class PooledCall implements UpstreamCall, UpstreamReceiver, Waiter {
  readonly request: UpstreamRequest;
  readonly head: RenderedHead;
  readonly share: Share;
  readonly waitsUntil: number;
  readonly #options: CallOptions;
  #state: CallState = 'waiting';
  #connection: PooledConnection | undefined;
  /** Written before there was a connection. */
  #early: Buffer[] | undefined;
  #isEnded = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.request = options.request;
    this.head = options.head;
    this.share = options.share;
    this.waitsUntil = options.waitsUntil;
  }

  get state(): CallState {
    return this.#state;
  }

  /** By the pool. Never throws: what goes wrong ends this call and the connection. */
  start(connection: PooledConnection): void {
    this.#state = 'under-way';
    this.#connection = connection;
    try {
      connection.send(this.request, this.head, this);
      if (this.#early || this.#isEnded) this.#flush(connection, this.#early ?? []);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Sends what was written while the call waited. */
  #flush(connection: PooledConnection, early: Buffer[]): void {
    this.#early = undefined;
    let hasRoom = true;
    for (const chunk of early) hasRoom = connection.write(chunk);
    if (this.#isEnded) connection.end();
    else if (hasRoom) this.#options.receiver.onDrain();
  }

  write(chunk: Buffer): boolean {
    if (this.#state === 'over') return true;
    if (!this.#connection) {
      this.#early ??= [];
      this.#early.push(chunk);
      return false;
    }
    try {
      return this.#connection.write(chunk);
    } catch (error) {
      this.#fault(error);
      return true;
    }
  }

  end(): void {
    this.#isEnded = true;
    try {
      this.#connection?.end();
    } catch (error) {
      this.#fault(error);
    }
  }

  resume(): void {
    this.#connection?.resume();
  }

  destroy(): void {
    if (this.#state === 'over') return;
    if (this.#state === 'waiting') this.#options.onGivenUp(this);
    this.#over()?.destroy();
  }

  onHead(status: number, headers: string[]): void {
    try {
      this.#options.receiver.onHead(status, headers);
    } catch (error) {
      this.#fault(error);
    }
  }

  onData(chunk: Buffer): boolean {
    try {
      return this.#options.receiver.onData(chunk);
    } catch (error) {
      this.#fault(error);
      return true;
    }
  }

  onDrain(): void {
    try {
      if (this.#state === 'under-way') this.#options.receiver.onDrain();
    } catch (error) {
      this.#fault(error);
    }
  }

  onEnd(): void {
    this.#over();
    try {
      this.#options.receiver.onEnd();
    } catch (error) {
      this.#tellBug(error);
    }
  }

  /** The end of a call that has no answer. */
  onError(error: UpstreamError): void {
    if (this.#state === 'over') return;
    this.#over()?.destroy();
    this.#tell(error);
  }

  #fault(error: unknown): void {
    const wasOver = this.#state === 'over';
    this.#over()?.destroy();
    if (wasOver) this.#options.onBug(error);
    else this.#tellBug(error);
  }

  #tellBug(error: unknown): void {
    this.#options.onBug(error);
    this.#tell(new UpstreamError('bug', 'the request could not be carried out', error));
  }

  #tell(error: UpstreamError): void {
    try {
      this.#options.receiver.onError(error);
    } catch (bug) {
      this.#options.onBug(bug);
    }
  }

  #over(): PooledConnection | undefined {
    const connection = this.#connection;
    this.#state = 'over';
    this.#connection = undefined;
    this.#early = undefined;
    return connection;
  }
}
