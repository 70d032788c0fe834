/** Pieces of a body, collected. They may be of a byte each: as a list they would take a hundred times their size. */

const FIRST_BYTES = 16 * 1024;

export class Collector {
  readonly #max: number;
  /** The only piece so far, as it came: most small bodies come in one. */
  #only: Buffer | undefined;
  #buffer: Buffer | undefined;
  #length = 0;

  /** @param max bytes that will be added at most */
  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws RangeError for more than the maximum */
  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#max) throw new RangeError('more than was reserved');
    if (this.#length === 0) this.#only = piece;
    else {
      const buffer = this.#roomFor(length);
      if (this.#only) this.#only.copy(buffer, 0);
      this.#only = undefined;
      piece.copy(buffer, this.#length);
    }
    this.#length = length;
  }

  #roomFor(length: number): Buffer {
    const before = this.#buffer;
    if (before && before.length >= length) return before;
    const bytes = Math.min(this.#max, Math.max(2 * (before?.length ?? 0), FIRST_BYTES, length));
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    before?.copy(this.#buffer, 0, 0, this.#length);
    return this.#buffer;
  }

  /** Everything that was added. */
  take(): Buffer {
    return this.#only ?? this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }
}
