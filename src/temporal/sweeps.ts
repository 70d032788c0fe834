/** Sweeps that are started by hand: one at a time in an installation. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { type Installation, taskQueueOf } from '#domain/core/installation.ts';
import { sweepWorkflowId } from '#domain/core/workflow-ids.ts';
import { SWEEP, type SweepInput } from '#domain/sweep/sweep.ts';
import { fromTemporal } from './rpc-errors.ts';

/** Long enough for a busy server, short enough for a caller to be told to come back. */
const CALL_MS = 5_000;

export interface SweepRun {
  readonly runId: string;
  readonly startedAt: string;
  readonly running: boolean;
  /** Why it failed; null where it did not. */
  readonly failed: string | null;
}

/** Methods throw Unavailable where Temporal does not answer. */
export interface SweepControl {
  /** Undefined where one is under way. */
  start(input: SweepInput): Promise<string | undefined>;
  /** The latest one by hand; undefined where none is kept. */
  latest(): Promise<SweepRun | undefined>;
}

export const createSweepControl = (client: Client, installation: Installation): SweepControl => {
  const workflowId = sweepWorkflowId(installation);
  const taskQueue = taskQueueOf(installation);
  const within = <T>(work: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_MS, work);

  return {
    async start(input) {
      try {
        const call = () =>
          client.workflow.start(SWEEP, {
            workflowId,
            taskQueue,
            args: [input],
            workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
            workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
            staticSummary: input.apply ? 'takes away what is left over' : 'looks for what is left over',
          });
        return (await within(call)).firstExecutionRunId;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
        return fromTemporal(error);
      }
    },

    async latest() {
      const handle = client.workflow.getHandle(workflowId);
      try {
        const { runId, startTime, status } = await within(() => handle.describe());
        const running = status.name === 'RUNNING' || status.name === 'PAUSED';
        const failed = running || status.name === 'COMPLETED' ? null : `the sweep ended as ${status.name}`;
        return { runId, startedAt: startTime.toISOString(), running, failed };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        return fromTemporal(error);
      }
    },
  };
};
