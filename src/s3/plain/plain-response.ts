/**
 * The answer to a plain request, in the form of Node's: the same calls make the same bytes. A whole answer leaves in one
 * write; a longer one as it is written, in chunks where its length is not known.
 */
import { EventEmitter } from 'node:events';
import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientResponse } from '../http/client.ts';
import { isFieldValue, isToken } from '../http/field-text.ts';

export interface PlainResponseOptions {
  readonly socket: Socket;
  /** Of the request. */
  readonly method: string;
  /** Seconds that the client is told it may keep the connection. */
  readonly keepAliveSeconds: number;
  /** Everything was handed to the kernel. */
  readonly onFinished: () => void;
}

export class PlainResponse extends EventEmitter implements ClientResponse {
  readonly #options: PlainResponseOptions;
  statusCode = 200;
  /** Cleared by whoever wants no more requests on this connection. */
  shouldKeepAlive = true;
  /** Rendered, and not sent yet. */
  #head: string | undefined;
  headersSent = false;
  #hasBody = true;
  #isChunked = false;
  writableEnded = false;
  writableFinished = false;
  #isClosed = false;
  #onDrain: (() => void) | undefined;

  constructor(options: PlainResponseOptions) {
    super();
    this.#options = options;
  }

  get destroyed(): boolean {
    return this.#isClosed || this.#options.socket.destroyed;
  }

  get socket(): Socket {
    return this.#options.socket;
  }

  /**
   * @param given flat list of names and values, or an object of them
   * @throws Error for a second head, and for what can't stand in one
   */
  writeHead(status: number, given: readonly string[] | OutgoingHttpHeaders = []): this {
    if (this.headersSent) throw new Error('an answer has one head');
    this.statusCode = status;
    const { method, keepAliveSeconds } = this.#options;
    this.#hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    const headers = isList(given) ? given : Object.entries(given).flatMap(([name, value]) => [name, String(value)]);
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    let hasLength = false;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      const value = headers[i + 1] as string;
      if (!isToken(name) || !isFieldValue(value)) throw new TypeError(`the header ${name} can not be written`);
      if (name.length === 10 && name.toLowerCase() === 'connection') {
        this.shouldKeepAlive &&= value !== 'close';
        continue;
      }
      if (name.length === 14 && name.toLowerCase() === 'content-length') hasLength = true;
      text += `${name}: ${value}\r\n`;
    }
    text += `Date: ${httpDate()}\r\n`;
    text += this.shouldKeepAlive
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n`
      : 'Connection: close\r\n';
    this.#isChunked = this.#hasBody && !hasLength;
    this.#head = this.#isChunked ? `${text}Transfer-Encoding: chunked\r\n\r\n` : `${text}\r\n`;
    this.headersSent = true; // not of one that can't be written: another may be
    return this;
  }

  flushHeaders(): void {
    this.#send('');
  }

  /** Nothing is waited for: the body is there. */
  writeContinue(): void {}

  write(chunk: Buffer, onWritten?: (error?: Error | null) => void): boolean {
    const { socket } = this.#options;
    if (this.destroyed || !this.#hasBody || chunk.length === 0) {
      if (onWritten) process.nextTick(onWritten);
      return true;
    }
    socket.cork();
    this.#send(this.#isChunked ? `${chunk.length.toString(16)}\r\n` : '');
    const hasRoom = socket.write(chunk, onWritten);
    if (this.#isChunked) socket.write('\r\n', 'latin1');
    socket.uncork();
    if (!hasRoom && !this.#onDrain) {
      this.#onDrain = () => this.emit('drain');
      socket.on('drain', this.#onDrain);
    }
    return hasRoom;
  }

  /** @param last the rest of the body; text is Latin-1 */
  end(last: Buffer | string = ''): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    const text = typeof last === 'string' ? last : last.toString('latin1');
    const done = (error?: Error | null): void => {
      if (!error) this.#finish();
    };
    if (!this.#hasBody) this.#send('', done);
    else if (!this.#isChunked) this.#send(text, done);
    else this.#send(text === '' ? '0\r\n\r\n' : `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`, done);
    return this;
  }

  destroy(): this {
    this.#options.socket.destroy();
    return this;
  }

  /** The connection is gone, or this answer is over. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#onDrain) this.#options.socket.off('drain', this.#onDrain);
    this.emit('close');
  }

  /** With the head, where that has not left yet: in one piece of memory. */
  #send(text: string, done?: (error?: Error | null) => void): void {
    const bytes = (this.#head ?? '') + text;
    this.#head = undefined;
    if (bytes !== '') this.#options.socket.write(bytes, 'latin1', done);
    else if (done) process.nextTick(done);
  }

  #finish(): void {
    this.writableFinished = true;
    this.close();
    this.#options.onFinished();
  }
}

const isList = (headers: readonly string[] | OutgoingHttpHeaders): headers is readonly string[] =>
  Array.isArray(headers);

let knownSecond = 0;
let knownDate = '';

/** Answers of one second share its text. */
const httpDate = (): string => {
  const second = Math.floor(Date.now() / 1000);
  if (second !== knownSecond) {
    knownSecond = second;
    knownDate = new Date(second * 1000).toUTCString();
  }
  return knownDate;
};
