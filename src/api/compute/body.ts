/** The body of a create as the one schema of options reads it, in the form of this API's problems. */
import { parseComputeBody } from '#config/compute/parse.ts';
import { ApiProblem } from '../problems.ts';
import type { ComputeRequest } from './request.ts';

/** @throws Invalid with every problem at once */
export const parseCompute = (body: unknown): ComputeRequest => {
  const parsed = parseComputeBody(body);
  if (parsed.ok) return { ...parsed.value, notes: [...parsed.warnings, ...parsed.notes] };
  throw new ApiProblem('Invalid', 'the request is not valid', {
    errors: parsed.problems.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message })),
  });
};

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
const pointerOf = (path: string): string =>
  path === 'body'
    ? ''
    : path
        .split('.')
        .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
        .join('');
