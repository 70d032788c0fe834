/** The bytes of an upload as the client meant them, and whether they arrived as it says. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError, type Call } from './rule.ts';

interface Payload {
  readonly body: Buffer;
  /** Headers that came after the body. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** `aws-chunked`: hexadecimal size, perhaps a signature, the bytes; a chunk of size 0 and trailers end it. */
const decodeChunks = (raw: Buffer): Payload => {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
    const size = Number.parseInt(raw.toString('latin1', at, end), 16);
    if (!Number.isInteger(size)) throw new AwsError('InvalidRequest', 'The chunk size is not valid.');
    at = end + 2;
    if (size === 0) break;
    if (at + size > raw.length) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
    parts.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  const lines = raw
    .toString('latin1', at)
    .split(/\r?\n/)
    .filter((line) => line.includes(':'));
  const trailers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { body: Buffer.concat(parts), trailers: Object.fromEntries(trailers) };
};

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

/** The request with its body decoded. @throws BadDigest, InvalidDigest, IncompleteBody */
export const checkPayload = (call: Call): Call['request'] => {
  const { headers } = call.request;
  const chunked = (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const { body, trailers } = chunked ? decodeChunks(call.request.body) : { body: call.request.body, trailers: {} };
  const declared = headers['x-amz-decoded-content-length'];
  if (chunked && declared !== undefined && Number(declared) !== body.length) {
    throw new AwsError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header.',
    );
  }
  checkMd5(headers['content-md5'], body);
  const all: Record<string, string> = { ...headers, ...trailers };
  for (const [name, compute] of Object.entries(ALGORITHMS)) {
    const given = all[`x-amz-checksum-${name}`];
    if (given !== undefined && compute(body) !== given) {
      throw new AwsError('BadDigest', `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
    }
  }
  if (!chunked) return call.request;
  // moto reads chunks in its own way; it gets plain bytes instead.
  const algorithm = Object.keys(trailers)
    .find((name) => name.startsWith('x-amz-checksum-'))
    ?.slice('x-amz-checksum-'.length);
  const dropped = ['x-amz-trailer', 'x-amz-decoded-content-length', 'content-encoding', 'x-amz-content-sha256'];
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked')
    .join(',');
  const kept = Object.fromEntries(
    Object.entries(all).filter(([name]) => !dropped.includes(name) && name !== 'x-amz-trailer-signature'),
  );
  return {
    ...call.request,
    body,
    headers: {
      ...kept,
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      ...(encoding && { 'content-encoding': encoding }),
      ...(algorithm && { 'x-amz-sdk-checksum-algorithm': algorithm.toUpperCase() }),
    },
  };
};
