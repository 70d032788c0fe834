/** Views of a workspace whose last run ended without the record being told: the run itself says how. */
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { RunFailure, WorkspaceRun } from '#temporal/workspaces.ts';
import { operationOf } from './view.ts';

/** The record says that an operation runs, or there is none: what the run had made may still be there. */
export const viewOfLost = (
  view: WorkspaceView,
  run: WorkspaceRun | undefined,
  failure: RunFailure | undefined,
): WorkspaceView => {
  const operation = view.operation ?? (run ? operationOf(run) : null);
  const left = failure && failure.leftovers.length > 0 ? failure.leftovers : view.leftovers;
  return {
    ...view,
    phase: 'failed',
    operation: null,
    stuck: null,
    error: failure ? errorOf(failure) : { code: 'Unknown', detail: endedFromOutside(run), step: null },
    leftovers: left,
    updatedAt: run?.closedAt ?? operation?.startedAt ?? view.updatedAt,
  };
};

const endedFromOutside = (run: WorkspaceRun | undefined): string => {
  const how = run ? `its workflow run ended as ${run.status}` : 'Temporal does not know its workflow run';
  return (
    `the operation was ended from outside: ${how}. What it had made may still be there: ` +
    'launch again to converge it, or terminate with mode dispose to remove it'
  );
};

/** The run ended before it could open the record, and so before it changed anything. */
export const neverOpened = ({ heard, updatedAt }: WorkspaceRecord, run: WorkspaceRun): boolean => {
  if (run.status === 'COMPLETED') return false;
  // Records of older versions don't say.
  return heard === undefined ? updatedAt < run.startedAt : heard !== run.runId;
};

/** The workspace is what it was; what was asked for was not done, and why. */
export const viewOfRefused = (
  view: WorkspaceView,
  run: WorkspaceRun,
  failure: RunFailure | undefined,
): WorkspaceView => {
  const outside = `${run.type} ended before it changed anything: its workflow run ended as ${run.status}`;
  return { ...view, error: failure ? errorOf(failure) : { code: 'Unknown', detail: outside, step: null } };
};

const errorOf = ({ code, detail, step }: RunFailure): NonNullable<WorkspaceView['error']> => ({ code, detail, step });
