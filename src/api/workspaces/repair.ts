/** An operator's exits from an operation that is stuck. */
import type { RemovalMode } from '#domain/workspace/input.ts';
import type { Phase } from '#domain/workspace/view.ts';
import type { WorkspaceRun, WorkspaceWorkflows } from '#temporal/workspaces.ts';
import { ApiProblem } from '../problems.ts';
import type { Located } from './locate.ts';

export interface RepairParts {
  readonly workflows: Pick<WorkspaceWorkflows, 'retryNow' | 'abandonStep'>;
  readonly terminate: (located: Located, mode: RemovalMode, requestedBy: string) => Promise<void>;
}

export interface Repair {
  /** The waiting attempts are made at once; leftovers of an operation that has ended are removed. */
  retry(located: Located, step: string | undefined, requestedBy: string): Promise<void>;
  abandonStep(located: Located, step: string, reason: string): Promise<void>;
}

/** @throws Conflict where nothing is waiting. */
export const createRepair = ({ workflows, terminate }: RepairParts): Repair => ({
  async retry(located, step, requestedBy) {
    const { run, record } = located;
    if (run?.running) await workflows.retryNow(run, step);
    else if (record?.phase === 'failed' && record.leftovers.length > 0)
      await terminate(located, isThere(record.phaseBefore) ? 'sweep' : 'dispose', requestedBy);
    else throw nothingWaits(located);
  },

  async abandonStep(located, step, reason) {
    await workflows.abandonStep(runningOf(located), step, reason);
  },
});

/** A relaunch failed: the workspace that was there before it stays, only what the relaunch left goes. */
const isThere = (phase: Phase | null): boolean => phase === 'running' || phase === 'parked';

const runningOf = (located: Located): WorkspaceRun => {
  if (!located.run?.running) throw nothingWaits(located);
  return located.run;
};

const nothingWaits = ({ id }: Located): ApiProblem => new ApiProblem('Conflict', `nothing of ${id} is waiting`);
