/** The upstream of the data path: a pool of connections that read into reused memory, one request at a time on each. */
import { Connection, type ConnectionTarget } from './connection.ts';
import {
  UPSTREAM_DEFAULTS,
  type Upstream,
  type UpstreamCall,
  type UpstreamError,
  type UpstreamOptions,
  type UpstreamReceiver,
  type UpstreamRequest,
} from './upstream.ts';

export const createLeanUpstream = (options: UpstreamOptions): Upstream => {
  const { connectionsMax, connectTimeoutMs, headersTimeoutMs, keepAliveMs } = { ...UPSTREAM_DEFAULTS, ...options };
  const url = new URL(options.origin);
  const isTls = url.protocol === 'https:';
  const target: ConnectionTarget = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (isTls ? 443 : 80)),
    isTls,
    ca: options.ca,
    connectTimeoutMs,
  };
  const all = new Set<Connection>();
  /** The one used last is used first: the others may then grow old and go. */
  const idle: Connection[] = [];
  const waiting = new Set<LeanCall>();
  let isClosed = false;

  const events = {
    onIdle(connection: Connection): void {
      const next = waiting.size > 0 ? takeWaiting() : undefined;
      if (next) {
        start(next, connection);
        return;
      }
      connection.deadline = Date.now() + keepAliveMs;
      idle.push(connection);
    },
    onClose(connection: Connection): void {
      all.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      const next = isClosed ? undefined : takeWaiting();
      if (next) start(next, open());
    },
  };

  function takeWaiting(): LeanCall | undefined {
    const [next] = waiting;
    if (next) waiting.delete(next);
    return next;
  }

  function open(): Connection {
    const connection = new Connection(target, events);
    all.add(connection);
    return connection;
  }

  function start(call: LeanCall, connection: Connection): void {
    call.connection = connection;
    connection.deadline = call.isSent ? Date.now() + headersTimeoutMs : Number.POSITIVE_INFINITY;
    connection.send(call.request, call);
    call.flush();
  }

  const sweepMs = Math.max(Math.min(headersTimeoutMs / 4, keepAliveMs / 4, 1_000), 20);
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const connection of all) {
      if (now < connection.deadline) continue;
      if (connection.isAwaitingHead) connection.timeOut();
      else connection.destroy();
    }
  }, sweepMs);
  sweep.unref();

  return {
    send(request, receiver) {
      const call = new LeanCall(request, receiver, waiting, headersTimeoutMs);
      const free = request.isRetry ? undefined : idle.pop();
      if (free) start(call, free);
      else if (all.size < connectionsMax) start(call, open());
      else if (idle.length > 0) start(call, idle.pop() as Connection);
      else waiting.add(call);
      return call;
    },
    stats: () => ({ open: all.size, idle: idle.length, waiting: waiting.size }),
    async close() {
      isClosed = true;
      clearInterval(sweep);
      waiting.clear();
      for (const connection of all) connection.destroy();
    },
  };
};

/** A call and, for its connection, the receiver: it forgets the connection once the response is over. */
class LeanCall implements UpstreamCall, UpstreamReceiver {
  readonly request: UpstreamRequest;
  connection: Connection | undefined;
  /** Nothing more is to come of the request. */
  isSent: boolean;
  readonly #receiver: UpstreamReceiver;
  readonly #waiting: Set<LeanCall>;
  readonly #headersTimeoutMs: number;
  /** Written before there was a connection. */
  #early: Buffer[] | undefined;
  #isOver = false;

  constructor(request: UpstreamRequest, receiver: UpstreamReceiver, waiting: Set<LeanCall>, headersTimeoutMs: number) {
    this.request = request;
    this.#receiver = receiver;
    this.#waiting = waiting;
    this.#headersTimeoutMs = headersTimeoutMs;
    this.isSent = request.body !== undefined || !request.contentLength;
  }

  onHead(status: number, headers: string[]): void {
    this.#receiver.onHead(status, headers);
  }

  onData(chunk: Buffer): boolean {
    return this.#receiver.onData(chunk);
  }

  onDrain(): void {
    this.#receiver.onDrain();
  }

  onEnd(): void {
    this.#isOver = true;
    this.#receiver.onEnd();
  }

  onError(error: UpstreamError): void {
    this.#isOver = true;
    this.#receiver.onError(error);
  }

  write(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    if (this.connection) return this.connection.write(chunk);
    this.#early ??= [];
    this.#early.push(chunk);
    return false;
  }

  end(): void {
    this.isSent = true;
    if (!this.connection || this.#isOver) return;
    this.connection.end();
    if (this.connection.isAwaitingHead) this.connection.deadline = Date.now() + this.#headersTimeoutMs;
  }

  /** Sends what was written while the call waited for a connection. */
  flush(): void {
    const early = this.#early;
    if (!early) return;
    this.#early = undefined;
    let hasRoom = true;
    for (const chunk of early) hasRoom = this.write(chunk);
    if (this.isSent) this.end();
    if (hasRoom) this.#receiver.onDrain();
  }

  resume(): void {
    if (!this.#isOver) this.connection?.resume();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting.delete(this);
    this.#early = undefined;
    this.connection?.destroy();
  }
}
