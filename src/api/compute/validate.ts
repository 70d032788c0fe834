/** Validate: a workflow looks at all of it, and repairs what is safe to repair where it is asked to. */

import { isThere } from '#domain/compute/record.ts';
import type { Timing } from '#domain/core/timing.ts';
import { ApiProblem } from '../problems.ts';
import { type ComputeOperations, type LocatedCompute, validationOf } from './kind.ts';
import { notReady, requireIdle } from './state.ts';

export interface ValidateParts {
  readonly operations: Pick<ComputeOperations, 'start'>;
  readonly timing: Timing;
}

/** @throws NotReady, OperationInProgress */
export type ValidateCompute = (
  located: LocatedCompute,
  how: { readonly repair: boolean; readonly requestedBy: string },
) => Promise<void>;

export const createValidateCompute =
  ({ operations, timing }: ValidateParts): ValidateCompute =>
  async (located, { repair, requestedBy }) => {
    requireIdle(located);
    const { id, record } = located;
    if (!record || !isThere(record.phase)) throw notReady(id, `it is ${record?.phase ?? 'not made yet'}`);
    const { compute, phase } = record;
    if (!(await operations.start(validationOf({ compute, repair, requestedBy, timing }, phase))))
      throw startedMeanwhile();
  };

export const startedMeanwhile = (): ApiProblem =>
  new ApiProblem('Unavailable', 'another operation started at the same moment; try again');
