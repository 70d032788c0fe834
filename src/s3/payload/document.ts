/** Request bodies that are small XML texts: read whole, checked against every hash that came along, then sent as they are. */
import { isUtf8 as isValidUtf8 } from 'node:buffer';
import { createHash, hash } from 'node:crypto';
import { EMPTY_SHA256 } from '../auth/sigv4.ts';
import { S3Error } from '../errors.ts';
import { FrameParser } from './aws-chunked.ts';
import { createChecksum, isChecksum } from './checksums.ts';
import type { ChunkChain } from './chunk-signatures.ts';
import { isFramed, isSignedFrames, type PayloadPlan } from './modes.ts';

/** 10,000 parts with a checksum each take about 2 MB. */
export const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

export interface Unframed {
  readonly body: Buffer;
  /** Value of the trailer that was announced: the checksum of the body, which is right where it can be computed here. */
  readonly trailer: string | undefined;
}

/** Undoes the frames. @throws S3Error as the frame parser and the chunk chain do. */
export const unframe = (body: Buffer, plan: PayloadPlan, chain: ChunkChain | undefined): Unframed => {
  if (!isFramed(plan.mode)) return { body, trailer: undefined };
  const pieces: Buffer[] = [];
  let checked: string | undefined;
  const frames = { signed: isSignedFrames(plan.mode), decodedLength: plan.length, trailer: plan.trailer };
  const parser = new FrameParser(frames, {
    data: (piece) => {
      chain?.update(piece);
      pieces.push(piece);
    },
    chunkEnd: (signature) => chain?.endChunk(signature as string),
    end: (trailer, signature) => {
      if (trailer === undefined) return;
      if (signature !== undefined) chain?.endTrailer(plan.trailer as string, trailer, signature);
      checkChecksum(plan.trailer as string, trailer, Buffer.concat(pieces));
      checked = trailer;
    },
  });
  parser.write(body);
  parser.finish();
  return { body: Buffer.concat(pieces), trailer: checked };
};

const SHA256 = /^[0-9a-f]{64}$/;

/** Of a body that is not sent on. @throws S3Error XAmzContentSHA256Mismatch, InvalidDigest, BadDigest */
export const checkDropped = (body: Buffer, headers: ReadonlyMap<string, string>): void => {
  const declared = headers.get('x-amz-content-sha256');
  if (declared !== undefined && SHA256.test(declared)) {
    const actual = body.length === 0 ? EMPTY_SHA256 : hash('sha256', body, 'hex');
    if (declared !== actual) throw new S3Error('XAmzContentSHA256Mismatch');
  }
  const md5 = headers.get('content-md5');
  if (md5 !== undefined) checkMd5(md5, body);
};

/** @throws S3Error XAmzContentSHA256Mismatch, InvalidDigest, BadDigest, InvalidRequest */
export const checkDigests = (body: Buffer, plan: PayloadPlan, headers: ReadonlyMap<string, string>): void => {
  if (plan.mode === 'hash' && hash('sha256', body, 'hex') !== plan.hash) throw new S3Error('XAmzContentSHA256Mismatch');
  const md5 = headers.get('content-md5');
  if (md5 !== undefined) checkMd5(md5, body);
  for (const [name, value] of plan.checksums) checkChecksum(name, value, body);
};

/** Of a document that has to come with a digest. @throws S3Error InvalidRequest */
export const requireDigest = ({ trailer, checksums }: PayloadPlan, headers: ReadonlyMap<string, string>): void => {
  if (trailer !== undefined || headers.has('content-md5') || checksums.length > 0) return;
  throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
};

/** Of the XML declaration, at the very beginning. */
const ENCODING = /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/;

/**
 * A document has to have one meaning. Entities are how a small text becomes a large one, and how two parsers come to read
 * different keys; in another encoding than UTF-8 the same bytes would be another text, and hide them.
 * @throws S3Error MalformedXML
 */
export const requirePlainXml = (body: Buffer): void => {
  const text = body.toString('latin1');
  const encoding = ENCODING.exec(text)?.[1]?.toLowerCase() ?? 'utf-8';
  const isUtf8 = (encoding === 'utf-8' || encoding === 'us-ascii') && isValidUtf8(body) && !text.includes('\0');
  if (!isUtf8 || /<!(DOCTYPE|ENTITY)/i.test(text)) throw new S3Error('MalformedXML');
};

function checkMd5(md5: string, body: Buffer): void {
  if (Buffer.from(md5, 'base64').length !== 16) throw new S3Error('InvalidDigest');
  if (createHash('md5').update(body).digest('base64') !== md5) throw new S3Error('BadDigest');
}

/** @param name `x-amz-checksum-<algorithm>` @throws S3Error InvalidRequest, BadDigest */
function checkChecksum(name: string, value: string, body: Buffer): void {
  const algorithm = name.slice('x-amz-checksum-'.length);
  if (!isChecksum(algorithm, value)) throw new S3Error('InvalidRequest', `Value for ${name} header is invalid.`);
  const checksum = createChecksum(algorithm);
  checksum?.update(body);
  if (checksum && checksum.digest() !== value) throw new S3Error('BadDigest');
}
