/** What a run's calls say about its steps. */
import type { JournalEntry } from 'eyrie-sandbox/client';
import type { Attempt, Recorder, Sent } from './recorder.ts';
import type { Run } from './world.ts';

/** One call of the journal with the step that it was made for. */
export interface Call {
  readonly step: string;
  readonly activityId: string;
  readonly attempt: number;
  readonly entry: JournalEntry;
  /** Milliseconds since the epoch: it left the worker, and its answer was there. */
  readonly from: number;
  readonly to: number;
}

export interface StepTimes {
  readonly step: string;
  readonly from: number;
  readonly to: number;
  /** Of that, the time between the last look that said "not yet" and the one that saw it, over all waits. */
  readonly lookedLateMs: number;
  /** From the first call to the last necessary one, without what was looked late. */
  readonly ownMs: number;
  readonly reads: number;
  readonly writes: number;
  /** Reads of attempts that ended in "not yet". */
  readonly looks: number;
}

/** Activities are called `<step>/<activity>/<n>`; those of the quota allocator work for one step of the launch. */
export const stepOf = (activityId: string): string => {
  const [first = ''] = activityId.split('/');
  return first === 'slots' ? 'reserve-slots' : first;
};

/** The clocks are one, but the journal counts in whole milliseconds. */
const ROUNDING_MS = 2;

/** Every call of the journal with its step. @throws Error where one has no counterpart in the worker. */
export const callsOf = ({ journal, recorder }: Run): Call[] => {
  const open = new Set<Sent>(recorder.sent.toSorted((one, other) => one.from - other.from));
  return journal.map((entry) => {
    const at = Date.parse(entry.time);
    const sent = [...open].find(
      ({ operation, from, to }) => operation === entry.operation && at >= from - ROUNDING_MS && at <= to + ROUNDING_MS,
    );
    if (!sent) throw new Error(`nobody sent call ${entry.seq}, ${entry.service}:${entry.operation}`);
    open.delete(sent);
    const { activityId, attempt, from, to } = sent;
    return { step: stepOf(activityId), activityId, attempt, entry, from, to };
  });
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

interface Span {
  readonly from: number;
  readonly to: number;
}

/** How much of `spans` nothing of `covers` covers. */
const uncoveredMs = (spans: readonly Span[], covers: readonly Span[]): number => {
  const edges = [...spans, ...covers].flatMap(({ from, to }) => [from, to]).toSorted((one, other) => one - other);
  return sum(
    edges.slice(1).map((to, index) => {
      const from = edges[index] ?? to;
      const within = (span: Span): boolean => span.from <= from && to <= span.to;
      return spans.some(within) && !covers.some(within) ? to - from : 0;
    }),
  );
};

/** One activity from its first attempt to its last. */
interface Wait extends Span {
  readonly activityId: string;
  /** From when AWS last said "not yet" to the attempt that was the last. Undefined where the first one sufficed. */
  readonly late: Span | undefined;
  /** It changed something before it had to come again. */
  readonly wrote: boolean;
}

const waitOf = (tries: readonly Attempt[], calls: readonly Call[]): Wait => {
  const sorted = tries.toSorted((one, other) => one.attempt - other.attempt);
  const [first, last, before] = [sorted[0], sorted.at(-1), sorted.at(-2)] as [Attempt, Attempt, Attempt | undefined];
  const { activityId, from } = first;
  if (!before) return { activityId, from, to: last.to, late: undefined, wrote: false };
  const earlier = calls.filter((call) => call.activityId === activityId && call.attempt < last.attempt);
  // What an attempt saw is as old as its last call.
  const seen = earlier.findLast(({ attempt }) => attempt === before.attempt)?.from ?? before.from;
  const wrote = earlier.some(({ entry }) => entry.mutating);
  return { activityId, from, to: last.to, late: { from: seen, to: last.from }, wrote };
};

/**
 * For how long a step only slept between the last look that said "not yet" and the one that saw it. What it waited for
 * came about somewhere in between: the whole of that time is taken as lost. Nothing is lost where AWS was at work all
 * the same, on what the next activity then still had to wait for: an instance boots before lists show it.
 */
const lookedLate = (attempts: readonly Attempt[], calls: readonly Call[]): number => {
  const byActivity = Map.groupBy(attempts, ({ workflowId, activityId }) => `${workflowId} ${activityId}`);
  const waits = [...byActivity.values()]
    .map((tries) => waitOf(tries, calls))
    .toSorted((one, other) => one.from - other.from);
  const lost = waits.filter(({ late, wrote, to }) => {
    const next = waits.find(({ from }) => from >= to);
    return late && !(wrote && next?.late);
  });
  const busy = waits.flatMap((wait) =>
    wait.late && lost.includes(wait)
      ? [
          { from: wait.from, to: wait.late.from },
          { from: wait.late.to, to: wait.to },
        ]
      : [wait],
  );
  return uncoveredMs(
    lost.flatMap(({ late }) => late ?? []),
    busy,
  );
};

export const timesOf = (recorder: Recorder, calls: readonly Call[]): Map<string, StepTimes> => {
  const waits = recorder.attempts.filter(({ activityId }) => !activityId.startsWith('foundation/join'));
  const failed = new Set(
    recorder.attempts.filter(({ ended }) => !ended).map(({ activityId, attempt }) => `${activityId} ${attempt}`),
  );
  return new Map(
    [...Map.groupBy(calls, ({ step }) => step)].map(([step, own]) => {
      const from = Math.min(...own.map((call) => call.from));
      const to = Math.max(...own.map((call) => call.to));
      const attempts = waits.filter(({ activityId }) => stepOf(activityId) === step);
      const lookedLateMs = lookedLate(attempts, own);
      const writes = own.filter(({ entry }) => entry.mutating).length;
      const looks = own.filter(
        ({ entry, activityId, attempt }) => !entry.mutating && failed.has(`${activityId} ${attempt}`),
      ).length;
      const times = { step, from, to, lookedLateMs, ownMs: to - from - lookedLateMs };
      return [step, { ...times, reads: own.length - writes - looks, writes, looks }];
    }),
  );
};

export interface Repeated {
  readonly what: string;
  readonly times: number;
  readonly steps: readonly string[];
}

/** Reads that were made more than once, waits aside. */
export const repeatedReads = (recorder: Recorder, calls: readonly Call[]): Repeated[] => {
  const failed = new Set(
    recorder.attempts.filter(({ ended }) => !ended).map(({ activityId, attempt }) => `${activityId} ${attempt}`),
  );
  const reads = calls.filter(
    ({ entry, activityId, attempt }) => !entry.mutating && !failed.has(`${activityId} ${attempt}`),
  );
  return [...Map.groupBy(reads, ({ entry }) => `${entry.service}:${entry.operation}`)]
    .map(([what, same]) => ({ what, times: same.length, steps: [...new Set(same.map(({ step }) => step))] }))
    .filter(({ times }) => times > 1)
    .toSorted((one, other) => other.times - one.times);
};
