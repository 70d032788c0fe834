/**
 * Did the bytes of an upload arrive as the client says?
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

const crc32c = (body: Buffer): number => {
  let value = 0xffffffff;
  for (const byte of body) value = (CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
};

const word = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
};

/** CRC64NVME is taken as given: no part of Node computes it. */
const ALGORITHMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => word(crc32(body)),
  crc32c: (body) => word(crc32c(body)),
  sha1: (body) => createHash('sha1').update(body).digest('base64'),
  sha256: (body) => createHash('sha256').update(body).digest('base64'),
};

const checkMd5 = (given: string | undefined, body: Buffer): void => {
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400, { 'Content-MD5': given });
  }
  const calculated = createHash('md5').update(body).digest('base64');
  if (calculated !== given) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400, {
      ExpectedDigest: given,
      CalculatedDigest: calculated,
    });
  }
};

/** The algorithm of a checksum that moto has to be told, so that it keeps the value with the object. */
const TELL_MOTO = 'x-amz-sdk-checksum-algorithm';

/** The request, its digests proved (an `aws-chunked` body has been taken apart before). @throws BadDigest, InvalidDigest */
export const checkPayload = ({ request, operation }: Call): Call['request'] => {
  const { headers, body } = request;
  checkMd5(headers['content-md5'], body);
  // Its checksums are those of the object that it puts together, not of its own body.
  if (operation === 'CompleteMultipartUpload') return request;
  for (const [name, compute] of Object.entries(ALGORITHMS)) {
    const given = headers[`x-amz-checksum-${name}`];
    if (given === undefined) continue;
    if (compute(body) !== given) {
      throw new AwsError('BadDigest', `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
    }
    return { ...request, headers: { [TELL_MOTO]: name.toUpperCase(), ...headers } };
  }
  return request;
};
