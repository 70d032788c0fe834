/**
 * What the answers of AWS mean. Order counts: the first rule that fits decides. A code is looked at with and without
 * its ending `Exception`: on the wire IAM leaves it out, and the SDK's error carries it.
 */
import type { FailureCode } from '#domain/core/failures.ts';

export interface Rule {
  readonly is: FailureCode;
  /** The SDK's service name; undefined: any. */
  readonly service?: string;
  readonly code?: RegExp;
  readonly text?: RegExp;
}

/** The call never left, or was refused before it changed anything. */
export const HAD_NO_EFFECT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CredentialsProviderError|TokenProviderError|ExpiredToken|RequestExpired|TokenRefreshRequired|RequestTimeTooSkewed|InsufficientInstanceCapacity)$/;

export const RULES: readonly Rule[] = [
  // New credentials, a right clock or capacity help; nothing was done.
  { is: 'Unavailable', code: HAD_NO_EFFECT },

  {
    is: 'Throttled',
    code: /^(Throttling|ThrottledException|RequestThrottled|RequestLimitExceeded|TooManyRequests|CallRateLimitExceeded|EC2ThrottledException|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete|TransactionInProgressException|429)$/,
  },

  // IAM's LimitExceeded stands in the SDK's table of throttles; it is a quota.
  { is: 'QuotaExceeded', code: /LimitExceeded$/ },
  {
    is: 'QuotaExceeded',
    code: /^(NoFreeAddressesInSubnet|ServiceQuotaExceededException|TooManyBuckets|MaxSpotInstanceCountExceeded)$/,
  },
  {
    is: 'QuotaExceeded',
    service: 'batch',
    text: /\blimit\b.*exceed|exceed.*\blimit\b|limit reached|maximum number of/i,
  },

  { is: 'NotYet', code: /^(DependencyViolation|DeleteConflict|ResourceInUse|.*\.InUse)$/ },
  {
    is: 'NotYet',
    code: /^(ConcurrentModification|EntityTemporarilyUnmodifiable|OperationAborted|ConflictException|TooManyUpdates)$/,
  },
  { is: 'NotYet', code: /^(IncorrectInstanceState|IncorrectState|ConditionalRequestConflict)$/ },
  // A mount target goes some time after its deletion was accepted, and the file system after the last of them.
  {
    is: 'NotYet',
    code: /^(FileSystemInUse|IncorrectFileSystemLifeCycleState|IncorrectMountTargetState|BackupInProgress)$/,
  },
  { is: 'NotYet', text: /found existing JobQueue relationship|resource is being modified/i },
  // EC2 learns of an instance profile some seconds after IAM made it, and of its role some seconds after that.
  {
    is: 'NotYet',
    service: 'ec2',
    code: /^InvalidParameterValue$/,
    text: /Invalid IAM Instance Profile|has no associated IAM Roles/i,
  },
  // A route's target that was made a moment ago. EC2 has InvalidParameterValue for a target that can't be one.
  { is: 'NotYet', service: 'ec2', code: /^InvalidParameterException$/ },

  {
    is: 'NotFound',
    code: /NotFound$|^404$|^NoSuch|^Gateway\.NotAttached$/,
  },
  { is: 'NotFound', service: 'batch', text: /does not exist|not found/i },

  { is: 'Conflict', code: /^BucketAlreadyExists$/ },
  {
    is: 'AlreadyExists',
    code: /AlreadyExists$|\.Duplicate$|^Resource\.AlreadyAssociated$|^BucketAlreadyOwnedByYou$|^MountTargetConflict$|^InvalidSubnet\.Conflict$/,
  },
  { is: 'AlreadyExists', service: 'batch', text: /already exists/i },

  {
    is: 'Denied',
    code: /^(AccessDenied.*|UnauthorizedOperation|AuthFailure|AuthorizationError|NotAuthorized|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken|OptInRequired|PendingVerification|Blocked|AccountProblem|AllAccessDisabled|RegionDisabled|Forbidden|403)$/,
  },
  { is: 'Denied', text: /is not authorized to perform/ },

  {
    is: 'Unavailable',
    code: /^(Internal(Error|Failure|ServerError|ServerException|ServiceError)|Internal.*Exception|ServiceUnavailable|Unavailable|ServerException|ServiceException|RequestTimeout|TimeoutError|NetworkingError|EPIPE|ECONN[A-Z]+|ETIMEDOUT|AbortError|DependencyTimeout|InsufficientThroughputCapacity|KMSInternalException)$/,
  },

  // A bucket of the name lives in another region.
  { is: 'Invalid', code: /^(PermanentRedirect|301|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/ },
  {
    is: 'Invalid',
    code: /^(Validation.*|Invalid.*|Malformed.*|Missing.*|Unsupported.*|Unknown(Parameter|Action|Operation).*|IdempotentParameterMismatch|UnmodifiableEntity|PolicyNotAttachable|IllegalArgument|ClientException|RouteNotSupported|ServiceNotSupported|VPCIdNotSpecified|EntityTooLarge|BadRequest)$/,
  },
  { is: 'Invalid', code: /^(PackedPolicyTooLarge|TooManyParts|EncryptionTypeMismatch|Tag.*|TooManyTags)$/ },
  // What EFS and FSx don't do, or not with these parameters.
  {
    is: 'Invalid',
    code: /^(NotServiceResourceError|ResourceDoesNotSupportTagging|IncompatibleParameterError|ActiveDirectoryError|IpAddressInUse|AvailabilityZonesMismatch)$/,
  },
  {
    is: 'Invalid',
    service: 'ssm',
    code: /^(HierarchyTypeMismatch|IncompatiblePolicy|ParameterPatternMismatch)$/,
  },
  // The state and settings of a key are whoever's who made it.
  { is: 'Invalid', service: 'kms', code: /^(KMSInvalidState|Disabled|CloudHsm.*|CustomKeyStore.*|Xks.*)$/ },
];
