/** What `describe` knows and the workflow doesn't: attempts and last errors live with the server. */
import { hintOf } from '#domain/core/hints.ts';
import { ANSWERS_WITHIN_MS, NO_WORKER, START_STEP } from '#domain/core/no-worker.ts';
import type { OperationView, StepView, StuckView } from '#domain/core/operation.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { answersOf, type PendingCall } from '#temporal/pending.ts';
import type { OperationRun } from '#temporal/run.ts';
import { type Principal, scopeOf } from '../principal.ts';
import type { ExitRights, SubjectRecord, SubjectView } from './kind.ts';

/** Of a subject of which nothing is recorded. */
export const AT_REST = { stuck: null, unwindingSince: null, interventions: [] } as const;

/** Of a subject on which no operation runs: what its record keeps of the last one. */
export const atRest = ({ steps, interventions = [] }: Pick<SubjectRecord, 'steps' | 'interventions'>) => ({
  ...AT_REST,
  // Records of before it was kept do not say how long a step was expected to take.
  steps: steps.map((step): StepView => ({ ...step, expectedMs: step.expectedMs ?? null })),
  interventions,
});

export const enrich = <View extends SubjectView>(view: View, pending: readonly PendingCall[]): View => {
  const steps = view.steps.map((step) => enrichStep(step, callsOf(step.name, pending)));
  const last = answersOf(pending).find(({ step }) => step === view.stuck?.step);
  const stuck = view.stuck && last ? { ...view.stuck, code: last.code, reason: last.message } : view.stuck;
  return { ...view, steps, stuck };
};

/** Whoever sees it is told of the exits that are theirs. `principal`: none where anybody may see it. */
export const forReader = <View extends SubjectView>(
  view: View,
  subject: SubjectRef,
  rights: ExitRights,
  principal?: Principal,
): View => {
  const { stuck, steps } = view;
  if (!stuck) return view;
  const { state = 'running' } = steps.find(({ name }) => name === stuck.step) ?? {};
  const exits = stuck.exits.filter((exit) => principal && scopeOf(principal, rights[exit]) !== 'no');
  return {
    ...view,
    stuck: { ...stuck, exits, hint: hintOf({ code: stuck.code, state, exits, subject, step: stuck.step }) },
  };
};

/** No worker answers, so nobody watches how long its steps take: that nothing happens is all that can be told. */
export const stuckWithoutWorker = ({
  pending,
  startedAt,
}: Pick<OperationRun, 'pending' | 'startedAt'>): StuckView | null => {
  const [call] = pending.toSorted((one, other) => (one.since < other.since ? -1 : 1));
  const [last] = answersOf(pending);
  const since = call?.since ?? startedAt;
  if (Date.now() - Date.parse(since) < ANSWERS_WITHIN_MS) return null;
  return {
    step: call?.step ?? START_STEP,
    since,
    code: null,
    reason: `${NO_WORKER.reason}${last ? `; last answer: ${last.message}` : ''}`,
    givesUpAt: null,
    exits: [],
    hint: NO_WORKER.hint,
  };
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
export const stepsOf = ({ pending, running, startedAt }: Pick<OperationRun, 'pending' | 'running' | 'startedAt'>) => {
  const nothing = { attempt: 0, since: null, expectedMs: null, waitingFor: null, lastError: null } as const;
  const steps = [...new Set(pending.map(({ step }) => step))].map((name) =>
    enrichStep({ ...nothing, name, state: 'running', attempt: 1 }, callsOf(name, pending)),
  );
  if (steps.length > 0 || !running) return steps;
  return [{ ...nothing, name: START_STEP, state: 'waiting', since: startedAt, waitingFor: 'a worker' } as const];
};

export const operationOf = <Type extends string>(
  run: Pick<OperationRun, 'runId' | 'workflowId' | 'startedAt' | 'memo'> & { readonly type: Type },
): OperationView<Type> => ({
  type: run.type,
  runId: run.runId,
  workflowId: run.workflowId,
  startedAt: run.startedAt,
  requestedBy: run.memo.requestedBy,
});
