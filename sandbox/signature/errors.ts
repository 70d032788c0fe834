/** How each service refuses a request that it cannot trust. */

import { AwsError } from '../core/error.ts';
import { type Protocol, protocolOf } from '../wire/model.ts';
import type { RawRequest } from '../wire/request.ts';
import type { Claim } from './claim.ts';
import { digest } from './sha256.ts';

type ByProtocol = Readonly<Record<Protocol, readonly [code: string, status: number]>>;

const INVALID_TOKEN = 'The security token included in the request is invalid.';
const EC2_UNTRUSTED = 'AWS was not able to validate the provided access credentials';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
  'and signing method. Consult the service documentation for details.';

const UNKNOWN_KEY: ByProtocol = {
  query: ['InvalidClientTokenId', 403],
  ec2: ['AuthFailure', 401],
  json: ['UnrecognizedClientException', 400],
  'rest-json': ['UnrecognizedClientException', 403],
  'rest-xml': ['InvalidAccessKeyId', 403],
};

const SIGNATURE: ByProtocol = {
  query: ['SignatureDoesNotMatch', 403],
  ec2: ['AuthFailure', 401],
  json: ['InvalidSignatureException', 400],
  'rest-json': ['InvalidSignatureException', 403],
  'rest-xml': ['SignatureDoesNotMatch', 403],
};

const SKEWED: ByProtocol = { ...SIGNATURE, ec2: ['RequestExpired', 400], 'rest-xml': ['RequestTimeTooSkewed', 403] };

const EXPIRED_TOKEN: ByProtocol = {
  query: ['ExpiredToken', 403],
  ec2: ['RequestExpired', 400],
  json: ['ExpiredTokenException', 400],
  'rest-json': ['ExpiredTokenException', 403],
  'rest-xml': ['ExpiredToken', 400],
};

const MISSING: ByProtocol = {
  query: ['MissingAuthenticationToken', 403],
  ec2: ['AuthFailure', 401],
  json: ['MissingAuthenticationTokenException', 400],
  'rest-json': ['MissingAuthenticationTokenException', 403],
  'rest-xml': ['AccessDenied', 403],
};

const INCOMPLETE: ByProtocol = {
  query: ['IncompleteSignature', 403],
  ec2: ['AuthFailure', 401],
  json: ['IncompleteSignatureException', 400],
  'rest-json': ['IncompleteSignatureException', 403],
  'rest-xml': ['AuthorizationHeaderMalformed', 400],
};

const refuse = (table: ByProtocol, service: string, message: string, extra: Record<string, string> = {}): AwsError => {
  const [code, status] = table[protocolOf(service)];
  return new AwsError(code, code === 'AuthFailure' ? EC2_UNTRUSTED : message, status, extra);
};

/** A request without any signature tells its service by its form alone. */
export const guessService = (request: RawRequest): string => {
  if (request.headers['x-amz-target']) return 'json';
  const form = `${request.query}&${request.method === 'POST' ? request.body.toString('utf8', 0, 4_096) : ''}`;
  if (form.includes('Version=2010-05-08')) return 'iam';
  if (form.includes('Version=2011-06-15')) return 'sts';
  if (form.includes('Version=2016-11-15')) return 'ec2';
  return request.path.startsWith('/v1/') && request.method === 'POST' ? 'batch' : 's3';
};

const longDate = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');

const skewed = (claim: Claim, now: number): AwsError => {
  if (claim.service === 's3' && claim.presigned && now > claim.signedAt) {
    return new AwsError('AccessDenied', 'Request has expired', 403, {
      'X-Amz-Expires': String(claim.expiresSeconds),
      Expires: new Date(claim.signedAt + claim.expiresSeconds * 1000).toISOString(),
      ServerTime: new Date(now).toISOString(),
    });
  }
  if (claim.service === 's3') {
    return refuse(SKEWED, 's3', 'The difference between the request time and the current time is too large.', {
      RequestTime: claim.longDate,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: '900000',
    });
  }
  const text =
    claim.signedAt < now
      ? `Signature expired: ${claim.longDate} is now earlier than ${longDate(now - 900_000)} (${longDate(now)} - 15 min.)`
      : `Signature not yet current: ${claim.longDate} is still later than ${longDate(now + 900_000)} (${longDate(now)} + 15 min.)`;
  return refuse(SKEWED, claim.service, protocolOf(claim.service) === 'ec2' ? 'Request has expired.' : text);
};

const mismatch = (claim: Claim, canonical: string): AwsError => {
  if (claim.service !== 's3') return refuse(SIGNATURE, claim.service, MISMATCH);
  const scope = `${claim.shortDate}/${claim.region}/s3/aws4_request`;
  return refuse(
    SIGNATURE,
    's3',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    {
      AWSAccessKeyId: claim.accessKeyId,
      StringToSign: ['AWS4-HMAC-SHA256', claim.longDate, scope, digest(canonical)].join('\n'),
      SignatureProvided: claim.signature,
      CanonicalRequest: canonical,
    },
  );
};

export const refusals = {
  missing: (request: RawRequest, service = guessService(request)): AwsError =>
    refuse(
      MISSING,
      service,
      protocolOf(service) === 'rest-xml' ? 'Access Denied' : 'Request is missing Authentication Token',
    ),
  unsupported: (service: string): AwsError =>
    service === 's3'
      ? new AwsError(
          'InvalidRequest',
          'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
        )
      : refuse(INCOMPLETE, service, 'Authorization header requires AWS4-HMAC-SHA256.'),
  incomplete: (service: string): AwsError =>
    refuse(INCOMPLETE, service, 'The request signature does not conform to AWS standards.'),
  hostNotSigned: (service: string): AwsError =>
    refuse(SIGNATURE, service, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
  headersNotSigned: (names: readonly string[]): AwsError =>
    new AwsError('AccessDenied', 'There were headers present in the request which were not signed', 403, {
      HeadersNotSigned: names.join(', '),
    }),
  unknownKey: (claim: Claim): AwsError =>
    claim.service === 's3'
      ? refuse(UNKNOWN_KEY, 's3', 'The AWS Access Key Id you provided does not exist in our records.', {
          AWSAccessKeyId: claim.accessKeyId,
        })
      : refuse(UNKNOWN_KEY, claim.service, INVALID_TOKEN),
  badToken: (claim: Claim): AwsError =>
    claim.service === 's3'
      ? new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.')
      : refuse(UNKNOWN_KEY, claim.service, INVALID_TOKEN),
  expiredToken: (claim: Claim): AwsError =>
    refuse(
      EXPIRED_TOKEN,
      claim.service,
      claim.service === 's3'
        ? 'The provided token has expired.'
        : 'The security token included in the request is expired',
    ),
  expiresTooLong: (): AwsError =>
    new AwsError(
      'AuthorizationQueryParametersError',
      'X-Amz-Expires must be non-negative and less than a week (in seconds); it must not exceed 604800.',
    ),
  missingContentHash: (): AwsError =>
    new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256'),
  bodyMismatch: (stated: string, computed: string): AwsError =>
    new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      400,
      {
        ClientComputedContentSHA256: stated,
        S3ComputedContentSHA256: computed,
      },
    ),
  skewed,
  mismatch,
};
