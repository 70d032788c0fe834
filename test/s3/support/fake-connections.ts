/** Connections without sockets, for tests of what is decided about them: they do what the test says, when it says so. */
import type { ConnectionEvents } from '#s3/upstream/lean/connection.ts';
import type { ConnectionState, PooledConnection } from '#s3/upstream/lean/pool.ts';
import { BodyWriter } from '#s3/upstream/lean/request-writer.ts';
import type { RenderedHead } from '#s3/upstream/request-head.ts';
import type { Share } from '#s3/upstream/share.ts';
import { UpstreamError, type UpstreamReceiver, type UpstreamRequest } from '#s3/upstream/upstream.ts';

export class FakeConnection implements PooledConnection {
  state: ConnectionState = 'idle';
  deadline = Number.POSITIVE_INFINITY;
  holder: Share | undefined;
  request: UpstreamRequest | undefined;
  /** The next `send` throws. */
  isBroken = false;
  readonly #events: ConnectionEvents;
  readonly #body = new BodyWriter(() => true);
  #receiver: UpstreamReceiver | undefined;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  send(request: UpstreamRequest, _head: RenderedHead, receiver: UpstreamReceiver): void {
    if (this.isBroken) throw new Error('the socket does not take it');
    if (this.state !== 'idle') throw new Error(`send on a connection that is ${this.state}`);
    this.state = 'busy';
    this.request = request;
    this.#receiver = receiver;
    this.#body.begin(request.body === undefined ? (request.contentLength ?? 0) : 0);
  }

  write(chunk: Buffer): boolean {
    if (this.state !== 'busy') throw new Error(`write on a connection that is ${this.state}`);
    return this.#body.write(chunk);
  }

  end(): void {
    this.#body.end();
  }

  resume(): void {}

  destroy(): void {
    this.#receiver = undefined;
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#events.onClosed(this);
  }

  fail(error: UpstreamError): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.onError(error);
  }

  /** What a socket's event handler would do; it may not throw. */
  answer(): void {
    this.#receiver?.onHead(200, []);
    this.#receiver?.onData(Buffer.from('x'));
    const receiver = this.#receiver;
    if (!receiver) return;
    this.#receiver = undefined;
    if (this.#body.isReady) this.state = 'idle';
    else this.destroy();
    receiver.onEnd();
    // Another request may have made it closed by now.
    if ((this.state as ConnectionState) === 'idle') this.#events.onIdle(this);
  }

  drain(): void {
    this.#receiver?.onDrain();
  }

  cut(): void {
    this.fail(new UpstreamError('no-response', 'cut'));
  }
}
