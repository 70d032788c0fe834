/**
 * A request whose body may wait to be read, in pieces of whatever size: Node counts the bytes that wait, and stops at
 * 64 KiB. In pieces of a byte each those are 65,536 buffers, which take 15 MiB and more, of every connection.
 */
import { IncomingMessage } from 'node:http';

/** Pieces that may wait, however small. Node's 64 KiB are fewer where a piece has 64 bytes. */
const PIECES_MAX = 1_000;
const PIECE_BYTES_MIN = 64;

export class BoundedMessage extends IncomingMessage {
  /** Since nothing was waiting. */
  #pieces = 0;
  #bytes = 0;

  /** By Node's parser. Cuts the connection where too much waits in too many pieces: no client sends so. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk !== null) {
      if (this.readableLength === 0) {
        this.#pieces = 0;
        this.#bytes = 0;
      }
      this.#pieces++;
      this.#bytes += chunk.length;
      if (this.#pieces > PIECES_MAX && this.#bytes < this.#pieces * PIECE_BYTES_MIN) {
        this.socket.destroy();
        return false;
      }
    }
    return super.push(chunk, encoding);
  }
}
