import { workflowInfo } from '@temporalio/workflow';
import type { OperationView } from '#domain/core/operation.ts';

/** This run, as the record and the API show it. */
export const operationOf = <Type extends string>(type: Type, requestedBy: string): OperationView<Type> => {
  const { workflowId, runId, startTime } = workflowInfo();
  return { type, workflowId, runId, startedAt: startTime.toISOString(), requestedBy };
};
