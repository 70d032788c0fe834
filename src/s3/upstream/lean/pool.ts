/**
 * Which call gets which connection. The pool knows no sockets: it counts connections by their state, and who holds them.
 *
 * - `busy` connections carry one call each; its user's share counts them.
 * - `idle` ones are kept for a while; the one used last is used first, so that the others may grow old and go.
 * - `closed` ones are forgotten at once.
 *
 * After each change `busy + idle ≤ connectionsMax`, and nobody waits who could be served.
 */

import { type RenderedHead, renderHead } from '../request-head.ts';
import { mayTake, newShare, type Share } from '../share.ts';
import {
  type UpstreamCall,
  UpstreamError,
  type UpstreamReceiver,
  type UpstreamRequest,
  type UpstreamStats,
} from '../upstream.ts';
import { PooledCall } from './call.ts';
import type { ConnectionEvents } from './connection.ts';
import { FairQueue } from './fair-queue.ts';

export type ConnectionState = 'idle' | 'busy' | 'closed';

/** A connection as the pool sees it. */
export interface PooledConnection {
  readonly state: ConnectionState;
  /** Milliseconds by the pool's clock. */
  deadline: number;
  /** Whose request it carries; the pool's note. */
  holder: Share | undefined;
  send(request: UpstreamRequest, head: RenderedHead, receiver: UpstreamReceiver): void;
  write(chunk: Buffer): boolean;
  end(): void;
  resume(): void;
  /** A reset; nothing is told to the receiver. */
  destroy(): void;
  /** The same, and the receiver is told. */
  fail(error: UpstreamError): void;
}

export interface PoolOptions {
  readonly connectionsMax: number;
  readonly keepAliveMs: number;
  /** A call that has no connection by then is refused. */
  readonly queueMs: number;
  readonly now: () => number;
  readonly open: (events: ConnectionEvents) => PooledConnection;
  readonly onBug: (error: unknown) => void;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #events: ConnectionEvents;
  readonly #idle: PooledConnection[] = [];
  readonly #all = new Set<PooledConnection>();
  #busy = 0;
  readonly #queue = new FairQueue<PooledCall>();
  /** For requests of nobody in particular. */
  readonly #common = newShare();
  #isClosed = false;
  #isServing = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#events = {
      onIdle: (connection) => this.#onIdle(connection),
      onClosed: (connection) => this.#onClosed(connection),
    };
  }

  get stats(): UpstreamStats {
    return { open: this.#all.size, idle: this.#idle.length, waiting: this.#queue.size };
  }

  /** Never throws: a request that can't be sent fails like one that was. */
  submit(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamCall {
    const { now, queueMs, onBug } = this.#options;
    let head: RenderedHead;
    try {
      head = renderHead(request); // before anything is taken or written
    } catch (error) {
      return failedCall(receiver, new UpstreamError('bug', 'the request can not be written', error), onBug);
    }
    if (this.#isClosed) return failedCall(receiver, new UpstreamError('connect', 'the pool is closed'), onBug);
    const call = new PooledCall({
      request,
      head,
      receiver,
      share: request.share ?? this.#common,
      waitsUntil: now() + queueMs,
      onGivenUp: (waiter) => this.#queue.delete(waiter),
      onBug,
    });
    if (this.#queue.size === 0 && this.#mayTake(call.share)) this.#start(call);
    else {
      this.#queue.add(call);
      this.#serve();
    }
    return call;
  }

  /** Looks at all deadlines; to be called now and then. */
  sweep(): void {
    const now = this.#options.now();
    for (const connection of [...this.#all]) {
      if (now >= connection.deadline) connection.fail(new UpstreamError('timeout', 'no response in time'));
    }
    for (const call of this.#queue.takeOverdue(now)) {
      call.onError(new UpstreamError('queue', 'no connection in time'));
    }
  }

  /** Ends everything: calls that are under way or wait are told. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#queue.takeOverdue(Number.POSITIVE_INFINITY)) {
      call.onError(new UpstreamError('connect', 'the pool was closed'));
    }
    for (const connection of [...this.#all]) connection.fail(new UpstreamError('no-response', 'the pool was closed'));
  }

  get #free(): number {
    return this.#options.connectionsMax - this.#busy;
  }

  readonly #mayTake = (share: Share): boolean => mayTake(share.held, this.#free);

  /** Gives connections to whoever waits and may have one. */
  #serve(): void {
    if (this.#isServing || this.#isClosed) return; // a call that fails at once frees its connection within this loop
    this.#isServing = true;
    for (let call = this.#queue.take(this.#mayTake); call; call = this.#queue.take(this.#mayTake)) this.#start(call);
    this.#isServing = false;
  }

  #start(call: PooledCall): void {
    let connection: PooledConnection;
    try {
      connection = this.#connectionFor(call.request);
    } catch (error) {
      call.onError(new UpstreamError('connect', 'no connection can be made', error));
      return;
    }
    connection.holder = call.share;
    connection.deadline = Number.POSITIVE_INFINITY; // what it had while idle
    call.share.held++;
    this.#busy++;
    call.start(connection);
  }

  #connectionFor({ isRetry }: UpstreamRequest): PooledConnection {
    const idle = isRetry ? undefined : this.#idle.pop();
    if (idle) return idle;
    // Where all places are taken, the one that was idle longest makes room.
    if (this.#all.size >= this.#options.connectionsMax) this.#idle[0]?.destroy();
    const opened = this.#options.open(this.#events);
    this.#all.add(opened);
    return opened;
  }

  #release(connection: PooledConnection): void {
    if (!connection.holder) return;
    connection.holder.held--;
    connection.holder = undefined;
    this.#busy--;
  }

  #onIdle(connection: PooledConnection): void {
    this.#release(connection);
    connection.deadline = this.#options.now() + this.#options.keepAliveMs;
    this.#idle.push(connection);
    this.#serve();
  }

  #onClosed(connection: PooledConnection): void {
    this.#release(connection);
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#serve();
  }
}

/** Its receiver is told once the sender has the call in hand. */
function failedCall(receiver: UpstreamReceiver, error: UpstreamError, onBug: (error: unknown) => void): UpstreamCall {
  let isOver = false;
  process.nextTick(() => {
    if (isOver) return;
    isOver = true;
    try {
      receiver.onError(error);
    } catch (bug) {
      onBug(bug);
    }
  });
  return {
    write: () => true,
    end: () => {},
    resume: () => {},
    destroy: () => {
      isOver = true;
    },
  };
}
