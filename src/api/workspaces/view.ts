/** The workspace as callers see it where its workflow does not answer: from Temporal alone, or from the record. */
import type { ErrorView } from '#domain/core/operation.ts';
import { healthOf } from '#domain/workspace/health.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { AT_REST, atRest, operationOf, stepsOf } from '../subjects/enrich.ts';
import type { LocatedRun } from '../subjects/kind.ts';
import { NO_CREDENTIAL } from './credential.ts';
import type { WorkspaceKind } from './kind.ts';

/** No worker answers: the memo and the record say as much as they can. */
export const viewOfRun = ({ id, subject, user, record, run }: LocatedRun<WorkspaceKind>): WorkspaceView => ({
  ...(record ? viewOfRecord(record) : EMPTY),
  steps: stepsOf(run),
  id,
  user,
  environment: subject.environment,
  account: run.memo.account,
  region: run.memo.region,
  profile: run.memo.profile,
  phase: run.phase ?? 'launching',
  operation: operationOf(run),
  credential: NO_CREDENTIAL,
  disposalDueAt: null,
  health: null,
  error: null,
  createdAt: record?.createdAt ?? run.startedAt,
  updatedAt: record?.updatedAt ?? run.startedAt,
});

const EMPTY = { resources: [], leftovers: [], ...AT_REST } as const;

const errorOf = ({ error }: WorkspaceRecord): ErrorView | null =>
  error && { code: error.code, detail: error.detail, step: error.step };

/** A shared account's other workspaces are an operator's business; everybody else hears how many there are. */
export const tellHolders = (view: WorkspaceView, record: WorkspaceRecord | undefined): WorkspaceView => {
  const holders = record?.error?.holders ?? [];
  if (!view.error || holders.length === 0 || view.operation) return view;
  return { ...view, error: { ...view.error, detail: `${view.error.detail}; held by ${holders.join(', ')}` } };
};

/** Nothing runs: what the last operation wrote, but for the credential, which the claims know better. */
export const viewOfRecord = (record: WorkspaceRecord): WorkspaceView => ({
  id: record.id,
  user: record.workspace.user,
  environment: record.workspace.environment,
  account: record.workspace.account.accountId,
  region: record.workspace.account.region,
  profile: record.workspace.profile,
  phase: record.phase,
  operation: record.operation,
  resources: record.resources,
  credential: NO_CREDENTIAL,
  disposalDueAt: record.phase === 'parked' ? (record.disposalDueAt ?? null) : null,
  health: healthOf(record),
  ...atRest(record),
  error: errorOf(record),
  leftovers: record.leftovers,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
});
