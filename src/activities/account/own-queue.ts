import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { fail } from '#domain/core/failures.ts';

/** Undefined where there is none. */
export const describeRun = async (
  temporal: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> => {
  try {
    return await temporal.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
};

/**
 * Work is handed to workers of one's own installation only: others keep their records elsewhere, and may be gone for good.
 * @throws Unavailable where the workflow runs on another task queue.
 */
export const requireOwnQueue = (
  run: WorkflowExecutionDescription | undefined,
  workflowId: string,
  taskQueue: string,
): void => {
  if (run?.status.name !== 'RUNNING' || run.taskQueue === taskQueue) return;
  throw fail(
    'Unavailable',
    `${workflowId} runs on the task queue ${run.taskQueue}, and this worker serves ${taskQueue}: ` +
      'where that installation is gone, terminate that workflow in Temporal; where it is not, give one of them another namespace or environment',
  );
};
