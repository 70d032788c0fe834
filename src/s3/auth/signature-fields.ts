/**
 * The two places SigV4 authentication can stand in, the Authorization header and the query string, read into one form.
 * Nothing is verified here; everything that contradicts itself is refused.
 */
import { S3Error } from '../errors.ts';
import { keptText } from '../http/kept-text.ts';
import type { S3Request } from '../http/request.ts';
import { ALGORITHM, parseAmzDate } from './sigv4.ts';

/** What requests of one client have in common for a day. */
export interface SignedScope {
  readonly accessKeyId: string;
  /** Day of the scope, `20261121`. */
  readonly date: string;
  readonly region: string;
  /** Lower-case, sorted, as they stand in the canonical request. */
  readonly signedHeaders: readonly string[];
  readonly signedHeadersText: string;
  /** How many of them are `x-amz-*`; -1 for a list that names something twice, or not the host. */
  readonly signedAmz: number;
}

export interface Authorization extends SignedScope {
  /** The same object for all requests of a connection that were signed alike, so that things can be remembered with it. */
  readonly scope: SignedScope;
  readonly signature: string;
  /** The timestamp of the string to sign. */
  readonly amzDate: string;
  /** The same in milliseconds. */
  readonly time: number;
  /** Lifetime of a presigned URL in seconds; undefined for the header form. */
  readonly expires: number | undefined;
  readonly sessionToken: string | undefined;
}

const PRESIGNED_SECONDS_MAX = 604_800;

/** The last scope of a connection: most connections belong to one client, and its scope is nine tenths of the header. */
export interface ScopeMemo {
  text: string;
  scope: SignedScope | undefined;
}

export const newScopeMemo = (): ScopeMemo => ({ text: '', scope: undefined });

/** @throws S3Error AccessDenied without any authentication; the codes of a malformed one otherwise. */
export const parseAuthorization = (request: S3Request, memo: ScopeMemo = newScopeMemo()): Authorization => {
  const header = request.headers.get('authorization');
  const query = request.query.length > 0 ? queryAuthentication(request) : undefined;
  const isAws = header !== undefined && /^AWS[ 4-]/.test(header);
  if (query) {
    if (isAws) throw new S3Error('InvalidArgument', 'Only one auth mechanism allowed.');
    return fromQuery(query, request);
  }
  if (header === undefined || header === '') throw new S3Error('AccessDenied');
  if (header.startsWith('AWS4-ECDSA-P256-SHA256')) throw new S3Error('NotImplemented', 'SigV4A is not supported here.');
  if (/^AWS\s/.test(header)) {
    throw new S3Error(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
  if (!isAws) {
    throw new S3Error(
      'InvalidArgument',
      'Unsupported authorization type. Sign S3 requests with AWS4-HMAC-SHA256 and your token as access key id.',
      { ArgumentName: 'Authorization' },
    );
  }
  return fromHeader(header, request, memo);
};

function queryAuthentication(request: S3Request): Map<string, string> | undefined {
  const parameters = new Map(request.query);
  if (parameters.has('X-Amz-Algorithm') || parameters.has('X-Amz-Credential') || parameters.has('X-Amz-Signature')) {
    return parameters;
  }
  if (parameters.has('AWSAccessKeyId') || parameters.has('Signature')) {
    throw new S3Error(
      'InvalidRequest',
      'Presigned URLs of Signature Version 2 are not supported: set signature_version = s3v4.',
    );
  }
  return undefined;
}

const malformed = (message: string, fields = {}): S3Error =>
  new S3Error('AuthorizationHeaderMalformed', message, fields);

const SIGNATURE_PART = ', Signature=';
const SIGNATURE_CHARS = 64;

function fromHeader(header: string, request: S3Request, memo: ScopeMemo): Authorization {
  const textLength = header.length - SIGNATURE_PART.length - SIGNATURE_CHARS;
  const text = textLength > 0 ? header.slice(0, textLength) : '';
  // Compared as a whole, which is a memcmp; startsWith would go character by character.
  if (memo.scope && memo.text === text && header.startsWith(SIGNATURE_PART, textLength)) {
    return authorizationOf(memo.scope, header.slice(-SIGNATURE_CHARS), request);
  }
  const kept = keptText(header); // with the connection
  const { scope, signature } = parseHeader(kept);
  if (header.endsWith(SIGNATURE_PART + signature) && signature.length === SIGNATURE_CHARS) {
    memo.scope = scope;
    memo.text = kept.slice(0, textLength);
  }
  return authorizationOf(scope, signature, request);
}

function authorizationOf(scope: SignedScope, signature: string, request: S3Request): Authorization {
  const { amzDate, time } = requestTime(request);
  if (!amzDate.startsWith(scope.date)) {
    throw malformed(
      'The authorization header is malformed; the date of the credential differs from that of the request.',
    );
  }
  const { accessKeyId, date, region, signedHeaders, signedHeadersText, signedAmz } = scope;
  return {
    scope,
    accessKeyId,
    date,
    region,
    signedHeaders,
    signedHeadersText,
    signedAmz,
    signature,
    amzDate,
    time,
    expires: undefined,
    sessionToken: request.headers.get('x-amz-security-token'),
  };
}

function parseHeader(header: string): { scope: SignedScope; signature: string } {
  if (!header.startsWith(`${ALGORITHM} `))
    throw malformed('The authorization header is malformed; the algorithm is not known.');
  const parts = new Map<string, string>();
  for (const piece of header.slice(ALGORITHM.length + 1).split(',')) {
    const text = piece.trim();
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(equals, 0));
    if (!PARTS.has(name) || parts.has(name)) {
      throw malformed(
        'The authorization header is malformed; it needs Credential, SignedHeaders and Signature once each.',
      );
    }
    parts.set(name, text.slice(equals + 1));
  }
  const credential = parts.get('Credential');
  const signedHeaders = parts.get('SignedHeaders');
  const signature = parts.get('Signature');
  if (!credential || !signedHeaders || !signature) {
    throw malformed('The authorization header is malformed; it needs Credential, SignedHeaders and Signature.');
  }
  return { scope: { ...parseCredential(credential, malformed), ...sortedNames(signedHeaders) }, signature };
}

function sortedNames(text: string): Pick<SignedScope, 'signedHeaders' | 'signedHeadersText' | 'signedAmz'> {
  const signedHeaders = text.split(';').sort();
  const names = new Set(signedHeaders);
  const isSound = names.size === signedHeaders.length && names.has('host');
  const signedAmz = isSound ? signedHeaders.filter((name) => name.startsWith('x-amz-')).length : -1;
  return { signedHeaders, signedHeadersText: signedHeaders.join(';'), signedAmz };
}

const PARTS = new Set(['Credential', 'SignedHeaders', 'Signature']);
/** Any name will do: it is part of what was signed, and nothing is chosen by it. */
const REGION = /^[A-Za-z0-9._~-]{1,64}$/;

/** From the right: an access key id that is a token may hold slashes itself. */
function parseCredential(
  credential: string,
  refuse: (message: string) => S3Error,
): { accessKeyId: string; date: string; region: string } {
  const fields = credential.split('/');
  const [date, region, service, terminator] = fields.slice(-4);
  if (fields.length < 5 || !date || !region)
    throw refuse('The Credential is malformed: expected <key id>/<date>/<region>/s3/aws4_request.');
  if (service !== 's3' || terminator !== 'aws4_request')
    throw refuse('The Credential is malformed; the service must be s3.');
  if (!/^\d{8}$/.test(date) || !REGION.test(region))
    throw refuse('The Credential is malformed; date or region is not valid.');
  const accessKeyId = fields.slice(0, -4).join('/');
  if (accessKeyId === '') throw refuse('The Credential is malformed; the key id is empty.');
  return { accessKeyId, date, region };
}

function requestTime(request: S3Request): { amzDate: string; time: number } {
  const amzDate = request.headers.get('x-amz-date');
  if (amzDate !== undefined) {
    const time = parseAmzDate(amzDate);
    if (time !== undefined) return { amzDate, time };
  }
  const date = amzDate ?? request.headers.get('date');
  const time = date === undefined ? Number.NaN : (parseAmzDate(date) ?? Date.parse(date));
  if (Number.isNaN(time)) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  return { amzDate: new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, ''), time };
}

const badQuery = (message: string): S3Error => new S3Error('AuthorizationQueryParametersError', message);

function fromQuery(parameters: ReadonlyMap<string, string>, request: S3Request): Authorization {
  const of = (name: string): string => {
    const value = parameters.get(name);
    if (!value)
      throw badQuery(
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      );
    return value;
  };
  const algorithm = of('X-Amz-Algorithm');
  if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw new S3Error('NotImplemented', 'SigV4A is not supported here.');
  if (algorithm !== ALGORITHM) throw badQuery('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const credential = parseCredential(of('X-Amz-Credential'), badQuery);
  const amzDate = of('X-Amz-Date');
  const time = parseAmzDate(amzDate);
  if (time === undefined) throw badQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!amzDate.startsWith(credential.date)) throw badQuery('The date of X-Amz-Credential differs from X-Amz-Date.');
  const scope = { ...credential, ...sortedNames(of('X-Amz-SignedHeaders')) };
  return {
    ...scope,
    scope,
    signature: of('X-Amz-Signature'),
    amzDate,
    time,
    expires: presignedSeconds(of('X-Amz-Expires')),
    sessionToken: parameters.get('X-Amz-Security-Token') ?? request.headers.get('x-amz-security-token'),
  };
}

function presignedSeconds(text: string): number {
  if (!/^-?\d{1,12}$/.test(text)) throw badQuery('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds < 0) throw badQuery('X-Amz-Expires must be non-negative');
  if (seconds > PRESIGNED_SECONDS_MAX)
    throw badQuery(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  return seconds;
}
