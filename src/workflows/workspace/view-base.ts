import { workflowInfo } from '@temporalio/workflow';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { WorkspaceMemo } from '#domain/workspace/input.ts';
import type { ViewBase } from '../kernel/progress.ts';

/** Who and where, from the memo that every workspace workflow is started with. */
export const viewBase = (subject: SubjectRef): ViewBase => {
  const {
    user = '',
    account = '',
    region = '',
    profile = null,
    requestedBy = '',
  } = (workflowInfo().memo ?? {}) as Partial<WorkspaceMemo>;
  return {
    id: subjectId(subject),
    environment: subject.environment,
    user,
    account,
    region,
    profile,
    requestedBy,
    createdAt: workflowInfo().startTime.toISOString(),
  };
};
