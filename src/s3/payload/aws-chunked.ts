/**
 * The frames of aws-chunked bodies, taken apart without copying. Strict: every byte has its place, and what does not
 * fit is refused at once.
 *
 *     10000;chunk-signature=<64 hex>\r\n  <65536 bytes>\r\n  …  0;chunk-signature=<64 hex>\r\n  [trailers]  \r\n
 */
import { S3Error } from '../errors.ts';

/** Told about the frames while they are parsed. */
export interface FrameSink {
  /** A piece of the payload, a view into what was written. */
  data(piece: Buffer): void;
  /** A chunk with its payload is complete; the last one has length 0. */
  chunkEnd(signature: string | undefined): void;
  /** All is complete. `trailerSignature` only with signed frames. */
  end(trailer: string | undefined, trailerSignature: string | undefined): void;
}

export interface FrameOptions {
  readonly signed: boolean;
  /** Bytes of payload that were announced. */
  readonly decodedLength: number;
  /** Name of the announced trailer. */
  readonly trailer: string | undefined;
}

/** S3 refuses smaller chunks but for the last: each costs a signature. */
const CHUNK_BYTES_MIN = 8_192;
const HEADER_BYTES_MAX = 1_024;
const TRAILER_BYTES_MAX = 2_048;
/** Clients differ in the line ends behind the last trailer: up to two more. */
const SLACK_BYTES_MAX = 4;

const CR = 13;
const LF = 10;

type State = 'header' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done';

const broken = (message: string): S3Error => new S3Error('IncompleteBody', message);

export class FrameParser {
  readonly #sink: FrameSink;
  readonly #options: FrameOptions;
  #state: State = 'header';
  /** Part of a header or trailer line whose end has not come yet. */
  #line = '';
  #left = 0;
  #received = 0;
  #lastSize = CHUNK_BYTES_MIN;
  #signature: string | undefined;
  #trailer: string | undefined;
  #trailerSignature: string | undefined;
  #trailerBytes = 0;
  #slack = 0;

  constructor(options: FrameOptions, sink: FrameSink) {
    this.#options = options;
    this.#sink = sink;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** @throws S3Error for the first thing that is wrong; the parser must not be used any more then. */
  write(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) at = this.#step(bytes, at);
  }

  /** The input is over. @throws S3Error when the frames are not. */
  finish(): void {
    if (this.#state === 'done') return;
    if (this.#state === 'trailer' && this.#options.trailer !== undefined) throw new S3Error('MalformedTrailerError');
    throw broken('The body ended before its last chunk.');
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'header':
        return this.#readLine(bytes, at, HEADER_BYTES_MAX, (line) => this.#startChunk(line));
      case 'data':
        return this.#passData(bytes, at);
      case 'data-cr':
        if (bytes[at] !== CR) throw broken('A chunk is longer than its header says.');
        this.#state = 'data-lf';
        return at + 1;
      case 'data-lf':
        if (bytes[at] !== LF) throw broken('A chunk is longer than its header says.');
        this.#state = 'header';
        return at + 1;
      case 'trailer':
        return this.#readLine(bytes, at, HEADER_BYTES_MAX, (line) => this.#takeTrailer(line));
      case 'done':
        this.#slack++;
        if (this.#slack > SLACK_BYTES_MAX || (bytes[at] !== CR && bytes[at] !== LF)) {
          throw new S3Error('InvalidRequest', 'There is data after the last chunk.');
        }
        return at + 1;
    }
  }

  #readLine(bytes: Buffer, at: number, max: number, take: (line: string) => void): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 ? bytes.length : end;
    if (this.#line.length + stop - at > max) throw broken('The header of a chunk is too long.');
    this.#line += bytes.toString('latin1', at, stop);
    if (end < 0) return bytes.length;
    const line = this.#line;
    this.#line = '';
    take(line);
    return end + 1;
  }

  #startChunk(line: string): void {
    if (!line.endsWith('\r')) throw broken('The header of a chunk is malformed.');
    const [digits, ...extensions] = line.slice(0, -1).split(';');
    if (digits === undefined || !/^[0-9a-fA-F]{1,16}$/.test(digits)) throw broken('The size of a chunk is malformed.');
    const size = Number.parseInt(digits, 16);
    const signature = extensions.find((extension) => extension.startsWith('chunk-signature='))?.slice(16);
    if (this.#options.signed && (signature === undefined || !/^[0-9a-f]{64}$/.test(signature))) {
      throw broken('A chunk has no signature.');
    }
    if (size > 0 && this.#lastSize < CHUNK_BYTES_MIN) throw new S3Error('InvalidChunkSizeError');
    if (this.#received + size > this.#options.decodedLength)
      throw broken('The body is longer than x-amz-decoded-content-length.');
    this.#lastSize = size;
    this.#left = size;
    this.#signature = signature;
    if (size > 0) this.#state = 'data';
    else this.#endPayload();
  }

  #passData(bytes: Buffer, at: number): number {
    const stop = Math.min(bytes.length, at + this.#left);
    this.#sink.data(bytes.subarray(at, stop));
    this.#left -= stop - at;
    this.#received += stop - at;
    if (this.#left === 0) {
      this.#sink.chunkEnd(this.#signature);
      this.#state = 'data-cr';
    }
    return stop;
  }

  #endPayload(): void {
    if (this.#received !== this.#options.decodedLength)
      throw broken('The body is shorter than x-amz-decoded-content-length.');
    this.#sink.chunkEnd(this.#signature);
    this.#state = 'trailer';
  }

  #takeTrailer(rawLine: string): void {
    this.#trailerBytes += rawLine.length + 1;
    if (this.#trailerBytes > TRAILER_BYTES_MAX) throw new S3Error('MalformedTrailerError');
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    if (line === '') {
      if (this.#hasTrailers()) this.#end();
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === this.#options.trailer && this.#trailer === undefined) this.#trailer = value;
    else if (name === 'x-amz-trailer-signature' && this.#options.signed && this.#trailerSignature === undefined) {
      this.#trailerSignature = value;
    } else throw new S3Error('MalformedTrailerError');
  }

  #hasTrailers(): boolean {
    if (this.#options.trailer === undefined) return true;
    return this.#trailer !== undefined && (!this.#options.signed || this.#trailerSignature !== undefined);
  }

  #end(): void {
    this.#state = 'done';
    this.#sink.end(this.#trailer, this.#trailerSignature);
  }
}
