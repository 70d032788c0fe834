/** Helpers that keep a route's definition on one screen. */
import type { z } from '@hono/zod-openapi';
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
  401: 'No valid token',
  403: 'The token is not enough for this',
  404: 'There is no such workspace, as far as this token may know',
  409: 'Something else is under way, or not ready yet; `operation` tells what',
  410: 'Handed out already',
  413: 'The body is over 1 MiB',
  415: 'The body is not application/json',
  422: 'The request is not valid; `errors` tells where',
  500: 'The launch ended with something left over, or with an error that has no code',
  503: 'A service behind the API does not answer; try again after `Retry-After`',
} as const;

type ProblemStatus = keyof typeof MEANINGS;

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemBody } },
});

/** The problems that a route may answer, besides those that every route has. */
export const problems = (...statuses: ProblemStatus[]) =>
  Object.fromEntries(([401, 503, ...statuses] as const).map((status) => [status, problem(MEANINGS[status])])) as Record<
    ProblemStatus,
    ReturnType<typeof problem>
  >;

export const BEARER = [{ bearer: [] }];
