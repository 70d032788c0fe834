/** What a request says about its own signature: in the Authorization header or, presigned, in the query string. */

import { parseQuery, type RawRequest } from '../wire/request.ts';
import type { Claim } from './claim.ts';
import { refusals } from './errors.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

const parseLongDate = (text: string): number => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
  if (!parts) return Number.NaN;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** The `x-amz-date` header, else `date`, in the long form. */
const dateHeader = (request: RawRequest): string => {
  const amz = request.headers['x-amz-date'];
  if (amz) return amz;
  const date = Date.parse(request.headers.date ?? '');
  return Number.isNaN(date) ? '' : new Date(date).toISOString().replace(/[-:]|\.\d+/g, '');
};

/** Values as the canonical form wants them: trimmed, runs of blanks as one. */
const pickHeaders = (request: RawRequest, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, (request.headers[name] ?? '').trim().replace(/[ \t]+/g, ' ')]));

interface Stated {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly longDate: string;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
  readonly expiresSeconds: number;
  readonly payloadHash: string | undefined;
}

const readHeader = (request: RawRequest, header: string): Stated => {
  const rest = header.slice(ALGORITHM.length);
  const fields = new Map(
    rest.split(',').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
    }),
  );
  return {
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
    longDate: dateHeader(request),
    sessionToken: request.headers['x-amz-security-token'],
    presigned: false,
    expiresSeconds: 0,
    payloadHash: undefined,
  };
};

const readPresigned = (request: RawRequest): Stated | undefined => {
  if (!request.query.includes('X-Amz-Signature=')) return undefined;
  const query = new Map(parseQuery(request.query));
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) return undefined;
  return {
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    longDate: query.get('X-Amz-Date') ?? '',
    sessionToken: query.get('X-Amz-Security-Token'),
    presigned: true,
    expiresSeconds: Number(query.get('X-Amz-Expires') ?? Number.NaN),
    payloadHash: query.get('X-Amz-Content-Sha256'),
  };
};

/** Headers that change what S3 does must be under the signature. */
const checkCoverage = (request: RawRequest, service: string, stated: Stated, names: readonly string[]): void => {
  if (!names.includes('host')) throw refusals.hostNotSigned(service);
  if (service !== 's3') return;
  const open = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && !names.includes(name));
  const unsigned = open.filter((name) => !(stated.presigned && name === 'x-amz-content-sha256'));
  if (unsigned.length > 0) throw refusals.headersNotSigned(unsigned);
};

/** Service, region and access key as the request names them, before anything is checked; undefined without any. */
export const peekScope = (
  request: RawRequest,
): { service: string; region: string; accessKeyId: string } | undefined => {
  const header = request.headers.authorization;
  const credential =
    /Credential=([^,\s]+)/.exec(header ?? '')?.[1] ??
    (header ? undefined : new Map(parseQuery(request.query)).get('X-Amz-Credential'));
  const parts = credential?.split('/') ?? [];
  const [region, service] = parts.slice(-3);
  const accessKeyId = parts.slice(0, -4).join('/');
  return parts.length >= 5 && region && service ? { service, region, accessKeyId } : undefined;
};

/** @throws AwsError where the request has no signature, or one that cannot be read */
export const findClaim = (request: RawRequest): Claim => {
  const scope = peekScope(request);
  const header = request.headers.authorization;
  if (header && !header.startsWith(`${ALGORITHM} `)) throw refusals.unsupported(scope?.service ?? 's3');
  const stated = header ? readHeader(request, header) : readPresigned(request);
  if (!stated) throw refusals.missing(request, scope?.service);
  const parts = stated.credential.split('/');
  const [shortDate = '', region = '', service = '', terminator] = parts.slice(-4);
  const names = stated.signedHeaders.split(';').filter(Boolean);
  const signedAt = parseLongDate(stated.longDate);
  const malformed = parts.length < 5 || terminator !== 'aws4_request' || stated.signature === '' || names.length === 0;
  if (malformed || Number.isNaN(signedAt) || !stated.longDate.startsWith(shortDate)) {
    throw refusals.incomplete(scope?.service ?? 's3');
  }
  if (stated.presigned && Number.isNaN(stated.expiresSeconds)) throw refusals.incomplete(service);
  checkCoverage(request, service, stated, names);
  return {
    ...stated,
    accessKeyId: parts.slice(0, -4).join('/'),
    shortDate,
    region,
    service,
    signedAt,
    signedHeaders: pickHeaders(request, names),
  };
};
