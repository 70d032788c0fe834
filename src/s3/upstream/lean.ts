/** The upstream of the data path: a pool of connections that read into reused memory, one request at a time on each. */
import { Connection, type ConnectionTarget } from './connection.ts';
import {
  UPSTREAM_DEFAULTS,
  type Upstream,
  type UpstreamCall,
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
      const [next] = waiting;
      if (next) {
        waiting.delete(next);
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
      const [next] = waiting;
      if (!next || isClosed) return;
      waiting.delete(next);
      start(next, open());
    },
  };

  function open(): Connection {
    const connection = new Connection(target, events);
    all.add(connection);
    return connection;
  }

  function start(call: LeanCall, connection: Connection): void {
    call.connection = connection;
    connection.deadline = call.isSent ? Date.now() + headersTimeoutMs : Number.POSITIVE_INFINITY;
    connection.send(call.request, call.receiver);
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
      const call = new LeanCall(request, receiver, () => waiting.delete(call), headersTimeoutMs);
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

class LeanCall implements UpstreamCall {
  readonly request: UpstreamRequest;
  readonly receiver: UpstreamReceiver;
  connection: Connection | undefined;
  /** Nothing more is to come of the request. */
  isSent: boolean;
  readonly #forget: () => void;
  readonly #headersTimeoutMs: number;
  /** Written before there was a connection. */
  #early: Buffer[] = [];
  #isOver = false;

  constructor(request: UpstreamRequest, receiver: UpstreamReceiver, forget: () => void, headersTimeoutMs: number) {
    this.request = request;
    this.#forget = forget;
    this.#headersTimeoutMs = headersTimeoutMs;
    this.isSent = request.body !== undefined || !request.contentLength;
    this.receiver = {
      onHead: (status, headers) => receiver.onHead(status, headers),
      onData: (chunk) => receiver.onData(chunk),
      onDrain: () => receiver.onDrain(),
      onEnd: () => {
        this.#isOver = true;
        receiver.onEnd();
      },
      onError: (error) => {
        this.#isOver = true;
        receiver.onError(error);
      },
    };
  }

  write(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    if (this.connection) return this.connection.write(chunk);
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
    if (early.length === 0) return;
    this.#early = [];
    let hasRoom = true;
    for (const chunk of early) hasRoom = this.write(chunk);
    if (this.isSent) this.end();
    if (hasRoom) this.receiver.onDrain();
  }

  resume(): void {
    if (!this.#isOver) this.connection?.resume();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.#early = [];
    this.connection?.destroy();
  }
}
