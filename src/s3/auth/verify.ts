/** Checks of a received signature that hold in every mode, and the comparison itself. */

import { timingSafeEqual } from 'node:crypto';
import { S3Error } from '../errors.ts';
import { canonicalQuery } from '../http/query.ts';
import type { S3Request } from '../http/request.ts';
import { decodeOnce, encodePath } from '../http/uri.ts';
import type { HmacKey } from './hmac.ts';
import type { Authorization } from './signature-fields.ts';
import {
  canonicalHeaderValue,
  canonicalRequest,
  EMPTY_SHA256,
  hmacHex,
  scopeOf,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './sigv4.ts';

/** The clock of a client may be this far off. */
export const SKEW_MAX_MS = 15 * 60_000;

const isoOf = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}/, '');

/**
 * A request is fresh when its date is near ours; a presigned URL until it expires.
 * @throws S3Error RequestTimeTooSkewed, AccessDenied
 */
export const checkTime = (authorization: Authorization, now: number): void => {
  const { time, expires } = authorization;
  if (expires === undefined) {
    if (Math.abs(now - time) <= SKEW_MAX_MS) return;
    throw new S3Error('RequestTimeTooSkewed', undefined, {
      RequestTime: authorization.amzDate,
      ServerTime: isoOf(now),
      MaxAllowedSkewMilliseconds: String(SKEW_MAX_MS),
    });
  }
  if (time - now > SKEW_MAX_MS) {
    throw new S3Error('AccessDenied', 'Request is not yet valid', {
      'X-Amz-Expires': String(expires),
      ServerTime: isoOf(now),
    });
  }
  if (now >= time + expires * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      'X-Amz-Expires': String(expires),
      Expires: isoOf(time + expires * 1000),
      ServerTime: isoOf(now),
    });
  }
};

/**
 * What the client signed has to cover every header that decides: an unsigned `x-amz-copy-source` would turn an upload
 * into a read of anything. This holds also where the signature itself can't be checked.
 * @throws S3Error AccessDenied with HeadersNotSigned, SignatureDoesNotMatch
 */
export const checkSignedHeaders = (request: S3Request, { signedHeaders, signedAmz }: Authorization): void => {
  if (signedAmz < 0) throw signedHeaders.includes('host') ? new S3Error('SignatureDoesNotMatch') : notSigned('host');
  for (const name of signedHeaders) {
    if (request.headers.has(name) && !request.hoisted.has(name)) continue;
    throw new S3Error('SignatureDoesNotMatch', 'SignedHeaders names a header that the request does not have.');
  }
  // Counting suffices where nothing is wrong: names are unique on both sides.
  if (request.amzHeaders === signedAmz) return;
  const unsigned = [...request.headers.keys()].filter(
    (name) =>
      name.startsWith('x-amz-') &&
      !signedHeaders.includes(name) &&
      name !== 'x-amz-content-sha256' && // bound by its own line of the canonical request
      !request.hoisted.has(name), // in the signed query
  );
  if (unsigned.length > 0) throw notSigned(unsigned.join(', '));
};

const notSigned = (names: string): S3Error =>
  new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
    HeadersNotSigned: names,
  });

/** Names under which clients may know this endpoint, beside the Host and path we see. */
export interface PublicNames {
  readonly hosts: readonly string[];
  readonly prefixes: readonly string[];
  /** X-Forwarded-Host is believed: a proxy of ours sets it. */
  readonly trustForwarded: boolean;
}

/** What the client has nearly always signed: the string for the Host and path that we see. */
export const likelyStringToSign = (request: S3Request, authorization: Authorization): string =>
  renderer(request, authorization)(request.headers.get('host') ?? '', request.path || '/');

/** The other strings that it may have signed. */
export function* unlikelyStringsToSign(
  request: S3Request,
  authorization: Authorization,
  names: PublicNames,
): Generator<string> {
  const render = renderer(request, authorization);
  const [host, path] = [request.headers.get('host') ?? '', request.path || '/'];
  for (const otherHost of hostsOf(request, names)) {
    for (const otherPath of pathsOf(request, names)) {
      if (otherHost !== host || otherPath !== path) yield render(otherHost, otherPath);
    }
  }
}

function renderer(request: S3Request, authorization: Authorization): (host: string, path: string) => string {
  const scope = scopeOf(authorization.date, authorization.region);
  const query = canonicalQuery(
    authorization.expires === undefined ? request.query : request.query.filter(([name]) => name !== 'X-Amz-Signature'),
  );
  const payloadHash = request.headers.get('x-amz-content-sha256') ?? defaultPayloadHash(request, authorization);
  const { signedHeaders: sorted, signedHeadersText: signedHeaders } = authorization;
  return (host, path) => {
    let headers = '';
    for (const name of sorted) {
      const value = name === 'host' ? host : (request.headers.get(name) as string);
      headers += `${name}:${canonicalHeaderValue(value)}\n`;
    }
    const parts = { method: request.method, path, query, headers, signedHeaders, payloadHash };
    return stringToSign(authorization.amzDate, scope, canonicalRequest(parts));
  };
}

function defaultPayloadHash(request: S3Request, { expires }: Authorization): string {
  const hasBody = request.headers.has('transfer-encoding') || (request.headers.get('content-length') ?? '0') !== '0';
  return expires !== undefined || hasBody ? UNSIGNED_PAYLOAD : EMPTY_SHA256;
}

function* hostsOf(request: S3Request, names: PublicNames): Generator<string> {
  yield request.headers.get('host') ?? '';
  const forwarded = names.trustForwarded ? request.headers.get('x-forwarded-host') : undefined;
  if (forwarded) yield forwarded.split(',')[0]?.trim() ?? '';
  for (const host of names.hosts) {
    yield host;
    if (!host.includes(':')) yield `${host}:${request.secure ? 443 : 80}`;
  }
}

/** As received first; then in S3's own encoding; then as it was before an ingress rewrote its prefix. */
function* pathsOf(request: S3Request, names: PublicNames): Generator<string> {
  for (const prefix of new Set([request.prefix, ...names.prefixes])) {
    const path = prefix + request.rest || '/';
    yield path;
    const decoded = decodeOnce(path);
    const encoded = decoded === undefined ? path : encodePath(decoded);
    if (encoded !== path) yield encoded;
  }
}

/** Compares in constant time. */
export const signatureMatches = (key: HmacKey, text: string, signature: string): boolean => {
  const expected = Buffer.from(hmacHex(key, text), 'latin1');
  const given = Buffer.from(signature, 'latin1');
  return expected.length === given.length && timingSafeEqual(expected, given);
};
