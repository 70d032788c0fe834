/**
 * The closed set of failure codes. A code is data: histories, callers and runbook pages depend on it, so a code is
 * never renamed.
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

/** Whether Temporal tries again, the HTTP status that a caller of the API sees, and the title of the problem. */
export const FAILURES = {
  Throttled: { retry: true, status: 503, title: 'AWS throttles the request' },
  NotYet: { retry: true, status: 503, title: 'Not there yet' },
  NotFound: { retry: false, status: 404, title: 'Not found' },
  AlreadyExists: { retry: true, status: 409, title: 'Already exists' },
  Conflict: { retry: false, status: 409, title: 'The name belongs to something else' },
  DisposeFirst: { retry: false, status: 409, title: 'What exists must be disposed of first' },
  OperationInProgress: { retry: false, status: 409, title: 'Another operation is in progress' },
  NotReady: { retry: false, status: 409, title: 'The workspace is not ready' },
  KeyInUse: { retry: false, status: 409, title: 'The keys are in use' },
  LaunchOver: { retry: false, status: 409, title: 'The launch is over' },
  PreconditionFailed: { retry: false, status: 412, title: 'It has changed since' },
  AlreadyClaimed: { retry: false, status: 410, title: 'The key was already handed out' },
  NothingWaiting: { retry: false, status: 409, title: 'Nothing is waiting' },
  NotAbandonable: { retry: false, status: 409, title: 'The step cannot be abandoned' },
  StepAbandoned: { retry: false, status: 409, title: 'An operator abandoned the step' },
  Cancelled: { retry: false, status: 409, title: 'The operation was cancelled' },
  Denied: { retry: false, status: 403, title: 'Not allowed' },
  QuotaExceeded: { retry: false, status: 409, title: 'A quota is full' },
  Invalid: { retry: false, status: 422, title: 'Invalid request' },
  ComputeEnvironmentInvalid: { retry: false, status: 422, title: 'AWS Batch refused the compute environment' },
  // Not tried again: whoever asked can be served by another key before an operator has come.
  SealUnreadable: { retry: false, status: 503, title: 'A sealed secret can not be opened' },
  PayModelInactive: { retry: false, status: 422, title: 'The pay model is not active' },
  NameTooLong: { retry: false, status: 422, title: 'A name would be too long for AWS' },
  CompensationIncomplete: { retry: false, status: 409, title: 'Some resources could not be removed' },
  Unavailable: { retry: true, status: 503, title: 'Temporarily unavailable' },
  Unknown: { retry: true, status: 500, title: 'Internal error' },
} as const satisfies Record<string, { retry: boolean; status: number; title: string }>;

export type FailureCode = keyof typeof FAILURES;

export const isFailureCode = (type: unknown): type is FailureCode =>
  typeof type === 'string' && Object.hasOwn(FAILURES, type);

/** One problem of a request, at a JSON pointer into its body. */
export interface Problem {
  readonly pointer: string;
  readonly detail: string;
}

/** A resource that could not be removed, and why. */
export interface Leftover {
  /** CloudFormation's name, for example `AWS::EC2::VPC`. */
  readonly type: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly reason: string;
}

/** What AWS says of a denial to those who may decode it. */
export interface Denial {
  /** True where a policy forbids it; false where none allows it. */
  readonly explicit: boolean;
  readonly action: string | null;
  readonly resource: string | null;
  /** Ids of the statements that forbid it, and of their policies. */
  readonly statements: readonly string[];
}

/** What goes along with a failure: the first (only) element of its details. */
export interface FailureFacts {
  /** The service's own code, for example `InvalidVpcID.NotFound`. */
  readonly awsCode?: string;
  readonly requestId?: string;
  /** `service:Operation`, for example `ec2:CreateVpc`. */
  readonly operation?: string;
  /** What that was about. */
  readonly resource?: string;
  /** True where the call may have had its effect although it failed: a cut connection, a timeout, a 5xx. */
  readonly outcomeUnknown?: boolean;
  /** True where the first attempt was refused before it had changed anything: there is nothing to look for. */
  readonly nothingDone?: boolean;
  /**
   * Why AWS denied it, as EC2 encodes it: `aws sts decode-authorization-message --encoded-message …` shows it. Only
   * where Eyrie may not decode it. For operators only, as `denial`.
   */
  readonly encodedDenial?: string;
  readonly denial?: Denial;
  readonly problems?: readonly Problem[];
  readonly leftovers?: readonly Leftover[];
  readonly step?: string;
  /** Workspaces that hold the places of a full quota: for operators only. */
  readonly holders?: readonly string[];
}

/** Retryability comes from the table, so that no call site can get it wrong. */
export const fail = (type: FailureCode, message: string, facts: FailureFacts = {}, cause?: Error): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retry,
    details: [facts],
    ...(cause && { cause }),
  });

/**
 * "Look again in `delayMs`": waiting, not an error, so it stays out of error metrics and logs. Another type than `NotYet`
 * says what holds up whoever is waited for.
 */
export const notYet = (
  message: string,
  delayMs: number,
  facts: FailureFacts = {},
  type: FailureCode = 'NotYet',
): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: false,
    nextRetryDelay: delayMs,
    category: ApplicationFailureCategory.BENIGN,
    details: [facts],
  });

/** The code of any error: `Unknown` where it carries none. */
export const codeOf = (error: unknown): FailureCode =>
  error instanceof ApplicationFailure && isFailureCode(error.type) ? error.type : 'Unknown';

export const factsOf = (error: unknown): FailureFacts =>
  error instanceof ApplicationFailure ? ((error.details?.[0] as FailureFacts | undefined) ?? {}) : {};
