/** Errors as Seqera's clients read them: a `message`, and Seqera's codes. What any problem of this API says stands there, too. */
import type { Context } from 'hono';
import type { ApiEnv } from '../../deps.ts';
import { type ApiProblem, renderProblem } from '../../problems.ts';

export const isSeqeraPath = (path: string): boolean => path.startsWith('/seqera/');

/** Seqera calls what is not valid 400, and what is not there 403: its command line says "not found" for that. */
const STATUSES: Readonly<Record<number, number>> = { 404: 403, 410: 409, 422: 400 };

/** @param as Default: the status that Seqera has for it. */
export const renderSeqeraProblem = async (c: Context<ApiEnv>, problem: ApiProblem, as?: number): Promise<Response> => {
  const answer = renderProblem(c, problem);
  const status = as ?? STATUSES[answer.status] ?? answer.status;
  const { errors = [] } = problem.extras;
  const details = errors.map(
    ({ pointer, detail }) => `${pointer.replace(/^\//, '').replaceAll('/', '.') || 'body'}: ${detail}`,
  );
  const body = { ...((await answer.json()) as object), status, message: [problem.message, ...details].join('; ') };
  const headers = new Headers(answer.headers);
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(body), { status, headers });
};
