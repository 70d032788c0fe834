/** One call of an activity for a step: under the step's name, with its exits, until it ends as a code or a cancellation. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import { factsOf } from '#domain/core/failures.ts';
import { isTakenAway } from '#domain/core/operation.ts';
import type { Made } from '#domain/core/ownership.ts';
import { causeOf, nameIn } from './call-failure.ts';
import { endOf, type Group, optionsOf } from './patience.ts';
import { type ActivityName, abandonment, noteError, nowIso, type OpenCall, type StepContext } from './step.ts';

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

export interface Call {
  readonly group: Group;
  readonly activity: ActivityName;
  readonly args: readonly unknown[];
  readonly context: StepContext;
}

/** Of the calls that are under way in this run. */
const idsUnderWay = new Set<string>();

/**
 * `<step>/<activity>/<n>`, with the first number from `nth` on that is not under way. Temporal takes an id again once its
 * call has ended; before that, it refuses the whole workflow task, and each later try of it.
 */
const freeId = (name: string, nth: number): string => {
  for (let n = nth; ; n += 1) if (!idsUnderWay.has(`${name}/${n}`)) return `${name}/${n}`;
};

/** Made once. `AGAIN`: an operator cut it short to have it made anew, so how it ended says nothing. */
const AGAIN = Symbol('again');

const callOnce = async ({ group, activity, args, context }: Call): Promise<unknown> => {
  const { run, changed } = context;
  if (run.abandoned !== null) throw abandonment(run);
  const outer = CancellationScope.current();
  const scope = new CancellationScope();
  const limits = optionsOf(group, context);
  const call: OpenCall = {
    ...{ activity, scope, unwinding: () => outer.consideredCancelled, again: false },
    givesUpAt: endOf(limits),
  };
  run.open.add(call);
  run.calls += 1;
  const activityId = freeId(`${run.name}/${activity}`, run.calls);
  idsUnderWay.add(activityId);
  if (!isTakenAway(run.state)) run.state = group === 'look' ? 'waiting' : 'running';
  run.waitingFor = group === 'look' ? waitedFor(activity) : null;
  changed();
  let untouched = false;
  try {
    const options = { ...limits, activityId, summary: run.name };
    const proxy = proxyActivities<Record<string, (...all: unknown[]) => Promise<unknown>>>(options);
    const result = await scope.run(async () => await proxy[activity]?.(...args));
    for (const made of madeOf(result)) run.made.push(made);
    return result;
  } catch (error) {
    untouched = factsOf(failureIn(error)).nothingDone === true;
    if (run.abandoned !== null) throw abandonment(run, error);
    if (call.again && !call.unwinding()) return AGAIN;
    const stopped = isCancellation(error) || (scope.consideredCancelled && isRetryable(failureIn(error)));
    throw stopped ? cancellationOf(error) : causeOf(error, { activity, name: nameIn(args) });
  } finally {
    run.open.delete(call);
    idsUnderWay.delete(activityId);
    run.answer = null;
    if (!untouched) run.touched.set(activity, nowIso());
    run.waitingFor = null;
  }
};

/** Until it ends by itself: retried by an operator, its time begins anew. */
export const callUntilEnd = async (call: Call): Promise<unknown> => {
  for (;;) {
    const result = await callOnce(call);
    if (result !== AGAIN) return result;
  }
};

/**
 * An undo that AWS refuses for good is asked again until it has been refused with one code for `undoGiveUpMs`. An
 * operator who retries it has mended something: the time begins anew.
 */
export const insist = async (call: Call): Promise<unknown> => {
  const { group, activity, context } = call;
  const { run, timing, bounded, changed } = context;
  let refusal: { code: string; since: number; retried: number } | undefined;
  for (;;) {
    try {
      return await callUntilEnd(call);
    } catch (error) {
      if (run.abandoned !== null || isCancellation(error)) throw error;
      const code = error instanceof ApplicationFailure ? (error.type ?? 'Unknown') : 'Unknown';
      const { retried } = run;
      if (refusal?.code !== code || refusal.retried !== retried) refusal = { code, since: Date.now(), retried };
      else if (Date.now() - refusal.since >= timing.undoGiveUpMs) throw error;
      // A look has been tried for long enough by then.
      if ((bounded() || group === 'find') && code === 'Unavailable') throw error;
      noteError(run, error);
      run.waitingFor = `another try of ${activity}`;
      run.pausing += 1;
      run.refusedUntil = new Date(refusal.since + timing.undoGiveUpMs).toISOString();
      changed();
      await condition(
        () => run.abandoned !== null || run.retried !== retried,
        Math.max(50, timing.undoGiveUpMs / 10),
      ).finally(() => {
        run.pausing -= 1;
        run.refusedUntil = null;
      });
    }
  }
};
