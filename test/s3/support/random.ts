/** Random numbers from a seed, and what a fuzzer does with them. */

export interface Random {
  /** 0 to n - 1. */
  below(n: number): number;
  bytes(length: number): Buffer;
  /** A copy with one to three small changes. */
  mutate(bytes: Buffer): Buffer;
  /** In one to five pieces. */
  split(bytes: Buffer): Buffer[];
}

/** What parsers trip over. */
const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '0\r\n\r\n',
  '0',
  ';',
  ':',
  ' ',
  '\0',
  'ffffffffffffffff',
  '-1',
  '0x10',
  ';chunk-signature=',
  '\r\n\r\n',
  'Content-Length: 5\r\n',
  'chunked',
  '1;',
].map((token) => Buffer.from(token));

/** mulberry32 */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);

  const change = (bytes: Buffer): Buffer => {
    const at = below(bytes.length + 1);
    // Heads and tails are where the structure is.
    const near =
      below(3) === 0
        ? at
        : below(2) === 0
          ? Math.min(below(120), bytes.length)
          : Math.max(bytes.length - below(200), 0);
    switch (below(7)) {
      case 0: {
        const copy = Buffer.from(bytes);
        if (near < copy.length) copy[near] = (copy[near] as number) ^ (1 << below(8));
        return copy;
      }
      case 1:
        return Buffer.concat([bytes.subarray(0, near), bytes.subarray(near + 1 + below(4))]);
      case 2:
        return Buffer.concat([bytes.subarray(0, near), TOKENS[below(TOKENS.length)] as Buffer, bytes.subarray(near)]);
      case 3:
        return bytes.subarray(0, near);
      case 4: {
        const length = below(100);
        return Buffer.concat([bytes.subarray(0, near + length), bytes.subarray(near)]);
      }
      case 5: {
        const copy = Buffer.from(bytes);
        if (near < copy.length) copy[near] = below(256);
        return copy;
      }
      default: {
        const other = below(bytes.length + 1);
        const [from, to] = near < other ? [near, other] : [other, near];
        return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to), bytes.subarray(from, to)]);
      }
    }
  };

  return {
    below,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    mutate(bytes) {
      let changed = bytes;
      for (let i = 0; i <= below(3); i++) changed = change(changed);
      return changed;
    },
    split(bytes) {
      const cuts = Array.from({ length: below(5) }, () => below(bytes.length + 1)).sort((a, b) => a - b);
      return [0, ...cuts].map((from, i) => bytes.subarray(from, [...cuts, bytes.length][i]));
    },
  };
};
