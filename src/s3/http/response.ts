/** What of the upstream's answer reaches the client: an allow-list of headers, and errors told in our own words. */
import { type ErrorFields, S3_ERRORS, type S3ErrorCode } from '../errors.ts';
import { byName } from './by-name.ts';
import { isFieldValue } from './field-text.ts';
import { keptText } from './kept-text.ts';

/** Beside `x-amz-*`. Everything about the connection and the server stays behind. */
const PASSED = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
]);

/** `x-amz-*` headers that are the upstream's own business, or that would send a client there. */
const WITHHELD = new Set([
  'x-amz-bucket-arn',
  'x-amz-bucket-location-name',
  'x-amz-bucket-location-type',
  'x-amz-bucket-region',
  'x-amz-access-point-alias',
  'x-amz-id-2',
  'x-amz-request-id',
]);

/** Lower-case name of a header that is passed on, null for one that is not. */
const passedName = byName((name) => {
  const lower = name.toLowerCase();
  const passes = PASSED.has(lower) || (lower.startsWith('x-amz-') && !WITHHELD.has(lower));
  return passes ? keptText(lower) : null;
});

export interface RelayedHead {
  /** Flat, in the upstream's spelling. */
  readonly headers: string[];
  /** -1 when the upstream gave none. */
  readonly contentLength: number;
  readonly upstreamRequestId: string | undefined;
  readonly hasCacheControl: boolean;
}

/**
 * All bytes of the values stay as they are. Node reads a Content-Disposition as UTF-8 once it knows the length of the body,
 * and refuses what comes of it, so that one goes first. A value that can't stand in a head is left out: it would be no
 * answer at all.
 * @see https://github.com/nodejs/node/pull/46528
 */
export const relayHead = (headers: readonly string[], hideKmsKeyId: boolean): RelayedHead => {
  const out: string[] = [];
  let contentLength = -1;
  let upstreamRequestId: string | undefined;
  let hasCacheControl = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const lower = passedName(name);
    if (lower === null) {
      if (name.length === 16 && name.toLowerCase() === 'x-amz-request-id') upstreamRequestId = value;
      continue;
    }
    if (lower === 'content-length') contentLength = Number(value);
    else if (lower === 'cache-control') hasCacheControl = true;
    else if (hideKmsKeyId && lower === 'x-amz-server-side-encryption-aws-kms-key-id') continue;
    else if (!isFieldValue(value)) continue;
    if (lower === 'content-disposition') out.unshift(name, value);
    else out.push(name, value);
  }
  return { headers: out, contentLength, upstreamRequestId, hasCacheControl };
};

/** Our own credentials failed upstream. The client can do nothing about it and must not see how. */
const CREDENTIAL_CODES = new Set([
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]);

export const isCredentialCode = (code: string): boolean => CREDENTIAL_CODES.has(code);

/** Errors about the object or the request: the client's business, passed with code, text and harmless details. */
const CLIENT_CODES = new Set([
  'BadDigest',
  'BucketAlreadyOwnedByYou',
  'ConditionalRequestConflict',
  'CredentialsNotSupported',
  'EntityTooLarge',
  'EntityTooSmall',
  'IncompleteBody',
  'InvalidArgument',
  'InvalidChunkSizeError',
  'InvalidDigest',
  'InvalidEncryptionAlgorithmError',
  'InvalidObjectState',
  'InvalidPart',
  'InvalidPartNumber',
  'InvalidPartOrder',
  'InvalidRange',
  'InvalidRequest',
  'InvalidStorageClass',
  'InvalidTag',
  'InvalidURI',
  'KeyTooLongError',
  'MalformedTrailerError',
  'MalformedXML',
  'MaxMessageLengthExceeded',
  'MetadataTooLarge',
  'MethodNotAllowed',
  'MissingContentLength',
  'MissingRequestBodyError',
  'NoSuchKey',
  'NoSuchTagSet',
  'NoSuchUpload',
  'NoSuchVersion',
  'NotModified',
  'ObjectAlreadyInActiveTierError',
  'OperationAborted',
  'PreconditionFailed',
  'RequestTimeout',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
]);

/** Details that say nothing about the upstream or its credentials. */
const CLIENT_FIELDS = [
  'AccessTier',
  'ActualObjectSize',
  'ArgumentName',
  'ArgumentValue',
  'Condition',
  'ETag',
  'Header',
  'Key',
  'MaxSizeAllowed',
  'Method',
  'MinSizeAllowed',
  'PartNumber',
  'ProposedSize',
  'RangeRequested',
  'ResourceType',
  'StorageClass',
  'UploadId',
  'VersionId',
] as const;

export interface MappedError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly fields: ErrorFields;
  /** The internal credentials were refused: renewing them may help. */
  readonly credentials?: true;
  /** The store read what was signed otherwise than it was sent. */
  readonly signature?: true;
  /** Worth an alarm: an authorised operation was denied, or the upstream is not what the configuration says. */
  readonly drift?: 'denied' | 'redirect' | 'credentials';
}

const own = (code: S3ErrorCode, rest: Partial<MappedError> = {}): MappedError => ({
  status: S3_ERRORS[code][0],
  code,
  message: S3_ERRORS[code][1],
  fields: {},
  ...rest,
});

/** They also label a metric, so whatever a server makes up does not pass. */
const KMS_CODE = /^KMS\.[A-Za-z]{1,40}$/;
const KMS_MESSAGE = 'The KMS key of the bucket can not be used.';

/** @param body the upstream's error document, possibly cut; empty for the answer to a HEAD. */
export const mapUpstreamError = (status: number, body: string): MappedError => {
  const code = element(body, 'Code') ?? '';
  if (code === 'SignatureDoesNotMatch')
    return own('InternalError', { credentials: true, signature: true, drift: 'credentials' });
  if (CREDENTIAL_CODES.has(code) || status === 401)
    return own('InternalError', { credentials: true, drift: 'credentials' });
  if (status < 400) return own('ServiceUnavailable', { drift: 'redirect' });
  if (status === 403) {
    if (KMS_CODE.test(code)) return { status, code, message: KMS_MESSAGE, fields: {} };
    if (CLIENT_CODES.has(code)) return ofClient(status, code, body);
    return own('AccessDenied', { drift: 'denied' });
  }
  if (status === 429 || code === 'SlowDown') return own('SlowDown');
  if (status === 501) return own('NotImplemented');
  if (status === 503) return own('ServiceUnavailable');
  if (status >= 500) return own('InternalError');
  if (code === 'NoSuchBucket') return own('NoSuchBucket');
  if (KMS_CODE.test(code)) return { status, code, message: KMS_MESSAGE, fields: {} };
  if (CLIENT_CODES.has(code)) return ofClient(status, code, body);
  return codeless(status);
};

const ofClient = (status: number, code: string, body: string): MappedError => ({
  status,
  code,
  message: element(body, 'Message') ?? code,
  fields: fieldsOf(body),
});

/** By code, where that is not 400; for documents that come without a status of their own. */
const STATUSES: Readonly<Record<string, number>> = {
  ConditionalRequestConflict: 409,
  InvalidObjectState: 403,
  InvalidRange: 416,
  NoSuchKey: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  OperationAborted: 409,
  PreconditionFailed: 412,
};

/** @param body an error document inside an answer that began as a success. */
export const mapLateError = (body: string): MappedError => {
  const code = element(body, 'Code') ?? '';
  const known = STATUSES[code] ?? S3_ERRORS[code as S3ErrorCode]?.[0] ?? (CLIENT_CODES.has(code) ? 400 : 500);
  return mapUpstreamError(known, body);
};

/** An answer without a code that we know keeps its status, so that clients decide as they would without us. */
function codeless(status: number): MappedError {
  const byStatus: Partial<Record<number, string>> = {
    404: 'NoSuchKey',
    405: 'MethodNotAllowed',
    409: 'OperationAborted',
    411: 'MissingContentLength',
    412: 'PreconditionFailed',
    416: 'InvalidRange',
  };
  const code = byStatus[status] ?? 'InvalidRequest';
  return { status, code, message: 'The request was refused.', fields: {} };
}

const UNESCAPES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function element(body: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]{0,2048})</${name}>`).exec(body)?.[1];
  return text?.replace(
    /&(amp|lt|gt|quot|apos|#x([0-9a-f]{1,6})|#(\d{1,7}));/gi,
    (all, entity: string, hex?: string, decimal?: string) => {
      const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined;
      return code === undefined
        ? (UNESCAPES[entity.toLowerCase()] ?? all)
        : code <= 0x10ffff
          ? String.fromCodePoint(code)
          : all;
    },
  );
}

function fieldsOf(body: string): ErrorFields {
  const fields: Record<string, string> = {};
  for (const name of CLIENT_FIELDS) {
    const value = element(body, name);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}
