/** What became of the tasks of a workflow: one that fails is tried again and may pass then, so that hardly anybody sees it. */
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

const { WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;

/** Nobody's fault: something came while the task was under way, which is made anew with that in it, or the run was terminated or reset. */
const IN_ORDER: readonly unknown[] = [
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
];

/** Those that the code of a workflow, or Temporal, has failed. */
export const failedTasksOf = ({ events }: History): string[] =>
  (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed && !IN_ORDER.includes(failed.cause) ? [`${failed.failure?.message} (cause ${failed.cause})`] : [],
  );
