/** A refusal for Seqera's clients, in the document. */
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';
import { exampleOfProblem } from '../../examples/problems.ts';
import { problem } from '../../openapi.ts';

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'Not valid',
  403: 'It is not there, or the caller may not deal with it',
  409: 'The name is in use, or the state does not allow it',
};

/** @param codes Besides those that the status has at any route. */
export const refusal = (status: number, codes: readonly FailureCode[] = []) => {
  const { description, headers, content } = problem(status, codes);
  const examples = Object.keys(content['application/problem+json'].examples) as FailureCode[];
  return {
    description: MEANINGS[status] ?? description,
    headers,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/SeqeraError' } as never,
        examples: Object.fromEntries(examples.map((code) => [code, { value: exampleOf(status, code) }])),
      },
    },
  };
};

const exampleOf = (status: number, code: FailureCode) => ({
  ...exampleOfProblem(status, code),
  message: FAILURES[code].title,
});
