/** The workspace as callers see it, from whatever answers: the running workflow, Temporal alone, or the record. */
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { CredentialView, OperationView, StepView, WorkspaceView } from '#domain/workspace/view.ts';
import type { PendingCall } from '#temporal/pending.ts';
import type { WorkspaceRun } from '#temporal/workspaces.ts';
import type { Located } from './locate.ts';

export const NO_CREDENTIAL: CredentialView = { state: 'none', accessKeyId: null, createdAt: null, claimedAt: null };

/** What `describe` knows goes into what the workflow says: attempts and last errors live with the server. */
export const enrich = (view: WorkspaceView, pending: readonly PendingCall[]): WorkspaceView => {
  const steps = view.steps.map((step) => enrichStep(step, callsOf(step.name, pending)));
  const last = view.stuck && callsOf(view.stuck.step, pending).find(({ lastError }) => lastError)?.lastError;
  const stuck = view.stuck && last ? { ...view.stuck, code: last.code, reason: last.message } : view.stuck;
  return { ...view, steps, stuck };
};

const callsOf = (step: string, pending: readonly PendingCall[]): PendingCall[] =>
  pending.filter((call) => call.step === step).sort((a, b) => b.attempt - a.attempt);

const enrichStep = (step: StepView, [call]: readonly PendingCall[]): StepView => {
  if (!call) return step;
  const { attempt, lastError, activity } = call;
  const waits = lastError?.code === 'NotYet';
  return {
    ...step,
    attempt,
    // Between two attempts nothing runs; an undo keeps its name, since that is what an operator looks for.
    state: lastError && step.state === 'running' ? 'waiting' : step.state,
    waitingFor: waits
      ? lastError.message
      : lastError
        ? (step.waitingFor ?? `another try of ${activity}`)
        : step.waitingFor,
    // "Not yet" is an answer, not an error.
    lastError: lastError && !waits ? lastError : step.lastError,
  };
};

/** No worker answers: the memo and the record say as much as they can. */
export const viewOfRun = ({ id, subject, user, record, run }: Located & { run: WorkspaceRun }): WorkspaceView => ({
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
  error: null,
  createdAt: record?.createdAt ?? run.startedAt,
  updatedAt: record?.updatedAt ?? run.startedAt,
});

/** Only Temporal answers: the steps that are under way. What came before and what comes after, the workflow knows. */
const stepsOf = ({ pending }: WorkspaceRun): StepView[] =>
  [...new Set(pending.map(({ step }) => step))].map((name) =>
    enrichStep(
      { name, state: 'running', attempt: 1, since: null, waitingFor: null, lastError: null },
      callsOf(name, pending),
    ),
  );

const EMPTY = { steps: [], resources: [], stuck: null, leftovers: [] } as const;

export const operationOf = (run: WorkspaceRun): OperationView => ({
  type: run.type,
  runId: run.runId,
  workflowId: run.workflowId,
  startedAt: run.startedAt,
  requestedBy: run.memo.requestedBy,
});

const errorOf = ({ error }: WorkspaceRecord): WorkspaceView['error'] =>
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
  steps: record.steps,
  resources: record.resources,
  credential: NO_CREDENTIAL,
  stuck: null,
  error: errorOf(record),
  leftovers: record.leftovers,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
});
