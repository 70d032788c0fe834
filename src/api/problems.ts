/** Failures as RFC 9457 problem details: the one place that writes an error of the API. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import {
  codeOf,
  FAILURES,
  type FailureCode,
  type FailureFacts,
  factsOf,
  type Leftover,
  type Problem,
} from '#domain/core/failures.ts';
import type { OperationView } from '#domain/core/operation.ts';
import { TesProblem } from '#tes/problem.ts';

export interface ProblemExtras {
  /** Where it differs from the code's own. */
  readonly status?: number;
  readonly errors?: readonly Problem[];
  readonly operation?: OperationView | null;
  readonly leftovers?: readonly Leftover[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error with the answer that it gets. */
export class ApiProblem extends Error {
  readonly code: FailureCode;
  readonly extras: ProblemExtras;

  constructor(code: FailureCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = 'ApiProblem';
    this.code = code;
    this.extras = extras;
  }
}

/** Seconds after which a caller may try again where nothing better is known. */
const RETRY_AFTER_SECONDS = '5';

const TYPE_BASE = 'urn:eyrie:problem:';

export const renderProblem = (c: Context, { code, message, extras }: ApiProblem): Response => {
  const status = extras.status ?? FAILURES[code].status;
  const { errors, operation, leftovers, headers } = extras;
  const body = {
    type: `${TYPE_BASE}${code}`,
    title: FAILURES[code].title,
    status,
    detail: message,
    instance: c.req.path,
    code,
    requestId: c.get('requestId'),
    ...(errors && { errors }),
    ...(status === 409 && { operation: operation ?? null }),
    ...(leftovers && { leftovers }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': c.get('requestId'),
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="eyrie"' }),
      ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
      ...headers,
    },
  });
};

/** Any error as the problem that a caller may see. */
export const problemOf = (error: unknown): ApiProblem => {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TesProblem) return ofTesProblem(error);
  if (error instanceof HTTPException) return ofHttpException(error);
  const code = codeOf(error);
  const facts = factsOf(error);
  const { awsCode, operation, problems } = facts;
  if (code === 'Unknown')
    return new ApiProblem('Unknown', 'the server failed; its log says more under this request id');
  // An answer of AWS to Eyrie itself (say, its own right to the control bucket is missing) is no fault of the caller.
  if ((awsCode ?? operation) !== undefined) return new ApiProblem('Unavailable', ofOwnCall(code, facts));
  const message = error instanceof Error ? error.message : '';
  return new ApiProblem(code, message, problems ? { errors: problems } : {});
};

/** Which call, and whether it passes by itself. On what, and with whose rights, stands in the log: any caller reads this. */
const ofOwnCall = (code: FailureCode, { operation, awsCode }: FailureFacts): string => {
  if (operation === undefined) return 'a service behind Eyrie does not answer';
  const answer = awsCode === undefined ? '' : ` (${awsCode})`;
  return FAILURES[code].retry
    ? `Eyrie’s own call ${operation} is not answered as it should be${answer}: try again`
    : `Eyrie’s own call ${operation} is refused${answer}: an operator has to mend that, \`eyrie doctor\` tells more`;
};

const ofTesProblem = ({ code, message, extras }: TesProblem): ApiProblem => {
  const { retryAfter, ...rest } = extras;
  const headers = retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } };
  return new ApiProblem(code, message, { ...rest, ...headers });
};

/** True where the log should tell an operator more than the answer tells the caller. */
export const isInternal = (problem: ApiProblem): boolean =>
  (problem.extras.status ?? FAILURES[problem.code].status) >= 500;

const HTTP_CODES: Readonly<Record<number, FailureCode>> = { 401: 'Denied', 403: 'Denied', 404: 'NotFound' };

const ofHttpException = ({ status, message }: HTTPException): ApiProblem =>
  status >= 500
    ? new ApiProblem('Unknown', 'the server failed; its log says more under this request id')
    : new ApiProblem(HTTP_CODES[status] ?? 'Invalid', message || 'the request is not valid', { status });

interface ZodIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** Validation errors of a body with a JSON pointer each; of a query or path with the parameter's name. */
export const invalidRequest = (issues: readonly ZodIssue[]): ApiProblem => {
  const errors = issues.flatMap(({ path, message, code, keys }) =>
    code === 'unrecognized_keys' && keys
      ? keys.map((key) => ({ pointer: renderPointer([...path, key]), detail: 'unknown member' }))
      : [{ pointer: renderPointer(path), detail: message }],
  );
  return new ApiProblem('Invalid', 'the request is not valid', { errors });
};

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
const renderPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
