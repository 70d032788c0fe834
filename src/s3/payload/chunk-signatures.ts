/** The chain of chunk signatures: each covers the one before, so no chunk can be left out, changed or moved. */

import { createHash, type Hash, hash } from 'node:crypto';
import type { HmacKey } from '../auth/hmac.ts';
import { EMPTY_SHA256 } from '../auth/sigv4.ts';
import { signatureMatches } from '../auth/verify.ts';
import { S3Error } from '../errors.ts';

export interface ChunkChainOptions {
  readonly key: HmacKey;
  readonly amzDate: string;
  readonly scope: string;
  /** The signature of the request itself. */
  readonly seed: string;
}

export class ChunkChain {
  readonly #options: ChunkChainOptions;
  #previous: string;
  #hash: Hash | undefined;

  constructor(options: ChunkChainOptions) {
    this.#options = options;
    this.#previous = options.seed;
  }

  update(piece: Buffer): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(piece);
  }

  /** @throws S3Error SignatureDoesNotMatch */
  endChunk(signature: string): void {
    const digest = this.#hash?.digest('hex') ?? EMPTY_SHA256;
    this.#hash = undefined;
    this.#check('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_SHA256}\n${digest}`, signature);
    this.#previous = signature;
  }

  /** @throws S3Error SignatureDoesNotMatch */
  endTrailer(name: string, value: string, signature: string): void {
    this.#check('AWS4-HMAC-SHA256-TRAILER', hash('sha256', `${name}:${value}\n`, 'hex'), signature);
  }

  #check(algorithm: string, rest: string, signature: string): void {
    const { key, amzDate, scope } = this.#options;
    const text = `${algorithm}\n${amzDate}\n${scope}\n${this.#previous}\n${rest}`;
    if (!signatureMatches(key, text, signature)) {
      throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk does not match.');
    }
  }
}
