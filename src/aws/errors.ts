/**
 * The one place that looks at SDK errors: each becomes a failure of the closed set. Rules go by the service's code
 * first, then by the shortest stable piece of its text; the first that fits wins.
 */
import { ApplicationFailure } from '@temporalio/common';
import { renderCall } from '#domain/core/call-under-way.ts';
import { codeOf, type FailureCode, type FailureFacts, factsOf, fail } from '#domain/core/failures.ts';
import { cleanMessage } from './message.ts';
import { HAD_NO_EFFECT, RULES } from './rules.ts';

/** Which call failed. */
export interface FailedCall {
  /** `service:Operation`, for example `ec2:CreateVpc`. */
  readonly operation: string;
  /** What it is about; null where that has no name. */
  readonly resource?: string | null;
  /** Whose credentials it was made with, in words. */
  readonly whose?: string;
  /** Only what changes something can have an unknown outcome. */
  readonly write: boolean;
}

/** The credentials are too old, or were made by a clock that is: new ones help. */
export const EXPIRED_CODES: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
]);

/** What rules look at. */
export interface Refusal {
  readonly service: string;
  readonly awsCode: string;
  readonly message: string;
  /** Undefined where no answer arrived. */
  readonly status: number | undefined;
}

export const classify = (error: unknown, call: FailedCall): ApplicationFailure => {
  // Credentials are fetched inside of a call; what went wrong there is classified already.
  if (error instanceof ApplicationFailure) return error;
  const { requestId, encodedDenial, ...refusal } = read(error, call);
  const type = typeOf(refusal);
  const facts: FailureFacts = {
    awsCode: refusal.awsCode,
    operation: call.operation,
    ...(call.resource && { resource: call.resource }),
    ...(requestId !== undefined && { requestId }),
    ...(encodedDenial !== undefined && { encodedDenial }),
    ...(call.write && isOutcomeUnknown(type, refusal) && { outcomeUnknown: true }),
  };
  return fail(type, textOf(type, refusal, call), facts);
};

/** AWS names what it is about, and whose key was refused, more often than not; where it doesn't, it is said here. */
const textOf = (type: FailureCode, { message, awsCode, status }: Refusal, call: FailedCall): string => {
  const { operation, resource = null, whose } = call;
  const text = message || awsCode;
  const about = resource !== null && !text.includes(resource) ? resource : null;
  const asked = type === 'Denied' && whose !== undefined && !NAMES_CALLER.test(text) ? ` (asked with ${whose})` : '';
  const unanswered = status === undefined && UNANSWERED.test(awsCode) ? ' was not answered' : '';
  return `${renderCall({ call: operation, resource: about })}${unanswered}: ${text}${asked}`;
};

const UNANSWERED = /^(TimeoutError|RequestTimeout|ETIMEDOUT|EPIPE|ECONN[A-Z]+)$/;

/** `User: arn:aws:sts::123456789012:assumed-role/… is not authorized to perform: …` */
const NAMES_CALLER = /\bUser: arn:/;

/** A code as the wire has it and as the SDK's classes are called: `UnmodifiableEntity(Exception)`. */
const spellingsOf = (code: string): readonly string[] => {
  const stem = stemOf(code);
  return [stem, `${stem}Exception`];
};

const stemOf = (code: string): string => code.replace(/(?<=.)Exception$/, '');

/** Did the service answer with one of these codes of its own? The ending `Exception` makes no difference. */
export const isAwsCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.some((code) => stemOf(code) === stemOf(factsOf(error).awsCode ?? ''));

export const isNotFound = (error: unknown): boolean => codeOf(error) === 'NotFound';

/** For deletes: what is gone already is as it should be. */
export const ignoreNotFound = (error: unknown): undefined => {
  if (isNotFound(error)) return undefined;
  throw error;
};

/** EC2's details of a denial, for those who may decode them. They are for operators: no message holds them. */
const ENCODED_DENIAL = /Encoded authorization failure message:\s*([\w+/=-]+)/i;

interface SdkErrorShape {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly statusCode?: number };
}

const read = (
  error: unknown,
  call: FailedCall,
): Refusal & { readonly requestId: string | undefined; readonly encodedDenial: string | undefined } => {
  const shape: SdkErrorShape = typeof error === 'object' && error !== null ? error : { message: String(error) };
  const status = shape.$metadata?.httpStatusCode ?? shape.$response?.statusCode;
  // Node's own errors are all called `Error`; their `code` says more.
  const name = shape.name === undefined || shape.name === 'Error' ? undefined : shape.name;
  const awsCode = (status === undefined ? (shape.code ?? name) : (name ?? shape.Code ?? shape.code)) ?? 'UnknownError';
  return {
    service: call.operation.split(':')[0] ?? '',
    awsCode,
    message: messageOf(shape, status),
    status,
    requestId: shape.$metadata?.requestId,
    encodedDenial: ENCODED_DENIAL.exec(shape.message ?? '')?.[1],
  };
};

/** An answer without a body (to a HEAD) has nothing to say but its status. */
const messageOf = ({ message = '' }: SdkErrorShape, status: number | undefined): string =>
  status !== undefined && (message === '' || message === 'UnknownError')
    ? `the service answered ${status}`
    : cleanMessage(message);

const typeOf = (refusal: Refusal): FailureCode => {
  const spellings = spellingsOf(refusal.awsCode);
  const rule = RULES.find(
    ({ service, code, text }) =>
      (service === undefined || service === refusal.service) &&
      (code === undefined || spellings.some((spelling) => code.test(spelling))) &&
      (text === undefined || text.test(refusal.message)),
  );
  if (rule) return rule.is;
  // A HEAD has no body, so its answer no code: S3 says this and no more where it asks for fewer requests.
  if (refusal.status === 503 && refusal.service === 's3') return 'Throttled';
  if (refusal.status === undefined || refusal.status >= 500) return 'Unavailable';
  // Of a HEAD, too. 301: the bucket is in another region.
  if (refusal.status === 301) return 'Invalid';
  if (refusal.status === 404) return 'NotFound';
  if (refusal.status === 403 || refusal.status === 401) return 'Denied';
  if (refusal.status === 429) return 'Throttled';
  // An answer that can't be read (status 200) says nothing about what was done.
  return refusal.status < 300 ? 'Unavailable' : 'Unknown';
};

/** A definite refusal had no effect. A cut connection, a timeout and a fault of the service's own leave it open. */
const isOutcomeUnknown = (type: FailureCode, { awsCode, status }: Refusal): boolean =>
  type === 'Unavailable' && !HAD_NO_EFFECT.test(awsCode) && (status === undefined || status >= 500 || status < 300);
