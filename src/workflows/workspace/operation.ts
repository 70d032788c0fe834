import { workflowInfo } from '@temporalio/workflow';
import type { OperationView } from '#domain/workspace/view.ts';

/** This run, as the record and the API show it. */
export const operationOf = (type: OperationView['type'], requestedBy: string): OperationView => {
  const { workflowId, runId, startTime } = workflowInfo();
  return { type, workflowId, runId, startedAt: startTime.toISOString(), requestedBy };
};
