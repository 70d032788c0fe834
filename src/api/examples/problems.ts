/** A problem of each code, whole, as the document shows it. */
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';

/** What the caller is told in such a case. */
const DETAILS: Readonly<Record<FailureCode, string>> = {
  Throttled: 'AWS throttles the request',
  NotYet: 'localhost-nf-job-queue-test-40example-2ecom is CREATING',
  NotFound: 'there is no such workspace',
  AlreadyExists: 'localhost-nf-job-queue-test-40example-2ecom exists already',
  Conflict: 'localhost-nf-job-queue-test-40example-2ecom belongs to something else',
  DisposeFirst: 'the account has changed since the workspace was launched: dispose of it first',
  OperationInProgress: 'terminateWorkspace is in progress',
  NotReady: 'there is no key to claim: launchWorkspace is in progress',
  KeyInUse: 'tasks hold a key',
  LaunchOver: 'this launch is over, and its workspace is parked: launch again with another Idempotency-Key',
  PreconditionFailed: 'localhost.test-40example-2ecom has changed since 2026-11-21T11:45:00.000Z: look at it again',
  AlreadyClaimed: 'the key was already handed out: launch or rotate for a fresh one',
  NothingWaiting: 'nothing is waiting',
  NotAbandonable: 'publish can not be abandoned',
  StepAbandoned: 'an operator abandoned network: the quota is not raised this week',
  Cancelled: 'the launch was cancelled',
  Denied: 'a token of kind user does not allow this',
  QuotaExceeded: 'job queues: 50 of 50 in use',
  Invalid: 'the request is not valid',
  ComputeEnvironmentInvalid: 'CLIENT_ERROR - instance type c9.large is not supported',
  SealUnreadable:
    "the sealed key of localhost.test-40example-2ecom can't be opened: sealing key 2026-10 is not configured; an operator has to mend that, `eyrie doctor` tells more",
  PayModelInactive: 'the pay model is above its limit',
  NameTooLong: 'the role name would have 71 characters, the limit is 64',
  CompensationIncomplete: 'one resource could not be removed',
  Unavailable: 'a service behind Eyrie does not answer',
  Unknown: 'the server failed; its log says more under this request id',
};

/** Where HTTP has the better word for what is wrong. */
const DETAILS_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'the body is not JSON',
  401: 'a bearer token is needed',
  405: 'this route accepts GET, HEAD, POST only',
  408: 'the body did not arrive in time',
  413: 'the body is over 1 MiB',
  415: 'the body must be application/json',
  502: 'the TES server answers with a fault',
};

const OPERATION = {
  type: 'terminateWorkspace',
  workflowId: 'workspace/localhost/test-40example-2ecom',
  runId: '01a226ed-4ade-7774-b374-4cb930a39a80',
  startedAt: '2026-11-21T11:45:00.000Z',
  requestedBy: 'service:hatchery',
} as const;

const LEFTOVER = {
  type: 'AWS::EC2::VPC',
  id: 'vpc-0123456789abcdef0',
  name: 'localhost-nf-test-40example-2ecom',
  reason: 'DependencyViolation: the VPC has dependencies and cannot be deleted',
} as const;

export const exampleOfProblem = (status: number, code: FailureCode) => ({
  type: `urn:eyrie:problem:${code}`,
  title: FAILURES[code].title,
  status,
  detail: DETAILS_BY_STATUS[status] ?? DETAILS[code],
  instance: '/v1/workspaces/localhost.test-40example-2ecom',
  code,
  requestId: '0b1f6f3a-6a4e-4b52-9c5e-2f6c1f0f2a77',
  ...(status === 422 && code === 'Invalid' && { errors: [{ pointer: '/no~1such', detail: 'unknown member' }] }),
  ...(status === 409 && { operation: code === 'OperationInProgress' ? OPERATION : null }),
  ...(code === 'CompensationIncomplete' && { leftovers: [LEFTOVER] }),
});
