import { workflowInfo } from '@temporalio/workflow';
import type { OperationView } from '#domain/core/operation.ts';

/** This run, as the record and the API show it. Its type is that of its workflow. */
export const operationOf = <Type extends string>(requestedBy: string): OperationView<Type> => {
  const { workflowType, workflowId, runId, startTime } = workflowInfo();
  return { type: workflowType as Type, workflowId, runId, startedAt: startTime.toISOString(), requestedBy };
};
