/**
 * Reads HTTP/1.1 responses from bytes that are overwritten afterwards. Strict: what could be read in two ways is refused,
 * since the connection carries the answers of different users one after the other.
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
import { isToken, trimBlanks } from '../../http/field-text.ts';

/** Told what was parsed. */
export interface ParserSink {
  onHead(status: number, headers: string[]): void;
  /** A view into the bytes given to `execute`. @returns false to stop behind this piece */
  onData(piece: Buffer): boolean;
  onEnd(): void;
}

export class ParseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ParseError';
  }
}

const HEAD_BYTES_MAX = 64 * 1024;
const CHUNK_HEADER_BYTES_MAX = 1_024;
const TRAILERS_BYTES_MAX = 8 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** The whole head: nothing but text between proper line ends. */
const HEAD = /^(?:[\t\x20-\x7e\x80-\xff]+\r\n)*[\t\x20-\x7e\x80-\xff]+$/;
const LENGTH = /^\d{1,15}$/;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

const LF = 10;
const CR = 13;

type State = 'head' | 'length' | 'close' | 'chunk-size' | 'chunk-data' | 'chunk-cr' | 'chunk-lf' | 'trailers' | 'done';

export class ResponseParser {
  readonly #sink: ParserSink;
  #state: State = 'done';
  #isHeadRequest = false;
  /** A head or line whose end has not come yet. */
  #text = '';
  /** Body bytes still to come, of the whole or of the chunk. */
  #left = 0;
  #trailerBytes = 0;
  #keepsAlive = false;

  constructor(sink: ParserSink) {
    this.#sink = sink;
  }

  /** Expects one response. */
  begin(isHeadRequest: boolean): void {
    this.#state = 'head';
    this.#isHeadRequest = isHeadRequest;
    this.#text = '';
    this.#trailerBytes = 0;
    this.#keepsAlive = false;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** The connection may carry another response. */
  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  /** How many bytes of the body are known to come; 0 when that is not known. */
  get bytesLeft(): number {
    return this.#state === 'length' || this.#state === 'chunk-data' ? this.#left : 0;
  }

  /**
   * @returns where it stopped: behind the response, or behind a piece that the sink could not take at once.
   * @throws ParseError, after which the connection is of no use
   */
  execute(bytes: Buffer, from: number, to: number): number {
    let at = from;
    let goesOn = true;
    while (goesOn && at < to && this.#state !== 'done') {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(bytes, at, to);
          break;
        case 'length':
        case 'chunk-data':
        case 'close': {
          const stop = this.#state === 'close' ? to : Math.min(to, at + this.#left);
          const piece = bytes.subarray(at, stop);
          this.#left -= stop - at;
          at = stop;
          goesOn = this.#sink.onData(piece);
          if (this.#state === 'length' && this.#left === 0) this.#end();
          else if (this.#state === 'chunk-data' && this.#left === 0) this.#state = 'chunk-cr';
          break;
        }
        case 'chunk-size':
          at = this.#readLine(bytes, at, to, CHUNK_HEADER_BYTES_MAX, this.#startChunk);
          break;
        case 'chunk-cr':
        case 'chunk-lf':
          if (bytes[at] !== (this.#state === 'chunk-cr' ? CR : LF)) throw new ParseError('a chunk has no end');
          this.#state = this.#state === 'chunk-cr' ? 'chunk-lf' : 'chunk-size';
          at++;
          break;
        case 'trailers':
          at = this.#readLine(bytes, at, to, TRAILERS_BYTES_MAX, this.#skipTrailer);
          break;
      }
    }
    return at;
  }

  /** The connection ended. @throws ParseError unless that was the end of the response too */
  finish(): void {
    if (this.#state === 'done') return;
    if (this.#state !== 'close') throw new ParseError('the connection ended before the response');
    this.#end();
  }

  #readHead(bytes: Buffer, at: number, to: number): number {
    if (this.#text === '') {
      const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
      if (end >= 0 && end + 4 <= to) {
        this.#parseHead(bytes.toString('latin1', at, end));
        return end + 4;
      }
    }
    // Rare: the head comes in pieces. Its end may be split too, so it is looked for in the joined text.
    const before = this.#text.length;
    this.#text += bytes.toString('latin1', at, Math.min(to, at + HEAD_BYTES_MAX + 4));
    const end = this.#text.indexOf('\r\n\r\n', Math.max(before - 3, 0));
    if (end < 0) {
      if (this.#text.length > HEAD_BYTES_MAX) throw new ParseError('the head is too long');
      return to;
    }
    const head = this.#text.slice(0, end);
    this.#text = '';
    this.#parseHead(head);
    return at + end + 4 - before;
  }

  #parseHead(head: string): void {
    if (head.length > HEAD_BYTES_MAX) throw new ParseError('the head is too long');
    if (!HEAD.test(head)) throw new ParseError('a header line is malformed');
    const lines = head.split('\r\n');
    const match = STATUS_LINE.exec(lines[0] as string);
    if (!match) throw new ParseError('the status line is malformed');
    const status = Number(match[2]);
    const framing: Framing = { length: undefined, isChunked: false, keepsAlive: match[1] === '1' };
    const headers: string[] = [];
    for (let i = 1; i < lines.length; i++) {
      const line = lines[i] as string;
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(colon, 0));
      const value = trimBlanks(line, colon + 1);
      if (!isToken(name)) throw new ParseError('a header line is malformed');
      headers.push(name, value);
      noteFraming(framing, name, value);
    }
    if (status < 200) {
      if (status === 101) throw new ParseError('the protocol was switched');
      return; // an interim response: the final one follows
    }
    this.#startBody(status, framing, headers);
  }

  #startBody(status: number, { length, isChunked, keepsAlive }: Framing, headers: string[]): void {
    if (isChunked && length !== undefined) throw new ParseError('the response has two lengths');
    const hasNoBody = this.#isHeadRequest || status === 204 || status === 304 || length === 0;
    this.#left = length ?? 0;
    this.#keepsAlive = keepsAlive && (hasNoBody || isChunked || length !== undefined);
    this.#state = isChunked ? 'chunk-size' : length === undefined ? 'close' : 'length';
    this.#sink.onHead(status, headers);
    if (hasNoBody) this.#end();
  }

  #readLine(bytes: Buffer, at: number, to: number, max: number, take: (line: string) => void): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 || end >= to ? to : end;
    if (this.#text.length + stop - at > max) throw new ParseError('a line is too long');
    this.#text += bytes.toString('latin1', at, stop);
    if (stop === to) return to;
    const line = this.#text;
    this.#text = '';
    if (!line.endsWith('\r')) throw new ParseError('a line has no proper end');
    take(line.slice(0, -1));
    return stop + 1;
  }

  readonly #startChunk = (line: string): void => {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new ParseError('the size of a chunk is malformed');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
  };

  readonly #skipTrailer = (line: string): void => {
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > TRAILERS_BYTES_MAX) throw new ParseError('the trailers are too long');
    if (line === '') this.#end();
    else if (!isToken(line.slice(0, Math.max(line.indexOf(':'), 0)))) throw new ParseError('a trailer is malformed');
  };

  #end(): void {
    this.#state = 'done';
    this.#sink.onEnd();
  }
}

interface Framing {
  length: number | undefined;
  isChunked: boolean;
  keepsAlive: boolean;
}

/** @throws ParseError for lengths that contradict each other, or a coding that is not known */
function noteFraming(framing: Framing, name: string, value: string): void {
  switch (name.length) {
    case 14: {
      if (name.toLowerCase() !== 'content-length') return;
      if (!LENGTH.test(value) || framing.length !== undefined) throw new ParseError('the length is malformed');
      framing.length = Number(value);
      return;
    }
    case 17: {
      if (name.toLowerCase() !== 'transfer-encoding') return;
      if (value.toLowerCase() !== 'chunked' || framing.isChunked)
        throw new ParseError('the transfer coding is not known');
      framing.isChunked = true;
      return;
    }
    case 10: {
      if (name.toLowerCase() !== 'connection') return;
      const tokens = value.toLowerCase();
      if (tokens.includes('close')) framing.keepsAlive = false;
      else if (tokens.includes('keep-alive')) framing.keepsAlive = true;
    }
  }
}
