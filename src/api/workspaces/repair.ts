/** An operator's exits from an operation that is stuck. */
import { codeOf, FAILURES } from '#domain/failures.ts';
import type { RemovalMode } from '#domain/workspace/input.ts';
import { retryOf } from '#domain/workspace/record.ts';
import type { WorkspaceRun, WorkspaceWorkflows } from '#temporal/workspaces.ts';
import { ApiProblem } from '../problems.ts';
import type { Located } from './locate.ts';
import { requireOwn } from './own.ts';
import { operationOf } from './view.ts';

export interface RepairParts {
  readonly workflows: Pick<WorkspaceWorkflows, 'retryNow' | 'abandonStep'>;
  readonly terminate: (located: Located, mode: RemovalMode, requestedBy: string) => Promise<void>;
}

export interface Repair {
  /** The waiting attempts are made at once; a removal that ended half-way is gone on with, and so leftovers are removed. */
  retry(located: Located, step: string | undefined, requestedBy: string): Promise<void>;
  abandonStep(located: Located, step: string, reason: string): Promise<void>;
}

/** @throws NothingWaiting; NotAbandonable. */
export const createRepair = ({ workflows, terminate }: RepairParts): Repair => ({
  async retry(located, step, requestedBy) {
    const { run, record } = located;
    if (run?.running) requireOwn(run);
    if (run?.running) await workflows.retryNow(run, step).catch(naming(run));
    else {
      const mode = record && retryOf(record);
      if (!mode) throw nothingWaits(located);
      await terminate(located, mode, requestedBy);
    }
  },

  async abandonStep(located, step, reason) {
    const run = runningOf(located);
    await workflows.abandonStep(run, step, reason).catch(naming(run));
  },
});

/** Where the state of the operation is what refuses the call, the caller is told which operation it is. */
const naming =
  (run: WorkspaceRun) =>
  (error: unknown): never => {
    const code = codeOf(error);
    if (FAILURES[code].status !== 409) throw error;
    throw new ApiProblem(code, (error as Error).message, { operation: operationOf(run) });
  };

const runningOf = (located: Located): WorkspaceRun => {
  if (!located.run?.running) throw nothingWaits(located);
  requireOwn(located.run);
  return located.run;
};

const nothingWaits = ({ id }: Located): ApiProblem => new ApiProblem('NothingWaiting', `no step of ${id} is waiting`);
