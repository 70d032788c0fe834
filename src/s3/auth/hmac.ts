/**
 * HMAC-SHA256 from two one-shot hashes. Node's own makes a stream object with a native handle for each use, which costs
 * several times the hashing, and the garbage collector its share; here a key is two blocks that are prepared once.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
import { createHash, hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** The key, mixed with the two pads. */
export interface HmacKey {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

export const createHmacKey = (secret: Buffer): HmacKey => {
  const short = secret.length > BLOCK_BYTES ? createHash('sha256').update(secret).digest() : secret;
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES, 0x5c);
  for (let i = 0; i < short.length; i++) {
    inner[i] = (inner[i] as number) ^ (short[i] as number);
    outer[i] = (outer[i] as number) ^ (short[i] as number);
  }
  return { inner, outer };
};

/** Used anew by every call: hashing is synchronous. Strings to sign are far shorter. */
const innerScratch = Buffer.alloc(1_024);
const outerScratch = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/** @param text is taken as UTF-8. @param encoding of the result */
export const hmac = (key: HmacKey, text: string, encoding: 'hex' | 'binary'): string => {
  const needed = BLOCK_BYTES + text.length * 3;
  const scratch = needed <= innerScratch.length ? innerScratch : Buffer.allocUnsafe(needed);
  key.inner.copy(scratch);
  const length = scratch.write(text, BLOCK_BYTES, 'utf8');
  const digest = hash('sha256', scratch.subarray(0, BLOCK_BYTES + length), 'binary');
  key.outer.copy(outerScratch);
  outerScratch.write(digest, BLOCK_BYTES, 'latin1');
  return hash('sha256', outerScratch, encoding);
};
