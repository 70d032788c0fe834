/**
 * One connection to the upstream. Bytes are read into memory that is used again for the next read, which makes a large
 * download cost what the socket costs; see UpstreamReceiver.onData for what that asks of the receiver.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { ResponseParser } from './response-parser.ts';
import { UpstreamError, type UpstreamReceiver, type UpstreamRequest } from './upstream.ts';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number;
}

/** What the pool is told. */
export interface ConnectionEvents {
  /** The response is over and another request may follow. */
  onIdle(connection: Connection): void;
  onClose(connection: Connection): void;
}

/** For heads and small bodies, one per connection. */
const SMALL_BYTES = 32 * 1024;
/** For large bodies, lent while one is under way: fewer and larger reads. */
const LARGE_BYTES = 256 * 1024;
const largeBuffers: Buffer[] = [];
const LARGE_BUFFERS_KEPT = 16;

export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #parser: ResponseParser;
  readonly #small = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #large: Buffer | undefined;
  #receiver: UpstreamReceiver | undefined;
  #isOpen = false;
  #isRequestSent = false;
  #hasHead = false;
  /** Bytes that were read but not parsed yet, because the receiver asked to wait. */
  #pending: Buffer | undefined;
  #from = 0;
  #to = 0;
  #isPaused = false;
  #isParsing = false;
  /** Milliseconds by the pool's clock: the head has to be there by then, or, while idle, the connection goes. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(target: ConnectionTarget, events: ConnectionEvents) {
    this.#events = events;
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
    this.#socket = this.#open(target);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** No response has begun, so nobody can have read one. */
  get isAwaitingHead(): boolean {
    return this.#receiver !== undefined && !this.#hasHead;
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
      this.#fail(undefined);
      this.#giveBack();
      this.#events.onClose(this);
    });
    return socket;
  }

  /** The request goes out at once; without `body`, a body of `contentLength` is written to the call. */
  send(request: UpstreamRequest, receiver: UpstreamReceiver): void {
    this.#receiver = receiver;
    this.#hasHead = false;
    this.#parser.begin(request.method === 'HEAD');
    const head = renderHead(request);
    const hasBodyToCome = request.body === undefined && Boolean(request.contentLength);
    this.#isRequestSent = !hasBodyToCome;
    if (request.body !== undefined && request.body.length > 0) this.#socket.write(joined(head, request.body));
    else if (hasBodyToCome) {
      // Head and first piece leave in one packet.
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      process.nextTick(() => this.#socket.uncork());
    } else this.#socket.write(head, 'latin1');
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  /** The whole body was written. */
  end(): void {
    this.#isRequestSent = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isParsing) this.#parsePending();
  }

  /** A reset, so that a body that was under way can't be taken for a complete one. */
  destroy(): void {
    this.#receiver = undefined;
    if (this.#socket.destroyed) return;
    if ('encrypted' in this.#socket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** @returns whether the memory may be filled again */
  #read(bytes: Buffer, length: number): boolean {
    if (!this.#receiver) {
      this.#socket.destroy(); // nobody asked for anything
      return true;
    }
    this.#pending = bytes;
    this.#from = 0;
    this.#to = length;
    this.#parse();
    return this.#pending === undefined;
  }

  #parsePending(): void {
    if (this.#pending) this.#parse();
    if (this.#pending === undefined && !this.#isPaused && !this.#socket.destroyed) this.#socket.resume();
  }

  #parse(): void {
    this.#isParsing = true;
    try {
      while (this.#pending && this.#receiver) {
        this.#from = this.#parser.execute(this.#pending, this.#from, this.#to);
        if (this.#isPaused) break; // the memory is still on loan
        if (this.#parser.isDone || this.#from >= this.#to) {
          this.#pending = undefined;
          if (this.#parser.isDone) this.#finish(this.#from < this.#to);
        }
      }
      if (!this.#receiver) this.#pending = undefined;
    } catch (error) {
      this.#fail(error as Error);
      this.destroy();
    } finally {
      this.#isParsing = false;
    }
  }

  #finish(hasMore: boolean): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    // Bytes behind the response would be taken for the next one, and half a request for the next request.
    const isReusable = this.#parser.keepsAlive && !hasMore && this.#isRequestSent;
    if (!isReusable) this.#socket.destroy();
    receiver?.onEnd();
    if (isReusable) this.#events.onIdle(this);
  }

  #ended(): void {
    if (!this.#receiver || this.#pending) return;
    try {
      this.#parser.finish();
      this.#finish(false);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(cause: Error | undefined): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.onError(
      this.#hasHead || cause?.name === 'ParseError'
        ? new UpstreamError('broken-response', cause?.message ?? 'the response was cut', cause)
        : new UpstreamError(
            this.#isOpen ? 'no-response' : 'connect',
            cause?.message ?? 'the connection was cut',
            cause,
          ),
    );
  }

  /** No head by the deadline. */
  timeOut(): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.onError(new UpstreamError('timeout', 'no response in time'));
  }

  /** Asked after each read. What is given here is what the socket fills next, so nobody else may have it. */
  #nextBuffer(): Buffer {
    if (this.#parser.bytesLeft > LARGE_BYTES) this.#large ??= largeBuffers.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
    else if (this.#pending === undefined) this.#giveBack();
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

/** @throws Error for a line break, which would be a request of its own */
function renderHead({ method, path, headers, contentLength }: UpstreamRequest): string {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string;
    if (value.includes('\n') || value.includes('\r')) throw new Error('a header value holds a line break');
    head += `${headers[i]}: ${value}\r\n`;
  }
  return contentLength === undefined ? `${head}\r\n` : `${head}content-length: ${contentLength}\r\n\r\n`;
}

function joined(head: string, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  return bytes;
}
