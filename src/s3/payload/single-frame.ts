/** The body of an upload written anew as one frame, with the client's own checksum behind it as the trailer. */
import type { Outgoing } from '../upstream/sign.ts';
import { CHECKSUM_CHARS, isChecksum } from './checksums.ts';

/** `x-amz-checksum-crc32` names CRC32. */
export const algorithmOf = (trailer: string): string => trailer.slice('x-amz-checksum-'.length);

/** Its whole length is known before the first byte. */
export class SingleFrame {
  readonly #trailer: string;
  readonly #length: number;
  readonly head: Buffer;
  readonly contentLength: number;

  /** @param length bytes of the body; @param trailer `x-amz-checksum-<algorithm>`, of an algorithm that is known */
  constructor(length: number, trailer: string) {
    this.#trailer = trailer;
    this.#length = length;
    this.head = Buffer.from(length === 0 ? '' : `${length.toString(16)}\r\n`, 'latin1');
    const chars = CHECKSUM_CHARS[algorithmOf(trailer)] as number;
    this.contentLength = this.head.length + length + this.#tail('='.repeat(chars)).length;
  }

  /** What follows the body. @throws Error for anything but a checksum of the algorithm that was announced */
  tail(value: string): Buffer {
    if (!isChecksum(algorithmOf(this.#trailer), value)) throw new Error('the trailer is no checksum');
    return this.#tail(value);
  }

  #tail(value: string): Buffer {
    return Buffer.from(`${this.#length === 0 ? '' : '\r\n'}0\r\n${this.#trailer}:${value}\r\n\r\n`, 'latin1');
  }

  rewrite(outgoing: Outgoing & { headers: Map<string, string> }, isAws: boolean): Outgoing {
    const { headers } = outgoing;
    const encoding = headers.get('content-encoding');
    // Others than AWS may store it with the object; that the body is framed they know from the payload hash.
    if (isAws) headers.set('content-encoding', encoding === undefined ? 'aws-chunked' : `aws-chunked,${encoding}`);
    headers.set('x-amz-decoded-content-length', String(this.#length));
    headers.set('x-amz-trailer', this.#trailer);
    return { ...outgoing, payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
  }
}
