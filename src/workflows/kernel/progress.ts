/**
 * What an operator and the API see of a subject's workflow: the steps, what each waits for, since when, and whether one
 * takes longer than it should. Feeds the `progress` query, the current details and the search attributes.
 */

import { condition, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { codeOf, type Leftover } from '#domain/core/failures.ts';
import {
  type EndedOperation,
  type ErrorView,
  isUnderWay,
  type OperationProgress,
  type ResourceView,
  type StepView,
  type StuckView,
} from '#domain/core/operation.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { exitsFor, hintFor, renderDetails } from './details.ts';
import { Interventions } from './interventions.ts';
import { LateSteps } from './late-steps.ts';
import { Marks } from './marks.ts';
import { operationOf } from './operation.ts';
import { abandonment, givesUpAt, inStep, newStepRun, noteError, nowIso, type StepRun } from './step.ts';
import { countFailure, countStep, type StepOutcome } from './step-metrics.ts';

export interface ProgressParts<View> {
  readonly subject: SubjectRef;
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
  if (state === 'done' || state === 'undone' || state === 'parked' || state === 'failed' || state === 'abandoned')
    return state;
  return 'cancelled';
};

/** What is done for a step: its make, its undo, or its park. */
export type Doing = 'make' | 'undo' | 'park';

const STATES = {
  make: { during: 'running', after: 'done' },
  undo: { during: 'undoing', after: 'undone' },
  park: { during: 'parking', after: 'parked' },
} as const satisfies Record<Doing, { during: StepRun['state']; after: StepRun['state'] }>;

export class Progress<View = unknown> {
  readonly runs: StepRun[];
  readonly timing: Timing;
  readonly id: string;
  private readonly parts: ProgressParts<View>;
  private phase: string;
  private error: ErrorView | null = null;
  private leftovers: readonly Leftover[] = [];
  private kept: readonly ResourceView[] = [];
  private readonly late: LateSteps;
  private readonly marks = new Marks();
  readonly interventions = new Interventions(() => this.changed());
  /** Ways to terminate it. */
  modes: readonly string[] = [];
  private unwindingSince: string | null = null;
  private createdAt = workflowInfo().startTime.toISOString();
  private updatedAt = nowIso();
  /** Set once an undo ended badly: later undos are bounded in time. */
  bounded = false;

  constructor(parts: ProgressParts<View>) {
    this.parts = parts;
    this.id = subjectId(parts.subject);
    this.runs = parts.steps.map(({ name, settles }) => newStepRun(name, settles));
    this.phase = parts.phase;
    this.timing = parts.timing;
    this.late = new LateSteps({
      timing: parts.timing,
      runs: this.runs,
      pressed: () => this.interventions.count(),
      changed: () => this.changed(),
    });
    this.mark();
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
    this.changed();
  }

  /** What was made is taken back from now on, and why. */
  unwinds(error: unknown, step: string | null): void {
    this.unwindingSince = nowIso();
    this.error = isCancellation(error)
      ? { code: 'Cancelled', detail: 'somebody asked for it', step: null }
      : { code: codeOf(error), detail: textOf(error), step };
    this.changed();
  }

  /** How it ended: with a failure, or null where with none; and what it left. */
  recordOutcome(error: ErrorView | null, leftovers: readonly Leftover[]): void {
    this.error = error;
    this.leftovers = leftovers;
    this.unwindingSince = null;
    this.changed();
  }

  /** It could not even begin: nothing was changed. */
  refused(error: unknown): void {
    this.recordOutcome({ code: codeOf(error), detail: textOf(error), step: null }, []);
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

  /** Runs the work of a step under its name, and watches how long it takes. Ends it as done, undone, parked or failed. */
  async execute<T>(run: StepRun, expectedMs: number, doing: Doing, work: () => Promise<T>): Promise<T> {
    run.state = STATES[doing].during;
    run.abandoned = null; // abandoning the way forward does not abandon the way back
    run.since = nowIso();
    run.expectedMs = expectedMs * this.timing.expectedScale;
    this.changed();
    const watch = this.late.watch(run, run.expectedMs);
    try {
      const result = await inStep(
        { run, timing: this.timing, bounded: () => this.bounded, changed: () => this.changed() },
        work,
      );
      // Also where the call under way succeeded: who was told that the step is given up relies on it.
      if (run.abandoned !== null) throw abandonment(run);
      run.state = STATES[doing].after;
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

  /** The step that an operator would ask about first: the earliest one that is under way. */
  private current(): StepRun | undefined {
    return this.runs.find(({ state }) => isUnderWay(state));
  }

  private changed(): void {
    this.updatedAt = nowIso();
    const { phase, runs, error, unwindingSince, leftovers, modes } = this;
    const { subject } = this.parts;
    const interventions = this.interventions.list();
    const late = this.late.list();
    const current = this.current();
    setCurrentDetails(
      renderDetails({ subject, phase, runs, current, late, error, unwindingSince, leftovers, interventions, modes }),
    );
    this.mark();
  }

  private mark(): void {
    const stuck = this.stuck();
    this.marks.show({
      phase: this.phase,
      step: this.current()?.name ?? null,
      errorCode: stuck?.code ?? this.error?.code ?? null,
      stuckSince: stuck?.since ?? null,
      unwindingSince: this.unwindingSince,
    });
  }

  /** The step that has been late for longest. */
  private stuck(): StuckView | null {
    const [late] = this.late.list();
    if (!late) return null;
    const run = this.of(late.step);
    const heard = run.answer ?? run.lastError;
    const exits = exitsFor(run, this.modes);
    return {
      ...late,
      code: heard?.code ?? null,
      reason: heard?.message ?? null,
      givesUpAt: givesUpAt(run),
      exits,
      hint: hintFor(run, exits, this.parts.subject),
    };
  }

  private steps(): StepView[] {
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

  /** For the record, where the operation is over. `publishing`: the step that writes it, which is done with that. */
  ended(publishing?: string): EndedOperation {
    const steps = this.steps().map((step) =>
      step.name === publishing ? { ...step, state: 'done' as const, attempt: 1 } : step,
    );
    return { operation: null, steps, interventions: this.interventions.list() };
  }

  resources(): ResourceView[] {
    const made = this.runs.flatMap((run) => run.made.map((one) => ({ ...one, step: run.name })));
    const done = this.runs.filter(({ state }) => state === 'done').map(({ name }) => name);
    const kept = this.kept.filter(({ step }) => !done.includes(step));
    const seen = new Map([...kept, ...made].map((one) => [`${one.type} ${one.id}`, one]));
    return [...seen.values()];
  }

  view(): View {
    const { phase, error, unwindingSince, leftovers, createdAt, updatedAt } = this;
    const progress: OperationProgress = {
      phase,
      operation: operationOf(this.parts.requestedBy),
      steps: this.steps(),
      resources: this.resources(),
      stuck: this.stuck(),
      error,
      unwindingSince,
      interventions: this.interventions.list(),
      leftovers,
    };
    return this.parts.view(progress, { createdAt, updatedAt });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
