/**
 * All bytes that leave on a connection to the upstream pass here. A request is a checked head and exactly as many bytes
 * of body as it announces; the piece that completes the body waits for the word that all is well. Whatever does not fit
 * is not written, and the connection has to go: what follows would be taken for another request.
 *
 *     ready ─ begin ─▶ body ─ write … end ─▶ ready
 *       └──── begin without a body to come ──▲    any contradiction ─▶ broken, for good
 */
import { type RenderedHead, UnsendableError } from '../request-head.ts';

/** Where the bytes go. */
export interface ByteSink {
  /** A whole head, one byte a character. */
  writeHead(head: RenderedHead): void;
  /** A whole request. */
  writeWhole(bytes: Buffer): void;
  /** @returns false when the writer should wait for room */
  write(bytes: Buffer): boolean;
}

type BodyState = 'ready' | 'body' | 'broken';

/** As many bytes as were announced, or an exception. */
export class BodyWriter {
  readonly #sink: (bytes: Buffer) => boolean;
  #state: BodyState = 'ready';
  /** Bytes that were announced and not given yet. */
  #left = 0;
  /** The piece that completes the body. */
  #last: Buffer | undefined;

  /** @param sink returns false when the writer should wait for room */
  constructor(sink: (bytes: Buffer) => boolean) {
    this.#sink = sink;
  }

  /** Nothing is still to come. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** @throws UnsendableError within another body */
  begin(length: number): void {
    if (this.#state !== 'ready') this.#break('a request begins within another one');
    this.#left = length;
    if (length > 0) this.#state = 'body';
  }

  /**
   * The chunk must not be changed any more.
   * @returns false when the writer should wait for room
   * @throws UnsendableError for more than was announced; nothing of the chunk is written
   */
  write(chunk: Buffer): boolean {
    if (chunk.length === 0 && this.#state !== 'broken') return true;
    if (this.#state !== 'body' || chunk.length > this.#left) this.#break('the body is longer than announced');
    this.#left -= chunk.length;
    if (this.#left > 0) return this.#sink(chunk);
    this.#last = chunk;
    return true;
  }

  /** The body is complete. @throws UnsendableError for less than was announced */
  end(): void {
    if (this.#state === 'ready') return; // none was announced
    if (this.#state === 'broken' || this.#left > 0) this.#break('the body is shorter than announced');
    this.#state = 'ready';
    const last = this.#last;
    this.#last = undefined;
    if (last) this.#sink(last);
  }

  #break(message: string): never {
    this.#state = 'broken';
    this.#last = undefined;
    throw new UnsendableError(message);
  }
}

/** Head and body of one request after the other. */
export class RequestWriter {
  readonly #sink: ByteSink;
  readonly #body: BodyWriter;

  constructor(sink: ByteSink) {
    this.#sink = sink;
    this.#body = new BodyWriter((bytes) => sink.write(bytes));
  }

  /** Nothing of a request is still to come. */
  get isReady(): boolean {
    return this.#body.isReady;
  }

  /**
   * @param bodyLength bytes that will be written; 0 where the request has none, or `body` is all of it
   * @throws UnsendableError within another request
   */
  begin(head: RenderedHead, bodyLength: number, body?: Buffer): void {
    this.#body.begin(bodyLength);
    if (body !== undefined && body.length > 0) this.#sink.writeWhole(joined(head, body));
    else this.#sink.writeHead(head);
  }

  /** @see BodyWriter.write */
  write(chunk: Buffer): boolean {
    return this.#body.write(chunk);
  }

  /** @see BodyWriter.end */
  end(): void {
    this.#body.end();
  }
}

function joined(head: RenderedHead, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  return bytes;
}
