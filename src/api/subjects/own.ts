import type { OperationRun } from '#temporal/run.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from './enrich.ts';

/**
 * What runs is shown wherever it runs, but only the installation whose workers run it may steer it.
 * @throws OperationInProgress where it is another one that has the same environment and namespace.
 */
export const requireOwn = (run: OperationRun): void => {
  if (run.foreignQueue === null) return;
  throw new ApiProblem(
    'OperationInProgress',
    `${run.workflowId} is run by the workers of another installation (task queue ${run.foreignQueue}): ` +
      'wait until it ends, or give one of the two installations another environment or Temporal namespace',
    { operation: operationOf(run) },
  );
};
