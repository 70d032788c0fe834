/**
 * One connection to the upstream. Bytes are read into memory that is used again for the next read, which makes a large
 * download cost what the socket costs; see UpstreamReceiver.onData for what that asks of the receiver.
 *
 *     idle ─ send ─▶ busy ─ the answer is over, the request was written whole, the upstream keeps it open ─▶ idle
 *       └─ cut, too old ─▶ closed ◀─ anything else: cut, broken, given up, an exception ─┘
 *
 * A connection that is closed tells nobody anything any more, and none comes back from there.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { atEndOfTurn } from '../../http/end-of-turn.ts';
import type { RenderedHead } from '../request-head.ts';
import type { Share } from '../share.ts';
import { UpstreamError, type UpstreamReceiver, type UpstreamRequest } from '../upstream.ts';
import type { ConnectionState, PooledConnection } from './pool.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseParser } from './response-parser.ts';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number;
  /** From the end of the request to the head of the response. */
  readonly headersTimeoutMs: number;
  /** Milliseconds; the pool's clock. */
  readonly now: () => number;
}

/** What the pool is told. */
export interface ConnectionEvents {
  /** The response is over and another request may follow. */
  onIdle(connection: PooledConnection): void;
  /** Once, as soon as it is of no use any more. */
  onClosed(connection: PooledConnection): void;
}

/** For heads and small bodies, one per connection. */
const SMALL_BYTES = 32 * 1024;
/** For large bodies, lent while one is under way: fewer and larger reads. */
const LARGE_BYTES = 256 * 1024;
const largeBuffers: Buffer[] = [];
const LARGE_BUFFERS_KEPT = 16;

export class Connection implements PooledConnection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #parser: ResponseParser;
  readonly #writer: RequestWriter;
  readonly #target: ConnectionTarget;
  readonly #small = Buffer.allocUnsafeSlow(SMALL_BYTES);
  /** Over TLS: what comes while the other one is on loan. */
  #spare: Buffer | undefined;
  #large: Buffer | undefined;
  #state: ConnectionState = 'idle';
  /** While it is busy. */
  #receiver: UpstreamReceiver | undefined;
  #isOpen = false;
  #hasHead = false;
  /** Bytes that were read but not parsed yet, because the receiver asked to wait. */
  #pending: Buffer | undefined;
  #from = 0;
  #to = 0;
  /** What came behind `#pending`, copied. Over TLS alone: see `#read`. */
  readonly #later: Buffer[] = [];
  /** The upstream has ended the connection; what it sent before may wait still. */
  #hasEnded = false;
  #isPaused = false;
  #isParsing = false;
  /** Milliseconds by the pool's clock: the head has to be there by then, or, while idle, the connection goes. */
  deadline = Number.POSITIVE_INFINITY;
  holder: Share | undefined;

  constructor(target: ConnectionTarget, events: ConnectionEvents) {
    this.#events = events;
    this.#target = target;
    this.#parser = new ResponseParser({
      onHead: (status, headers) => {
        this.#hasHead = true;
        this.deadline = Number.POSITIVE_INFINITY;
        this.#receiver?.onHead(status, headers);
      },
      onData: (piece) => {
        const goesOn = this.#receiver?.onData(piece) ?? true;
        if (!goesOn) this.#isPaused = true;
        return goesOn;
      },
      onEnd: () => {},
    });
    const socket = this.#open(target);
    this.#socket = socket;
    const release = (): void => socket.uncork();
    const hold = (): void => {
      socket.cork();
      atEndOfTurn(release);
    };
    this.#writer = new RequestWriter({
      writeHead(head) {
        hold(); // until the first piece of the body is there, where there is one: they leave in one packet
        socket.write(head, 'latin1');
      },
      writeWhole(bytes) {
        hold();
        socket.write(bytes);
      },
      write: (bytes) => socket.write(bytes),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  #open({ host, port, isTls, ca, connectTimeoutMs }: ConnectionTarget): Socket {
    const onread = {
      buffer: () => this.#nextBuffer(),
      callback: (length: number, bytes: Uint8Array) => this.#read(bytes as Buffer, length),
    };
    const socket = isTls
      ? tlsConnect(tlsOptions({ host, port, ca, onread }))
      : connect({ host, port, onread: onread as never });
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), connectTimeoutMs);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      this.#isOpen = true;
    });
    socket.on('drain', () => this.#receiver?.onDrain());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      clearTimeout(timer);
      if (!this.#hasEnded || !this.#pending) this.#fail(undefined);
      this.#giveBack();
    });
    return socket;
  }

  /**
   * The request goes out at once; without `body`, a body of `contentLength` is written afterwards.
   * @throws Error when the connection is not idle, or can't be written to; it is to be destroyed then
   */
  send({ method, contentLength = 0, body }: UpstreamRequest, head: RenderedHead, receiver: UpstreamReceiver): void {
    if (this.#state !== 'idle') throw new Error(`a request was given to a connection that is ${this.#state}`);
    this.#state = 'busy';
    this.#receiver = receiver;
    this.#hasHead = false;
    this.#parser.begin(method === 'HEAD');
    this.#writer.begin(head, body === undefined ? contentLength : 0, body);
    this.#awaitHead();
  }

  /** @throws UnsendableError for more than was announced */
  write(chunk: Buffer): boolean {
    return this.#writer.write(chunk);
  }

  /** The whole body was written. @throws UnsendableError for less than was announced */
  end(): void {
    this.#writer.end();
    this.#awaitHead();
  }

  #awaitHead(): void {
    const { now, headersTimeoutMs } = this.#target;
    this.deadline = this.#writer.isReady && !this.#hasHead ? now() + headersTimeoutMs : Number.POSITIVE_INFINITY;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isParsing) this.#parsePending();
  }

  /** A reset, so that a body that was under way can't be taken for a complete one. Nothing is told to the receiver. */
  destroy(): void {
    if (!this.#socket.destroyed && !('encrypted' in this.#socket)) this.#socket.resetAndDestroy();
    this.#close();
  }

  #close(): void {
    this.#receiver = undefined;
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#later.length = 0;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#socket.destroy();
    this.#events.onClosed(this);
  }

  /**
   * A TCP socket that is told to wait reads nothing more. TLS has deciphered several records by then, and hands them all over,
   * each with its own call: they wait here.
   * @returns whether the memory may be filled again
   */
  #read(bytes: Buffer, length: number): boolean {
    if (!this.#receiver) {
      this.destroy(); // nobody asked for anything
      return true;
    }
    if (this.#pending) {
      this.#later.push(Buffer.from(bytes.subarray(0, length)));
      return false;
    }
    this.#take(bytes, length);
    return this.#pending === undefined;
  }

  #take(bytes: Buffer, length: number): void {
    this.#pending = bytes;
    this.#from = 0;
    this.#to = length;
    this.#parse();
  }

  #parsePending(): void {
    if (this.#pending) this.#parse();
    while (!this.#pending) {
      const next = this.#later.shift();
      if (!next) break;
      this.#take(next, next.length);
    }
    if (this.#pending) return;
    if (this.#hasEnded) this.#ended();
    else if (!this.#isPaused && !this.#socket.destroyed) this.#socket.resume();
  }

  #parse(): void {
    this.#isParsing = true;
    try {
      while (this.#pending && this.#receiver) {
        this.#from = this.#parser.execute(this.#pending, this.#from, this.#to);
        if (this.#isPaused) break; // the memory is still on loan
        if (this.#parser.isDone || this.#from >= this.#to) {
          this.#pending = undefined;
          if (this.#parser.isDone) this.#finish(this.#from < this.#to || this.#later.length > 0);
        }
      }
      if (!this.#receiver) this.#pending = undefined;
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#isParsing = false;
    }
  }

  #finish(hasMore: boolean): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    // Bytes behind the response would be taken for the next one, and half a request for the next request.
    const isOpen = !this.#hasEnded && !this.#socket.destroyed;
    const isReusable = this.#parser.keepsAlive && !hasMore && this.#writer.isReady && isOpen;
    if (isReusable) this.#state = 'idle';
    else if (this.#writer.isReady) this.#close();
    else this.destroy();
    receiver?.onEnd();
    // The receiver may have asked for the end of everything.
    if (this.#state === 'idle') this.#events.onIdle(this);
  }

  #ended(): void {
    this.#hasEnded = true;
    if (!this.#receiver) this.destroy();
    if (!this.#receiver || this.#pending) return;
    try {
      this.#parser.finish();
      this.#finish(false);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  fail(error: UpstreamError): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.onError(error);
  }

  #fail(cause: Error | undefined): void {
    const isBroken = this.#hasHead || cause?.name === 'ParseError';
    const failure = isBroken ? 'broken-response' : this.#isOpen ? 'no-response' : 'connect';
    const text = isBroken ? 'the response was cut' : 'the connection was cut';
    this.fail(new UpstreamError(failure, cause?.message ?? text, cause));
  }

  /** Asked after each read. What is given here is what the socket fills next, so nobody else may have it. */
  #nextBuffer(): Buffer {
    if (this.#parser.bytesLeft > LARGE_BYTES) this.#large ??= largeBuffers.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
    else if (this.#pending === undefined) this.#giveBack();
    if (this.#pending && this.#target.isTls) {
      if (this.#pending !== this.#small) return this.#small;
      this.#spare ??= Buffer.allocUnsafeSlow(SMALL_BYTES);
      return this.#spare;
    }
    return this.#large ?? this.#small;
  }

  #giveBack(): void {
    if (this.#large && this.#pending === undefined && largeBuffers.length < LARGE_BUFFERS_KEPT)
      largeBuffers.push(this.#large);
    this.#large = undefined;
  }
}

/** An address is no name that a certificate could be chosen by. */
const tlsOptions = ({
  host,
  port,
  ca,
  onread,
}: {
  host: string;
  port: number;
  ca: string | undefined;
  onread: object;
}) => ({
  host,
  port,
  ALPNProtocols: ['http/1.1'],
  onread,
  ...(isIP(host) === 0 && { servername: host }),
  ...(ca !== undefined && { ca }),
});
