/**
 * Small pieces of a large body on their way to the client, copied together before they are written. Over TLS a body comes
 * in records of 16 KiB; a write and a fresh buffer for each of them cost as much as their decryption.
 */
import type { ClientResponse } from './client.ts';

const GATHER_BYTES = 64 * 1024;
const FREE_BUFFERS_KEPT = 32;
const freeBuffers: Buffer[] = [];

export class WriteCombiner {
  readonly #res: ClientResponse;
  readonly #onDrain: () => void;
  #buffer: Buffer | undefined;
  #used = 0;
  #isFull = false;
  #isScheduled = false;

  /** @param onDrain called once there is room again, after `add` has returned false */
  constructor(res: ClientResponse, onDrain: () => void) {
    this.#res = res;
    this.#onDrain = onDrain;
  }

  /** @param piece at most 64 KiB; may be overwritten afterwards. @returns false when the client has enough for now */
  add(piece: Buffer): boolean {
    if (this.#used + piece.length > GATHER_BYTES) this.flush();
    this.#buffer ??= freeBuffers.pop() ?? Buffer.allocUnsafeSlow(GATHER_BYTES);
    piece.copy(this.#buffer, this.#used);
    this.#used += piece.length;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // Not the next tick, which comes after each record: everything that can be read now comes first.
      setImmediate(flushScheduled, this);
    }
    return !this.#isFull;
  }

  flush(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    const used = this.#used;
    this.#buffer = undefined;
    this.#used = 0;
    const hasRoom = this.#res.write(buffer.subarray(0, used), () => {
      if (freeBuffers.length < FREE_BUFFERS_KEPT) freeBuffers.push(buffer);
    });
    if (hasRoom || this.#isFull) return;
    this.#isFull = true;
    this.#res.once('drain', () => {
      this.#isFull = false;
      this.#onDrain();
    });
  }

  /** By `setImmediate`. The client may be gone by now. */
  flushScheduled(): void {
    this.#isScheduled = false;
    if (!this.#res.destroyed && !this.#res.writableEnded) this.flush();
  }
}

const flushScheduled = (combiner: WriteCombiner): void => combiner.flushScheduled();
