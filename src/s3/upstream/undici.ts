/** The upstream by undici 8: the fallback, and the yardstick for the lean client. */
import { Readable } from 'node:stream';
import { buildConnector, type Dispatcher, errors, Pool as UndiciPool } from 'undici';
import type { ConnectionEvents } from './lean/connection.ts';
import { type ConnectionState, Pool, type PooledConnection } from './lean/pool.ts';
import { BodyWriter } from './lean/request-writer.ts';
import type { RenderedHead } from './request-head.ts';
import type { Share } from './share.ts';
import {
  UPSTREAM_DEFAULTS,
  type Upstream,
  UpstreamError,
  type UpstreamOptions,
  type UpstreamReceiver,
  type UpstreamRequest,
} from './upstream.ts';

export const createUndiciUpstream = (options: UpstreamOptions): Upstream => {
  const { origin, ca } = options;
  const { connectionsMax, connectTimeoutMs, headersTimeoutMs, keepAliveMs, queueMs, now, onBug } = {
    ...UPSTREAM_DEFAULTS,
    ...options,
  };
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false, ...(ca !== undefined && { ca }) });
  const undici = new UndiciPool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: 0, // a slow reader is not a dead upstream; transfers have a watchdog of their own
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    maxHeaderSize: 64 * 1024,
    connect: (connectOptions, callback) =>
      connect(connectOptions, (...outcome) => {
        const [error, socket] = outcome;
        if (error || !socket) return callback(error ?? new Error('no socket'), null);
        resetOnDestroy(socket);
        return callback(null, socket);
      }),
  });
  // Which call goes next is decided as for the lean client; undici always has a connection for it.
  const pool = new Pool({
    connectionsMax,
    keepAliveMs,
    queueMs,
    now,
    onBug,
    open: (events) => new UndiciExchange(undici, events),
  });
  const sweep = setInterval(() => pool.sweep(), Math.max(Math.min(queueMs / 4, 1_000), 20));
  sweep.unref();

  return {
    send: (request, receiver) => pool.submit(request, receiver),
    stats: () => ({ open: undici.stats.connected, idle: undici.stats.free, waiting: pool.stats.waiting }),
    close() {
      clearInterval(sweep);
      pool.close();
      return undici.destroy();
    },
  };
};

/** A plain close in mid-body looks like an end to a lenient upstream; a reset does not. Why it was cut is told all the same. */
function resetOnDestroy(socket: import('node:net').Socket): void {
  if ('encrypted' in socket) return; // cutting a TLS stream is recognised as such
  const destroy = socket.destroy.bind(socket);
  let cause: Error | undefined;
  socket.destroy = (error?: Error) => {
    if (cause || socket.destroyed || socket.connecting || error === undefined) return destroy(cause ?? error);
    cause = error;
    socket.resetAndDestroy(); // which destroys it, without an error
    return socket;
  };
}

const headersOf = ({ headers, contentLength, body }: UpstreamRequest): string[] =>
  contentLength === undefined || (body !== undefined && body.length > 0)
    ? [...headers]
    : [...headers, 'content-length', String(contentLength)];

/** One request and its answer: to the pool a connection that is closed afterwards. */
class UndiciExchange implements PooledConnection, Dispatcher.DispatchHandler {
  readonly #undici: UndiciPool;
  readonly #events: ConnectionEvents;
  readonly #writer = new BodyWriter((bytes) => this.#push(bytes));
  #state: ConnectionState = 'idle';
  #receiver: UpstreamReceiver | undefined;
  #body: Readable | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #hasHead = false;
  /** undici has timeouts of its own. */
  deadline = Number.POSITIVE_INFINITY;
  holder: Share | undefined;

  constructor(undici: UndiciPool, events: ConnectionEvents) {
    this.#undici = undici;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  send(request: UpstreamRequest, _head: RenderedHead, receiver: UpstreamReceiver): void {
    if (this.#state !== 'idle') throw new Error(`a request was given to an exchange that is ${this.#state}`);
    this.#state = 'busy';
    this.#receiver = receiver;
    const isStreamed = request.body === undefined && Boolean(request.contentLength);
    this.#writer.begin(isStreamed ? (request.contentLength as number) : 0);
    if (isStreamed) {
      this.#body = new Readable({ read: () => this.#receiver?.onDrain(), highWaterMark: 256 * 1024 });
      this.#body.on('error', () => {}); // told by onResponseError
    }
    const dispatched: Dispatcher.DispatchOptions = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.path,
      headers: headersOf(request),
      body: this.#body ?? (request.body?.length ? request.body : null),
      blocking: false,
    };
    this.#undici.dispatch(dispatched, this);
  }

  write(chunk: Buffer): boolean {
    return this.#writer.write(chunk);
  }

  end(): void {
    this.#writer.end();
    if (this.#body && !this.#body.destroyed) this.#body.push(null);
  }

  #push(bytes: Buffer): boolean {
    return this.#body && !this.#body.destroyed ? this.#body.push(bytes) : true;
  }

  resume(): void {
    this.#controller?.resume();
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#close();
    if (this.#controller) this.#controller.abort(new Error('given up'));
    else this.#body?.destroy();
  }

  fail(error: UpstreamError): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.onError(error);
  }

  #close(): UpstreamReceiver | undefined {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      this.#events.onClosed(this);
    }
    return receiver;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'closed') controller.abort(new Error('given up'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.#hasHead = true;
    const raw = (controller.rawHeaders ?? []) as unknown as Buffer[];
    this.#receiver?.onHead(
      status,
      raw.map((part) => part.toString('latin1')),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#receiver?.onData(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#close()?.onEnd();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#close()?.onError(translate(error, this.#hasHead));
  }
}

const CONNECT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

function translate(error: Error & { code?: string }, hasHead: boolean): UpstreamError {
  if (hasHead) return new UpstreamError('broken-response', 'the response was cut', error);
  if (
    error instanceof errors.ConnectTimeoutError ||
    CONNECT_CODES.has(error.code ?? '') ||
    /CERT|TLS|SSL/.test(error.code ?? '')
  ) {
    return new UpstreamError('connect', 'no connection', error);
  }
  if (error instanceof errors.HeadersTimeoutError) return new UpstreamError('timeout', 'no response in time', error);
  if (error instanceof errors.HTTPParserError) return new UpstreamError('broken-response', 'not HTTP', error);
  return new UpstreamError('no-response', 'the connection was cut before a response', error);
}
