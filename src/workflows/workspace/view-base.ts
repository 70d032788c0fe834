import { workflowInfo } from '@temporalio/workflow';
import { parseWorkspaceId } from '#domain/ids.ts';
import type { WorkspaceMemo } from '#domain/workspace/input.ts';
import type { ViewBase } from '../progress.ts';

/** Who and where, from the memo that every workspace workflow is started with. */
export const viewBase = (workspaceId: string): ViewBase => {
  const {
    user = '',
    account = '',
    region = '',
    profile = null,
    requestedBy = '',
  } = (workflowInfo().memo ?? {}) as Partial<WorkspaceMemo>;
  return {
    id: workspaceId,
    environment: parseWorkspaceId(workspaceId)?.environment ?? '',
    user,
    account,
    region,
    profile,
    requestedBy,
    createdAt: workflowInfo().startTime.toISOString(),
  };
};
