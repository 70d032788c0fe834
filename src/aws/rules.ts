/** What the answers of AWS mean. Order counts: the first rule that fits decides. */
import type { FailureCode } from '#domain/failures.ts';

export interface Rule {
  readonly is: FailureCode;
  /** The SDK's service name; undefined: any. */
  readonly service?: string;
  readonly code?: RegExp;
  readonly text?: RegExp;
}

/** The call never left, so it had no effect. */
export const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CredentialsProviderError|TokenProviderError|ExpiredToken(Exception)?|RequestExpired|TokenRefreshRequired|RequestTimeTooSkewed|InsufficientInstanceCapacity)$/;

export const RULES: readonly Rule[] = [
  // New credentials, a right clock or capacity help; nothing was done.
  { is: 'Unavailable', code: NOT_CONNECTED },

  {
    is: 'Throttled',
    code: /^(Throttling(Exception)?|ThrottledException|RequestThrottled(Exception)?|RequestLimitExceeded|TooManyRequests(Exception)?|EC2ThrottledException|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete|TransactionInProgressException|429)$/,
  },

  // IAM's LimitExceeded stands in the SDK's table of throttles; it is a quota.
  { is: 'QuotaExceeded', code: /LimitExceeded(Exception)?$/ },
  { is: 'QuotaExceeded', code: /^(ServiceQuotaExceededException|TooManyBuckets|MaxSpotInstanceCountExceeded)$/ },
  {
    is: 'QuotaExceeded',
    service: 'batch',
    text: /\blimit\b.*exceed|exceed.*\blimit\b|limit reached|maximum number of/i,
  },

  { is: 'NotYet', code: /^(DependencyViolation|DeleteConflict(Exception)?|ResourceInUse(Exception)?|.*\.InUse)$/ },
  {
    is: 'NotYet',
    code: /^(ConcurrentModification(Exception)?|EntityTemporarilyUnmodifiable|OperationAborted|ConflictException)$/,
  },
  { is: 'NotYet', code: /^(IncorrectInstanceState|IncorrectState|ConditionalRequestConflict)$/ },
  { is: 'NotYet', text: /found existing JobQueue relationship|resource is being modified/i },
  // An instance profile is known to EC2 some seconds after IAM made it.
  { is: 'NotYet', service: 'ec2', code: /^InvalidParameterValue$/, text: /Invalid IAM Instance Profile/i },

  {
    is: 'NotFound',
    code: /(\.NotFound|NotFoundException|^NotFound|^404)$|^NoSuch|^ParameterNotFound$|^Gateway\.NotAttached$/,
  },
  { is: 'NotFound', service: 'batch', text: /does not exist|not found/i },

  { is: 'Conflict', code: /^BucketAlreadyExists$/ },
  {
    is: 'AlreadyExists',
    code: /AlreadyExists(Exception)?$|\.Duplicate$|^Resource\.AlreadyAssociated$|^BucketAlreadyOwnedByYou$|^InvalidSubnet\.Conflict$/,
  },
  { is: 'AlreadyExists', service: 'batch', text: /already exists/i },

  {
    is: 'Denied',
    code: /^(AccessDenied.*|UnauthorizedOperation|AuthFailure|AuthorizationError|NotAuthorized(Exception)?|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?|OptInRequired|PendingVerification|Blocked|AccountProblem|AllAccessDisabled|Forbidden|403)$/,
  },
  { is: 'Denied', text: /is not authorized to perform/ },

  {
    is: 'Unavailable',
    code: /^(Internal(Error|Failure|ServerError|ServerException|ServiceError)|Internal.*Exception|ServiceUnavailable(Exception)?|Unavailable|ServerException|ServiceException|RequestTimeout(Exception)?|TimeoutError|NetworkingError|EPIPE|ECONN[A-Z]+|ETIMEDOUT|AbortError|DependencyTimeoutException|KMSInternalException)$/,
  },

  // A bucket of the name lives in another region.
  { is: 'Invalid', code: /^(PermanentRedirect|301|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/ },
  {
    is: 'Invalid',
    code: /^(Validation.*|Invalid.*|Malformed.*|Missing.*|Unsupported.*|Unknown(Parameter|Action|Operation).*|IdempotentParameterMismatch|UnmodifiableEntity|ClientException|KMSInvalidStateException|RouteNotSupported|VPCIdNotSpecified|EntityTooLarge|BadRequest(Exception)?)$/,
  },
];
