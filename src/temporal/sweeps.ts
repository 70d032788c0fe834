/** Sweeps that are started by hand: one at a time in an installation. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { type Installation, taskQueueOf } from '#domain/core/installation.ts';
import { sweepWorkflowId } from '#domain/core/workflow-ids.ts';
import { SWEEP, type SweepInput } from '#domain/sweep/sweep.ts';
import { fromTemporal } from './rpc-errors.ts';

/** Long enough for a busy server, short enough for a caller to be told to come back. */
const CALL_MS = 5_000;
/** What a worker is asked is answered within this, or told to be unanswered. */
const QUERY_MS = 2_000;
/** Every workflow answers it. */
const METADATA_QUERY = '__temporal_workflow_metadata';

export interface SweepRun {
  readonly runId: string;
  readonly startedAt: string;
  readonly running: boolean;
  /** Why it failed; null where it did not. */
  readonly failed: string | null;
  /** Whether a worker answers for it; true also of one that has ended. */
  readonly answered: boolean;
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

  const isAnswered = (): Promise<boolean> =>
    client
      .withDeadline(Date.now() + QUERY_MS, () => client.workflow.getHandle(workflowId).query(METADATA_QUERY))
      .then(
        () => true,
        () => false,
      );

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
        const answered = !running || (await isAnswered());
        return { runId, startedAt: startTime.toISOString(), running, failed, answered };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        return fromTemporal(error);
      }
    },
  };
};
