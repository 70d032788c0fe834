/**
 * What an operator and the API see of a subject's workflow: the steps, what each waits for, since when, and whether one
 * takes longer than it should. Feeds the `progress` query, the current details and the search attributes.
 */

import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErrorView, OperationProgress, ResourceView, StepView } from '#domain/core/operation.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import { codeOf, type Leftover } from '#domain/failures.ts';
import type { Timing } from '#domain/timing.ts';
import { operationOf } from './operation.ts';
import { abandonment, inStep, newStepRun, noteError, nowIso, type StepRun } from './step.ts';
import { countFailure, countLate, countStep, type StepOutcome } from './step-metrics.ts';

const PHASE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD');
const STEP = defineSearchAttributeKey(SEARCH_ATTRIBUTES.step, 'KEYWORD');
const STUCK_SINCE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stuckSince, 'DATETIME');
const ERROR_CODE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.errorCode, 'KEYWORD');

const HINT = 'retry asks AWS again at once; abandon-step gives this step up; terminate unwinds everything';

export interface ProgressParts<View> {
  /** Of the subject. */
  readonly id: string;
  readonly requestedBy: string;
  readonly steps: readonly { readonly name: string; readonly settles?: true }[];
  readonly phase: string;
  readonly timing: Timing;
  /** What callers are told: what there is to tell of any kind, and what this kind has of its own. */
  readonly view: (progress: OperationProgress, times: Times) => View;
}

export interface Times {
  /** When the subject was first made; of its first operation, when that began. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

const outcomeOf = ({ state }: StepRun): StepOutcome => {
  if (state === 'done' || state === 'undone' || state === 'failed' || state === 'abandoned') return state;
  return 'cancelled';
};

export class Progress<View = unknown> {
  readonly runs: StepRun[];
  readonly timing: Timing;
  readonly id: string;
  private readonly parts: ProgressParts<View>;
  private phase: string;
  private error: ErrorView | null = null;
  private leftovers: readonly Leftover[] = [];
  private kept: readonly ResourceView[] = [];
  /** Steps that take longer than they should, with the time since when. */
  private readonly late = new Map<StepRun, string>();
  private shownStuck: string | null = null;
  private shownStep = '';
  private createdAt = workflowInfo().startTime.toISOString();
  private updatedAt = nowIso();
  /** Set once an undo ended badly: later undos are bounded in time. */
  bounded = false;

  constructor(parts: ProgressParts<View>) {
    this.parts = parts;
    this.id = parts.id;
    this.runs = parts.steps.map(({ name, settles }) => newStepRun(name, settles));
    this.phase = parts.phase;
    this.timing = parts.timing;
    upsertSearchAttributes([{ key: PHASE, value: parts.phase }]);
  }

  /** One more step, before the last one. */
  include({ name }: { readonly name: string }): void {
    this.runs.splice(-1, 0, newStepRun(name));
  }

  of(name: string): StepRun {
    const run = this.runs.find((one) => one.name === name);
    if (!run) throw new Error(`no step ${name}`);
    return run;
  }

  enter(phase: string): void {
    this.phase = phase;
    upsertSearchAttributes([{ key: PHASE, value: phase }]);
    this.changed();
  }

  /** How it ended: with a failure, or null where with none; and what it left. */
  recordOutcome(error: ErrorView | null, leftovers: readonly Leftover[]): void {
    this.error = error;
    this.leftovers = leftovers;
    if (error) upsertSearchAttributes([{ key: ERROR_CODE, value: error.code }]);
    this.changed();
  }

  /** It could not even begin: nothing was changed. */
  refused(error: unknown): void {
    this.recordOutcome(
      { code: codeOf(error), detail: error instanceof Error ? error.message : String(error), step: null },
      [],
    );
  }

  /** Takes over what earlier operations recorded. Keeps each recorded resource until its step finishes in this run. */
  resumeFrom({
    createdAt,
    resources,
  }: {
    readonly createdAt: string;
    readonly resources: readonly ResourceView[];
  }): void {
    this.createdAt = createdAt;
    this.kept = resources;
  }

  /** Runs the work of a step under its name, and watches how long it takes. Ends it as done, undone or failed. */
  async execute<T>(run: StepRun, expectedMs: number, undoing: boolean, work: () => Promise<T>): Promise<T> {
    run.state = undoing ? 'undoing' : 'running';
    run.abandoned = null; // abandoning the way forward does not abandon the way back
    run.since = nowIso();
    run.expectedMs = expectedMs * this.timing.expectedScale;
    this.changed();
    const watch = this.watch(run, run.expectedMs);
    try {
      const result = await inStep(
        { run, timing: this.timing, bounded: () => this.bounded, changed: () => this.changed() },
        work,
      );
      // Also where the call under way succeeded: who was told that the step is given up relies on it.
      if (run.abandoned !== null) throw abandonment(run);
      run.state = undoing ? 'undone' : 'done';
      return result;
    } catch (error) {
      if (isCancellation(error)) run.state = 'pending';
      else {
        noteError(run, error);
        run.state = run.abandoned === null ? 'failed' : 'abandoned';
        countFailure(run.name, codeOf(error));
      }
      throw error;
    } finally {
      countStep(run.name, outcomeOf(run), run.since);
      run.since = nowIso();
      watch.stop();
      this.changed();
    }
  }

  /**
   * A step that failed waits for another try of the whole. An operator may have that made at once, or give the step up.
   * `over`: there is nothing to wait for any more. False where it was given up.
   */
  async pause(run: StepRun, ms: number, waitingFor: string, over: () => boolean): Promise<boolean> {
    const { retried } = run;
    Object.assign(run, { state: 'waiting', waitingFor, since: nowIso(), abandoned: null });
    run.pausing += 1;
    this.changed();
    try {
      await condition(() => run.abandoned !== null || run.retried !== retried || over(), ms);
    } finally {
      run.pausing -= 1;
      Object.assign(run, { state: run.abandoned === null ? 'failed' : 'abandoned', waitingFor: null });
      this.changed();
    }
    return run.abandoned === null;
  }

  private watch(run: StepRun, expectedMs: number): { stop: () => void } {
    const scope = new CancellationScope();
    const since = nowIso();
    let stopped = false;
    scope
      .run(() => sleep(expectedMs, { summary: `${run.name}: past this it counts as stuck` }))
      .then(
        () => {
          if (stopped) return;
          this.late.set(run, since);
          countLate(run.name);
          log.warn('step takes longer than expected', { step: run.name, expectedMs });
          this.markStuck();
          this.changed();
        },
        () => undefined, // the step ended first
      );
    return {
      stop: () => {
        stopped = true;
        scope.cancel();
        this.late.delete(run);
        this.markStuck();
      },
    };
  }

  /** All that are late, the one that began first in front. */
  private stuck(): { readonly step: string; readonly since: string }[] {
    return [...this.late]
      .map(([{ name }, since]) => ({ step: name, since }))
      .sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0));
  }

  /** The mark by which operators find the workflow says since when the first of them is late. */
  private markStuck(): void {
    const since = this.stuck()[0]?.since ?? null;
    if (since === this.shownStuck) return;
    this.shownStuck = since;
    upsertSearchAttributes([{ key: STUCK_SINCE, value: since === null ? null : new Date(since) }]);
  }

  /** The step that an operator would ask about first: the earliest one that is under way. */
  private current(): StepRun | undefined {
    return this.runs.find(({ state }) => state === 'running' || state === 'waiting' || state === 'undoing');
  }

  private changed(): void {
    this.updatedAt = nowIso();
    const current = this.current();
    setCurrentDetails(this.details(current));
    const shown = current?.name ?? '';
    if (shown === this.shownStep || shown === '') return;
    this.shownStep = shown;
    upsertSearchAttributes([{ key: STEP, value: shown }]);
  }

  private details(current: StepRun | undefined): string {
    const head = `**${this.id}** is ${this.phase}`;
    if (this.error && !current)
      return `${head}: ${this.error.code} at ${this.error.step ?? 'the start'}: ${this.error.detail}`;
    if (!current) return head;
    const nth = this.runs.indexOf(current) + 1;
    const doing =
      current.state === 'undoing' ? 'undoing' : current.waitingFor ? `waiting for ${current.waitingFor}` : 'working';
    const others = this.runs.filter((run) => run !== current && run.open.size > 0).map(({ name }) => name);
    const beside = others.length > 0 ? ` In progress beside it: ${others.join(', ')}.` : '';
    const late = this.stuck().map(({ step, since }) => `${step} since ${since}`);
    const stuck = late.length > 0 ? ` Stuck: ${late.join(', ')}.` : '';
    return (
      `${head}: step ${nth} of ${this.runs.length}, ${current.name}: ${doing} since ${current.since}.${stuck}${beside} ` +
      'The pending activity shows the last answer. You can send the updates `retryNow`, `abandonStep` or `requestTerminate`.'
    );
  }

  steps(): StepView[] {
    return this.runs.map(({ name, state, since, expectedMs, waitingFor, lastError, calls }) => ({
      name,
      state,
      attempt: calls === 0 ? 0 : 1,
      since,
      expectedMs,
      waitingFor,
      lastError,
    }));
  }

  resources(): ResourceView[] {
    const made = this.runs.flatMap((run) => run.made.map((one) => ({ ...one, step: run.name })));
    const done = this.runs.filter(({ state }) => state === 'done').map(({ name }) => name);
    const kept = this.kept.filter(({ step }) => !done.includes(step));
    const seen = new Map([...kept, ...made].map((one) => [`${one.type} ${one.id}`, one]));
    return [...seen.values()];
  }

  view(): View {
    const [stuck] = this.stuck();
    const { phase, error, leftovers, createdAt, updatedAt } = this;
    const progress: OperationProgress = {
      phase,
      operation: operationOf(this.parts.requestedBy),
      steps: this.steps(),
      resources: this.resources(),
      stuck: stuck ? { ...stuck, code: null, reason: null, hint: HINT } : null,
      error,
      leftovers,
    };
    return this.parts.view(progress, { createdAt, updatedAt });
  }
}
