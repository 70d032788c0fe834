/**
 * How the body of an upload is framed and protected, decided by its headers alone, before a byte of it is read.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

import { UNSIGNED_PAYLOAD } from '../auth/sigv4.ts';
import { S3Error } from '../errors.ts';
import type { S3Request } from '../http/request.ts';
import { isAlgorithm, isChecksum } from './checksums.ts';

export type PayloadMode = 'hash' | 'unsigned' | 'unsigned-trailer' | 'signed-chunks' | 'signed-chunks-trailer';

export interface PayloadPlan {
  readonly mode: PayloadMode;
  /** Value of the client's `x-amz-content-sha256`; `UNSIGNED-PAYLOAD` when it has none. */
  readonly hash: string;
  /** Bytes of the object: of the body itself, or of what its frames hold. */
  readonly length: number;
  /** `x-amz-checksum-crc32`, where one is announced. */
  readonly trailer: string | undefined;
  /** The `x-amz-checksum-…` header that protects the body: name and value; at most one. */
  readonly checksums: readonly (readonly [name: string, value: string])[];
}

/** What the operation and the mode of the endpoint say about bodies. */
export interface PayloadRules {
  /** A request without `x-amz-content-sha256` counts as `UNSIGNED-PAYLOAD`. */
  readonly allowUndeclared: boolean;
  /**
   * The checksum headers are of the object, whose bytes do not come with this request: they are the store's to check.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
   */
  readonly checksumsOfObject?: boolean | undefined;
}

/** A larger object has to be sent in parts. */
const UPLOAD_BYTES_MAX = 5 * 1024 ** 3;

const STREAMING: ReadonlyMap<string, PayloadMode> = new Map([
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'unsigned-trailer'],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'signed-chunks'],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'signed-chunks-trailer'],
]);

export const isFramed = (mode: PayloadMode): boolean => mode !== 'hash' && mode !== 'unsigned';
export const isSignedFrames = (mode: PayloadMode): boolean =>
  mode === 'signed-chunks' || mode === 'signed-chunks-trailer';

/** @throws S3Error InvalidArgument, InvalidRequest, MissingContentLength, EntityTooLarge, NotImplemented */
export const planPayload = (
  { headers }: Pick<S3Request, 'headers'>,
  { allowUndeclared, checksumsOfObject = false }: PayloadRules,
): PayloadPlan => {
  const declared = headers.get('x-amz-content-sha256');
  if (declared === undefined && !allowUndeclared) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  const hash = declared ?? UNSIGNED_PAYLOAD;
  const mode = modeOf(hash);
  if (!isFramed(mode)) refuseFrames(headers);
  const trailer = trailerOf(headers.get('x-amz-trailer'), mode);
  checkMd5Header(headers);
  const checksums = checksumsOfObject ? [] : checksumsOf(headers, trailer);
  const length = isFramed(mode) ? decodedLength(headers) : plainLength(headers);
  if (length > UPLOAD_BYTES_MAX) {
    throw new S3Error('EntityTooLarge', undefined, {
      ProposedSize: String(length),
      MaxSizeAllowed: String(UPLOAD_BYTES_MAX),
    });
  }
  return { mode, hash, length, trailer, checksums };
};

function modeOf(hash: string): PayloadMode {
  if (hash === UNSIGNED_PAYLOAD) return 'unsigned';
  if (/^[0-9a-f]{64}$/.test(hash)) return 'hash';
  const mode = STREAMING.get(hash);
  if (mode) return mode;
  if (hash.startsWith('STREAMING-AWS4-ECDSA-')) throw new S3Error('NotImplemented', 'SigV4A is not supported here.');
  throw new S3Error(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    { ArgumentName: 'x-amz-content-sha256' },
  );
}

/**
 * Headers of a framed body on one that is said to be plain: its frames would be stored as if they were the object.
 * A decoded length that is the length contradicts nothing.
 */
function refuseFrames(headers: ReadonlyMap<string, string>): void {
  const decoded = headers.get('x-amz-decoded-content-length');
  const isLabelled = /(^|,)[ \t]*aws-chunked[ \t]*(,|$)/i.test(headers.get('content-encoding') ?? '');
  if (!isLabelled && (decoded === undefined || decoded === headers.get('content-length'))) return;
  throw new S3Error(
    'InvalidRequest',
    `${isLabelled ? 'Content-Encoding: aws-chunked' : 'x-amz-decoded-content-length'} needs an x-amz-content-sha256 that begins with STREAMING-.`,
  );
}

function trailerOf(announced: string | undefined, mode: PayloadMode): string | undefined {
  if (announced === undefined) {
    if (mode === 'signed-chunks-trailer') throw new S3Error('MalformedTrailerError', 'x-amz-trailer is missing.');
    return undefined;
  }
  const name = announced.trim().toLowerCase();
  const algorithm = /^x-amz-checksum-([a-z0-9]+)$/.exec(name)?.[1];
  if (!isFramed(mode) || mode === 'signed-chunks') {
    throw new S3Error('InvalidRequest', 'x-amz-trailer needs a payload that has a trailer.');
  }
  if (algorithm === undefined || !isAlgorithm(algorithm)) {
    throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
  }
  return name;
}

/** Malformed digests are refused here: an upstream would say so in mid-body, where its answer is easily lost. */
function checkMd5Header(headers: ReadonlyMap<string, string>): void {
  const md5 = headers.get('content-md5');
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw new S3Error('InvalidDigest');
}

function checksumsOf(headers: ReadonlyMap<string, string>, trailer: string | undefined): [string, string][] {
  const checksums: [string, string][] = [];
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amz-checksum-')) continue;
    const algorithm = name.slice('x-amz-checksum-'.length);
    if (!isAlgorithm(algorithm)) continue;
    if (!isChecksum(algorithm, value)) throw new S3Error('InvalidRequest', `Value for ${name} header is invalid.`);
    checksums.push([name, value]);
  }
  if (checksums.length + (trailer === undefined ? 0 : 1) > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return checksums;
}

const DIGITS = /^\d{1,15}$/;

function plainLength(headers: ReadonlyMap<string, string>): number {
  const length = headers.get('content-length');
  if (length !== undefined && DIGITS.test(length)) return Number(length);
  throw new S3Error('MissingContentLength');
}

function decodedLength(headers: ReadonlyMap<string, string>): number {
  const length = headers.get('x-amz-decoded-content-length');
  if (length === undefined) throw new S3Error('MissingContentLength');
  if (!DIGITS.test(length)) throw new S3Error('InvalidArgument', 'x-amz-decoded-content-length is not a number.');
  return Number(length);
}
