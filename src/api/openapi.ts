/** Helpers that keep a route's definition on one screen. What is true of all routes stands in the document (document.ts). */
import { z } from '@hono/zod-openapi';
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';
import { exampleOfProblem } from './examples/problems.ts';

/** Headers that an answer carries, always but for the last two. */
export const HEADERS = {
  Location: {
    description: 'Where to look at what was asked for',
    required: true,
    schema: { type: 'string' },
    example: '/v1/workspaces/localhost.test-40example-2ecom',
  },
  'Retry-After': {
    description: 'Seconds after which it is worth asking again',
    required: true,
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '5',
  },
  Allow: {
    description: 'The methods that the path has',
    required: true,
    schema: { type: 'string' },
    example: 'GET, HEAD, POST',
  },
  'WWW-Authenticate': {
    description: 'How to authenticate',
    required: true,
    schema: { type: 'string' },
    example: 'Bearer realm="eyrie"',
  },
  'X-Request-Id': {
    description: 'Names the request in the log. A caller may send one',
    schema: { type: 'string' },
    example: '0b1f6f3a-6a4e-4b52-9c5e-2f6c1f0f2a77',
  },
  'Preference-Applied': {
    description: 'What was made of `Prefer`, where it asked for a wait',
    schema: { type: 'string', pattern: '^wait=\\d+$' },
    example: 'wait=60',
  },
} as const;

export type HeaderName = keyof typeof HEADERS;

export const headersOf = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, structuredClone(HEADERS[name])])) as Record<
    string,
    { description: string; schema: { type: 'string' } }
  >;

/** A JSON body or answer. */
export const json = <S extends z.ZodType>(schema: S, description: string, ...headers: readonly HeaderName[]) => ({
  description,
  content: { 'application/json': { schema } },
  ...(headers.length > 0 && { headers: headersOf(headers) }),
});

/** A JSON request body that must be there. */
export const jsonBody = <S extends z.ZodType>(schema: S, description: string) => ({
  ...json(schema, description),
  required: true,
});

/** Server-sent events. They have no shape as a whole, and OpenAPI 3.1 has no way to tell that of each. */
export const events = () => ({
  description: 'A stream of events',
  content: { 'text/event-stream': { schema: z.unknown() } },
});

/** @param description What the key is good for at this route. */
export const idempotencyKey = (description: string) =>
  z.string().min(1).max(255).optional().openapi({ description, example: '5f2c1f0e-8c0b-4f6e-9a52-0a8d5d6f7b10' });

/** What a status means where a code does not say it better, and which codes it has at any route. */
export const MEANINGS = {
  400: { codes: ['Invalid'], means: 'The request can’t be taken as it is: its body is not JSON, for example' },
  401: { codes: ['Denied'], means: 'The token is missing or not valid' },
  403: { codes: ['Denied'], means: 'The caller may not do this' },
  404: { codes: ['NotFound'], means: 'It is not there, or the caller may not see it' },
  405: { codes: ['Invalid'], means: 'The path has no such method; `Allow` tells those that it has' },
  408: { codes: ['Invalid'], means: 'The body did not come within 30 seconds' },
  413: { codes: ['Invalid'], means: 'The body is over 1 MiB' },
  415: { codes: ['Invalid'], means: 'The body is not application/json' },
  422: { codes: ['Invalid'], means: 'The request is not valid; `errors` tells where' },
  500: { codes: ['Unknown'], means: 'An error that Eyrie does not know; the log says more under the request id' },
  502: { codes: ['Unavailable'], means: 'The server behind the API answers with a fault' },
  503: {
    codes: ['Unavailable', 'Throttled', 'NotYet'],
    means: 'A service behind the API does not answer; try again after `Retry-After`',
  },
} as const satisfies Record<number, { codes: readonly FailureCode[]; means: string }>;

export type ProblemStatus = keyof typeof MEANINGS;

const isMeant = (status: number): status is ProblemStatus => Object.hasOwn(MEANINGS, status);

/** Headers of a problem with this status. */
const HEADERS_OF: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  503: ['Retry-After'],
};

/** @param codes Besides those that the status has at any route. */
export const problem = (status: number, codes: readonly FailureCode[] = []) => {
  const own = isMeant(status) ? MEANINGS[status] : undefined;
  const all = [...new Set([...(own?.codes ?? []), ...codes])];
  return {
    description: [own?.means, ...codes.map((code) => `\`${code}\`: ${FAILURES[code].title}`)]
      .filter(Boolean)
      .join('. '),
    headers: headersOf(['X-Request-Id', ...(HEADERS_OF[status] ?? [])]),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { properties: { status: { const: status }, code: { enum: all } } },
          ] as never[],
        },
        examples: Object.fromEntries(all.map((code) => [code, { value: exampleOfProblem(status, code) }])),
      },
    },
  };
};

/** The problems of a route besides those that its method and path bring along: by code, or by status where that says it. */
export const problems = (...listed: (FailureCode | 400 | 502)[]) => {
  const byStatus = Map.groupBy(listed, (one) => (typeof one === 'number' ? one : FAILURES[one].status));
  return Object.fromEntries(
    [...byStatus].map(([status, causes]) => [
      status,
      problem(
        status,
        causes.filter(
          (cause) => typeof cause !== 'number' && !(isMeant(status) && isOwn(status, cause)),
        ) as FailureCode[],
      ),
    ]),
  ) as Record<400 | 404 | 409 | 410 | 422 | 500 | 502 | 503, ReturnType<typeof problem>>;
};

const isOwn = (status: ProblemStatus, code: FailureCode): boolean =>
  (MEANINGS[status].codes as readonly FailureCode[]).includes(code);

export const BEARER = [{ bearer: [] }];
