/**
 * A way up that is opened once there is something to send: a client that sends its body byte by byte would otherwise hold
 * a connection to the upstream all the while.
 */

import type { UpstreamCall } from '../upstream/upstream.ts';
import { Collector } from './collector.ts';

/** As much as Node reads at a time, so that a fast client's body goes up with its first piece. */
export const ENOUGH_BYTES = 64 * 1024;

export class LateCall {
  readonly #open: () => UpstreamCall;
  readonly #room: number;
  #early: Collector | undefined;
  #call: UpstreamCall | undefined;

  /** @param length bytes that will be written; @param open makes the call */
  constructor(length: number, open: () => UpstreamCall) {
    this.#open = open;
    this.#room = Math.min(length, ENOUGH_BYTES);
  }

  /** @returns false when the sender should wait for `onDrain` */
  write(chunk: Buffer): boolean {
    if (this.#call) return this.#call.write(chunk);
    const early = this.#early?.length ?? 0;
    if (early + chunk.length < this.#room) {
      this.#early ??= new Collector(this.#room);
      this.#early.add(chunk);
      return true;
    }
    const call = this.#begin();
    return call.write(chunk);
  }

  end(): void {
    (this.#call ?? this.#begin()).end();
  }

  #begin(): UpstreamCall {
    const early = this.#early;
    this.#early = undefined;
    const call = this.#open();
    this.#call = call;
    if (early && early.length > 0) call.write(early.take());
    return call;
  }
}
