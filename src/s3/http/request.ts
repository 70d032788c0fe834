/**
 * An S3 request as it stood on the wire, split but not interpreted. The path is never given to a URL parser: dot segments
 * and doubled slashes belong to the key, and what is authorised has to be what is forwarded.
 */
import { S3Error } from '../errors.ts';
import { isParameter } from '../operations.ts';
import { byName } from './by-name.ts';
import { isFieldValue, isToken, trimBlanks } from './field-text.ts';
import { keptText } from './kept-text.ts';
import { parseQuery, type QueryPair } from './query.ts';
import { decodeOnce } from './uri.ts';

export interface RawRequest {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly target: string;
  /** Flat list of names and values as received. */
  readonly rawHeaders: readonly string[];
  /** The client's connection is encrypted. */
  readonly secure: boolean;
}

export interface Addressing {
  /** `/s3`, or empty on a listener of its own. */
  readonly prefix: string;
  /** `s3.example.org` lets `bucket.s3.example.org` name a bucket. */
  readonly virtualHostSuffixes: readonly string[];
}

export interface S3Request {
  readonly method: string;
  /** As received, with the prefix: this is what the client signed. */
  readonly path: string;
  readonly prefix: string;
  /** What follows the prefix: the same path for a client that knows no prefix. */
  readonly rest: string;
  readonly query: readonly QueryPair[];
  readonly bucket: string | undefined;
  /** Decoded once; undefined when the request addresses a bucket or the service. */
  readonly key: string | undefined;
  /** Lower-case names. Also holds `x-amz-*` query parameters, which count as headers. */
  readonly headers: ReadonlyMap<string, string>;
  /** Names that came as query parameters, so that no list of signed headers names them. */
  readonly hoisted: ReadonlySet<string>;
  /** How many of the headers are `x-amz-*`, those in the query included. */
  readonly amzHeaders: number;
  readonly secure: boolean;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
export const isBucketName = (name: string): boolean => BUCKET_NAME.test(name) && !name.includes('..');

const KEY_BYTES_MAX = 1024;
/** The largest presigned URLs of SDKs have some thirty. Each is decoded and sorted before it is known who asks. */
const PARAMETERS_MAX = 100;

/** @throws S3Error InvalidURI, InvalidBucketName, KeyTooLongError, InvalidRequest */
export const parseRequest = (raw: RawRequest, addressing: Addressing): S3Request => {
  const { target } = raw;
  if (target.charCodeAt(0) !== 0x2f || target.includes('#')) throw new S3Error('InvalidURI');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const pairs = parseQuery(mark < 0 ? '' : target.slice(mark + 1), PARAMETERS_MAX);
  if (!pairs) throw new S3Error('InvalidURI');

  const headers = parseHeaders(raw.rawHeaders);
  if (!headers.has('host')) throw new S3Error('InvalidRequest', 'The request has no Host header.');
  const { query, hoisted } = hoistHeaders(pairs, headers);
  const rest = path.slice(addressing.prefix.length);
  const { bucket, key } = resource(rest, bucketOfHost(headers.get('host'), addressing.virtualHostSuffixes));
  return {
    method: raw.method,
    path,
    prefix: addressing.prefix,
    rest,
    query,
    bucket,
    key,
    headers,
    hoisted,
    amzHeaders: countAmz(headers),
    secure: raw.secure,
  };
};

function resource(
  rest: string,
  hostBucket: string | undefined,
): { bucket: string | undefined; key: string | undefined } {
  if (rest !== '' && rest.charCodeAt(0) !== 0x2f) throw new S3Error('InvalidURI');
  let bucket = hostBucket;
  let rawKey = rest.slice(1);
  if (bucket === undefined) {
    if (rawKey === '') return { bucket: undefined, key: undefined };
    const slash = rawKey.indexOf('/');
    bucket = slash < 0 ? rawKey : rawKey.slice(0, slash);
    rawKey = slash < 0 ? '' : rawKey.slice(slash + 1);
  }
  if (!isBucketName(bucket)) throw new S3Error('InvalidBucketName');
  if (rawKey === '') return { bucket, key: undefined };
  const key = decodeOnce(rawKey);
  if (key === undefined) throw new S3Error('InvalidURI');
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) throw new S3Error('KeyTooLongError');
  return { bucket, key };
}

function bucketOfHost(host: string | undefined, suffixes: readonly string[]): string | undefined {
  if (host === undefined || suffixes.length === 0) return undefined;
  const colon = host.lastIndexOf(':');
  const name = (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
  const suffix = suffixes.find((candidate) => name.endsWith(`.${candidate}`));
  return suffix === undefined ? undefined : name.slice(0, -suffix.length - 1);
}

const lowerName = byName((name) => keptText(name.toLowerCase()));

/** Headers of which a second line would mean two requests in one. */
const ONCE = new Set(['host', 'authorization', 'content-length', 'content-md5', 'range', 'date', 'expect']);

function parseHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = lowerName(rawHeaders[i] as string);
    const value = rawHeaders[i + 1] as string;
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else if (name === 'authorization') throw new S3Error('InvalidArgument', 'Only one auth mechanism allowed.');
    else if (ONCE.has(name) || name.startsWith('x-amz-')) {
      throw new S3Error('InvalidRequest', `The header ${name} may be given only once.`);
    } else headers.set(name, `${before},${value}`);
  }
  const connection = headers.get('connection');
  if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') refuseRemovals(connection);
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw new S3Error('InvalidRequest', 'The transfer coding is not known.');
  return headers;
}

function countAmz(headers: ReadonlyMap<string, string>): number {
  let count = 0;
  for (const name of headers.keys()) if (name.startsWith('x-amz-')) count++;
  return count;
}

/** A Connection header tells intermediaries to drop what it names: it must not name what was signed or decides. */
function refuseRemovals(connection: string): void {
  for (const token of connection.toLowerCase().split(',')) {
    const name = token.trim();
    if (name.startsWith('x-amz-') || name === 'host' || name === 'authorization' || name.startsWith('content-')) {
      throw new S3Error('InvalidRequest', 'The Connection header names a header that must not be removed.');
    }
  }
}

/** Query parameters of the authentication itself; all other `x-amz-*` parameters are headers in disguise. */
const AUTH_PARAMETERS = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
]);

const NO_NAMES: ReadonlySet<string> = new Set();

function hoistHeaders(
  pairs: QueryPair[],
  headers: Map<string, string>,
): { query: readonly QueryPair[]; hoisted: ReadonlySet<string> } {
  if (pairs.length === 0) return { query: pairs, hoisted: NO_NAMES };
  const seen = new Set<string>();
  let hoisted: Set<string> | undefined;
  const isSigned = headers.get('authorization')?.startsWith('AWS') === true;
  if (isSigned && pairs.some(([name]) => AUTH_PARAMETERS.has(name))) {
    throw new S3Error('InvalidArgument', 'Only one auth mechanism allowed.');
  }
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    const isAmz = lower.startsWith('x-amz-');
    if (isAmz || isParameter(lower)) {
      if (seen.has(lower)) throw new S3Error('InvalidRequest', `The query parameter ${lower} may be given only once.`);
      seen.add(lower);
    }
    if (!isAmz || AUTH_PARAMETERS.has(name)) continue;
    const text = hoistedValue(name, value);
    const header = headers.get(lower);
    if (header === undefined) {
      headers.set(lower, text);
      hoisted ??= new Set();
      hoisted.add(lower);
    } else if (header !== text) {
      throw new S3Error('InvalidRequest', `${lower} is given as a header and as a query parameter.`);
    }
  }
  return { query: pairs, hoisted: hoisted ?? NO_NAMES };
}

/**
 * As a header has it: one character a byte, no blanks around it. The name is looked at as it came, since lower case makes
 * letters of characters that are none (U+212A becomes a k).
 */
function hoistedValue(name: string, value: string): string {
  if (!isToken(name))
    throw new S3Error('InvalidArgument', 'The name of a query parameter can not be that of a header.');
  const text = trimBlanks(Buffer.from(value).toString('latin1'));
  if (!isFieldValue(text)) throw new S3Error('InvalidArgument', `${name.toLowerCase()} can not be a header.`);
  return text;
}
