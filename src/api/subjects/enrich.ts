/** What `describe` knows and the workflow doesn't: attempts and last errors live with the server. */
import type { OperationView, StepView } from '#domain/core/operation.ts';
import type { PendingCall } from '#temporal/pending.ts';
import type { OperationRun } from '#temporal/run.ts';
import type { SubjectView } from './kind.ts';

export const enrich = <View extends SubjectView>(view: View, pending: readonly PendingCall[]): View => {
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

/** Only Temporal answers: the steps that are under way. What came before and what comes after, the workflow knows. */
export const stepsOf = ({ pending }: Pick<OperationRun, 'pending'>): StepView[] =>
  [...new Set(pending.map(({ step }) => step))].map((name) =>
    enrichStep(
      { name, state: 'running', attempt: 1, since: null, expectedMs: null, waitingFor: null, lastError: null },
      callsOf(name, pending),
    ),
  );

export const operationOf = <Type extends string>(
  run: Pick<OperationRun, 'runId' | 'workflowId' | 'startedAt' | 'memo'> & { readonly type: Type },
): OperationView<Type> => ({
  type: run.type,
  runId: run.runId,
  workflowId: run.workflowId,
  startedAt: run.startedAt,
  requestedBy: run.memo.requestedBy,
});
