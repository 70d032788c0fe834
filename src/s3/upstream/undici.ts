/** The upstream by undici 8: the fallback, and the yardstick for the lean client. */
import { Readable } from 'node:stream';
import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import {
  UPSTREAM_DEFAULTS,
  type Upstream,
  type UpstreamCall,
  UpstreamError,
  type UpstreamOptions,
  type UpstreamReceiver,
  type UpstreamRequest,
} from './upstream.ts';

export const createUndiciUpstream = (options: UpstreamOptions): Upstream => {
  const { origin, ca } = options;
  const { connectionsMax, connectTimeoutMs, headersTimeoutMs, keepAliveMs } = { ...UPSTREAM_DEFAULTS, ...options };
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false, ...(ca !== undefined && { ca }) });
  const pool = new Pool(origin, {
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

  return {
    send(request, receiver) {
      const call = new UndiciCall(request, receiver);
      const dispatched: Dispatcher.DispatchOptions = {
        method: request.method as Dispatcher.HttpMethod,
        path: request.path,
        headers: headersOf(request),
        body: call.body,
        blocking: false,
      };
      pool.dispatch(dispatched, call);
      return call;
    },
    stats: () => ({ open: pool.stats.connected, idle: pool.stats.free, waiting: pool.stats.queued }),
    close: () => pool.destroy(),
  };
};

/** A plain close in mid-body looks like an end to a lenient upstream; a reset does not. */
function resetOnDestroy(socket: import('node:net').Socket): void {
  if ('encrypted' in socket) return; // cutting a TLS stream is recognised as such
  const destroy = socket.destroy.bind(socket);
  let resetting = false;
  socket.destroy = (error?: Error) => {
    if (resetting || socket.destroyed || socket.connecting || error === undefined) return destroy(error);
    resetting = true;
    socket.resetAndDestroy();
    return socket;
  };
}

const headersOf = ({ headers, contentLength, body }: UpstreamRequest): string[] =>
  contentLength === undefined || (body !== undefined && body.length > 0)
    ? [...headers]
    : [...headers, 'content-length', String(contentLength)];

class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly body: Readable | Buffer | null;
  readonly #receiver: UpstreamReceiver;
  #controller: Dispatcher.DispatchController | undefined;
  #done = false;
  #hasHead = false;

  constructor(request: UpstreamRequest, receiver: UpstreamReceiver) {
    this.#receiver = receiver;
    if (request.body) this.body = request.body;
    else if (request.contentLength) {
      this.body = new Readable({ read: () => !this.#done && receiver.onDrain(), highWaterMark: 256 * 1024 });
      this.body.on('error', () => {}); // told by onResponseError
    } else this.body = null;
  }

  write(chunk: Buffer): boolean {
    return this.body instanceof Readable && !this.body.destroyed ? this.body.push(chunk) : true;
  }

  end(): void {
    if (this.body instanceof Readable && !this.body.destroyed) this.body.push(null);
  }

  resume(): void {
    this.#controller?.resume();
  }

  destroy(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#controller) this.#controller.abort(new Error('given up'));
    else if (this.body instanceof Readable) this.body.destroy();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error('given up'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#done || status < 200) return;
    this.#hasHead = true;
    const raw = (controller.rawHeaders ?? []) as unknown as Buffer[];
    this.#receiver.onHead(
      status,
      raw.map((part) => part.toString('latin1')),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    if (!this.#receiver.onData(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#done) return;
    this.#done = true;
    this.#receiver.onEnd();
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#done) return;
    this.#done = true;
    this.#receiver.onError(translate(error, this.#hasHead));
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
