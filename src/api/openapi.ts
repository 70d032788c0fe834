/** Helpers that keep a route's definition on one screen. */
import type { z } from '@hono/zod-openapi';
import { FAILURES, type FailureCode } from '#domain/failures.ts';
import { ProblemBody } from './schemas.ts';

/** A JSON body or answer. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A JSON request body that must be there. */
export const jsonBody = <S extends z.ZodType>(schema: S, description: string) => ({
  ...json(schema, description),
  required: true,
});

const MEANINGS = {
  400: 'The body is not JSON',
  401: 'The token is missing or not valid',
  403: 'The caller may not do this',
  404: 'There is no such workspace, storage or bucket, or the caller may not see it',
  413: 'The body is over 1 MiB',
  415: 'The body is not application/json',
  422: 'The request is not valid; `errors` tells where',
  500: 'The launch left resources over, or failed with an error that Eyrie does not know',
  502: 'The server behind the API answers with a fault',
  503: 'A service behind the API does not answer; try again after `Retry-After`',
} as const;

type ProblemStatus = keyof typeof MEANINGS;

/** Codes that a caller tells apart, since what they do next differs. */
type StateCode = { [C in FailureCode]: (typeof FAILURES)[C]['status'] extends 409 | 410 ? C : never }[FailureCode];

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemBody } },
});

/** The problems that a route may answer, besides those that every route has: by status, or by code for 409 and 410. */
export const problems = (...listed: (ProblemStatus | StateCode)[]) => {
  const byStatus = Map.groupBy([401, 503, ...listed] as const, (one) =>
    typeof one === 'number' ? one : FAILURES[one].status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, causes]) => [status, problem(causes.map(meaningOf).join('. '))]),
  ) as Record<ProblemStatus | 409 | 410, ReturnType<typeof problem>>;
};

const meaningOf = (cause: ProblemStatus | StateCode): string =>
  typeof cause === 'number' ? MEANINGS[cause] : `\`${cause}\`: ${FAILURES[cause].title}`;

export const BEARER = [{ bearer: [] }];
