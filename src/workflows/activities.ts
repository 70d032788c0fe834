/**
 * The activities as workflow code calls them, in groups that differ in patience:
 * `mutate` changes AWS, `look` waits for something by looking again and again, `undo` takes away and never gives up by
 * itself, `secret` handles keys. Each call shows in the UI as `<step>/<activity>/<n>`.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '#activities/index.ts';
import type { Made } from '#domain/core/ownership.ts';
import { factsOf, fail } from '#domain/failures.ts';
import {
  type ActivityName,
  abandonment,
  currentStep,
  noteError,
  nowIso,
  type OpenCall,
  type StepContext,
} from './step.ts';

type Group = 'mutate' | 'look' | 'undo' | 'secret';

type Calls = { readonly [K in ActivityName]: (...args: Parameters<Activities[K]>) => ReturnType<Activities[K]> };

const MINUTE_MS = 60_000;
/** A worker that dies is noticed after this; every activity beats more often (temporal/activity-interceptor.ts). */
const HEARTBEAT_MS = 10_000;

/**
 * Timeouts by group. Never a workflow timeout: it would end a saga without its undo. An undo has no end of its own
 * unless an earlier one ended badly, since then what it waits for may never come.
 */
const optionsOf = (group: Group, { timing, bounded }: StepContext): ActivityOptions => {
  const first = Math.max(50, timing.lookEveryMs / 5);
  const base: ActivityOptions = {
    // The SDK's unset value means TRY_CANCEL: undo would start while the create is still in flight.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: 30_000,
    heartbeatTimeout: HEARTBEAT_MS,
  };
  switch (group) {
    case 'mutate':
      return {
        ...base,
        scheduleToCloseTimeout: 15 * MINUTE_MS,
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: 30_000 },
      };
    case 'look':
      return {
        ...base,
        scheduleToCloseTimeout: 45 * MINUTE_MS,
        retry: { initialInterval: first, backoffCoefficient: 1.5, maximumInterval: 30_000 },
      };
    case 'secret':
      return {
        ...base,
        scheduleToCloseTimeout: 15 * MINUTE_MS,
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: 30_000 },
      };
    case 'undo':
      return {
        ...base,
        ...(bounded() && { scheduleToCloseTimeout: Math.max(timing.undoGiveUpMs, 1_000) }),
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
      };
  }
};

const madeOf = (result: unknown): readonly Made[] => {
  const made = (result as { made?: Made | readonly Made[] } | null | undefined)?.made;
  return made === undefined ? [] : Array.isArray(made) ? made : [made as Made];
};

/** `awaitJobQueueValid` → "job queue valid". */
const waitedFor = (activity: string): string =>
  activity
    .replace(/^await/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

const failureIn = (error: unknown): unknown => (error instanceof ActivityFailure ? error.cause : error);

/** An attempt that was under way when the cancellation came ends with its own answer: "not yet", for example. */
const isRetryable = (failure: unknown): boolean => failure instanceof ApplicationFailure && !failure.nonRetryable;

const cancellationOf = (error: unknown): unknown =>
  isCancellation(error) ? error : new CancelledFailure('cancelled while waiting', [], error as Error);

/** What the workflow deals with: an ApplicationFailure with a code, or a cancellation. */
const causeOf = (error: unknown, activity: string): unknown => {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return cause;
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause;
    const detail = last instanceof Error ? `; last answer: ${last.message}` : '';
    return fail('Unavailable', `${activity} did not finish in time${detail}`, { outcomeUnknown: true });
  }
  return error;
};

interface Call {
  readonly group: Group;
  readonly activity: ActivityName;
  readonly args: readonly unknown[];
  readonly context: StepContext;
}

/** Made once. `AGAIN`: an operator cut it short to have it made anew, so how it ended says nothing. */
const AGAIN = Symbol('again');

const callOnce = async ({ group, activity, args, context }: Call): Promise<unknown> => {
  const { run, changed } = context;
  if (run.abandoned !== null) throw abandonment(run);
  const outer = CancellationScope.current();
  const scope = new CancellationScope();
  const call: OpenCall = { activity, scope, unwinding: () => outer.consideredCancelled, again: false };
  run.open.add(call);
  run.calls += 1;
  const nth = run.calls;
  run.state = run.state === 'undoing' ? 'undoing' : group === 'look' ? 'waiting' : 'running';
  run.waitingFor = group === 'look' ? waitedFor(activity) : null;
  changed();
  let untouched = false;
  try {
    const options = { ...optionsOf(group, context), activityId: `${run.name}/${activity}/${nth}`, summary: run.name };
    const proxy = proxyActivities<Record<string, (...all: unknown[]) => Promise<unknown>>>(options);
    const result = await scope.run(async () => await proxy[activity]?.(...args));
    for (const made of madeOf(result)) run.made.push(made);
    return result;
  } catch (error) {
    untouched = factsOf(failureIn(error)).nothingDone === true;
    if (run.abandoned !== null) throw abandonment(run, error);
    if (call.again && !call.unwinding()) return AGAIN;
    const stopped = isCancellation(error) || (scope.consideredCancelled && isRetryable(failureIn(error)));
    throw stopped ? cancellationOf(error) : causeOf(error, activity);
  } finally {
    run.open.delete(call);
    if (!untouched) run.touched.set(activity, nowIso());
    run.waitingFor = null;
  }
};

/** Until it ends by itself: retried by an operator, its time begins anew. */
const callUntilEnd = async (call: Call): Promise<unknown> => {
  for (;;) {
    const result = await callOnce(call);
    if (result !== AGAIN) return result;
  }
};

/**
 * An undo that AWS refuses for good is asked again until it has been refused with one code for `undoGiveUpMs`. An
 * operator who retries it has mended something: the time begins anew.
 */
const insist = async (activity: ActivityName, args: readonly unknown[], context: StepContext): Promise<unknown> => {
  const { run, timing, bounded, changed } = context;
  let refusal: { code: string; since: number; retried: number } | undefined;
  for (;;) {
    try {
      return await callUntilEnd({ group: 'undo', activity, args, context });
    } catch (error) {
      if (run.abandoned !== null || isCancellation(error)) throw error;
      const code = error instanceof ApplicationFailure ? (error.type ?? 'Unknown') : 'Unknown';
      const { retried } = run;
      if (refusal?.code !== code || refusal.retried !== retried) refusal = { code, since: Date.now(), retried };
      else if (Date.now() - refusal.since >= timing.undoGiveUpMs) throw error;
      if (bounded() && code === 'Unavailable') throw error;
      noteError(run, error);
      run.waitingFor = `another try of ${activity}`;
      run.pausing += 1;
      changed();
      await condition(
        () => run.abandoned !== null || run.retried !== retried,
        Math.max(50, timing.undoGiveUpMs / 10),
      ).finally(() => {
        run.pausing -= 1;
      });
    }
  }
};

const group = (name: Group): Calls =>
  new Proxy({} as Calls, {
    get:
      (_, activity: ActivityName) =>
      (...args: unknown[]) =>
        name === 'undo'
          ? insist(activity, args, currentStep())
          : callUntilEnd({ group: name, activity, args, context: currentStep() }),
  });

/** Changes AWS. */
export const mutate = group('mutate');
/** One look per attempt; NotYet until it is so. */
export const look = group('look');
/** Takes away; absent is success. */
export const undo = group('undo');
/** Handles keys and seals. */
export const secret = group('secret');
