/** What became of the tasks of a workflow: one that fails is tried again and may pass then, so that hardly anybody sees it. */
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Something came while the task was under way: it is made anew with that in it. */
const IN_ORDER = proto.temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

/** Those that the code of a workflow, or Temporal, has failed. */
export const failedTasksOf = ({ events }: History): string[] =>
  (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed && failed.cause !== IN_ORDER ? [`${failed.failure?.message} (cause ${failed.cause})`] : [],
  );
