/**
 * Steps that take longer than they should. While there are any, the workflow asks its own server now and then what their
 * calls have answered: attempts live there, and whoever reads the workflow's page wants to know why, not only that.
 */
import { CancellationScope, condition, log, sleep } from '@temporalio/workflow';
import type { PendingAnswer } from '#domain/core/pending-answer.ts';
import type { Timing } from '#domain/core/timing.ts';
import { find } from './calls.ts';
import { inOneStep, nowIso, type StepRun } from './step.ts';
import { countLate } from './step-metrics.ts';

/** The first look at the answers is made at once, and each pause is twice the one before. */
const ASK_FIRST_MS = 30_000;
/** An undo may take days: its history must not grow by a look each minute. */
const ASK_EVERY_MS = 30 * 60_000;

export interface LateParts {
  readonly timing: Timing;
  readonly runs: readonly StepRun[];
  /** Somebody has done something about it: what it answers now is worth another look. */
  readonly pressed: () => number;
  readonly changed: () => void;
}

export class LateSteps {
  private readonly parts: LateParts;
  /** With the time since when. */
  private readonly since = new Map<StepRun, string>();
  private asking = false;

  constructor(parts: LateParts) {
    this.parts = parts;
  }

  /** Watches how long a step takes, until it is told to stop. */
  watch(run: StepRun, expectedMs: number): { stop: () => void } {
    const scope = new CancellationScope();
    const since = nowIso();
    let stopped = false;
    scope
      .run(() => sleep(expectedMs, { summary: `${run.name}: usually done by then` }))
      .then(
        () => {
          if (!stopped) this.isLate(run, since, expectedMs);
        },
        () => undefined, // the step ended first
      );
    return {
      stop: () => {
        stopped = true;
        scope.cancel();
        this.since.delete(run);
      },
    };
  }

  /** The one that began first in front. */
  list(): { readonly step: string; readonly since: string }[] {
    return [...this.since]
      .map(([{ name }, since]) => ({ step: name, since }))
      .sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0));
  }

  private isLate(run: StepRun, since: string, expectedMs: number): void {
    this.since.set(run, since);
    countLate(run.name);
    log.warn('step takes longer than expected', { step: run.name, expectedMs });
    this.parts.changed();
    if (this.asking) return;
    this.asking = true;
    CancellationScope.nonCancellable(() => this.askWhileLate())
      .catch((error: unknown) => log.warn('what the pending calls answered is not known', { error: String(error) }))
      .finally(() => {
        this.asking = false;
      });
  }

  private async askWhileLate(): Promise<void> {
    const { timing, pressed, changed } = this.parts;
    const first = Math.max(timing.lookEveryMs, ASK_FIRST_MS * timing.expectedScale);
    let before = pressed();
    for (let pause = first; this.since.size > 0; pause = Math.min(2 * pause, ASK_EVERY_MS)) {
      this.heard(await inOneStep('answers', timing, () => find.observePendingAnswers()));
      changed();
      await condition(() => this.since.size === 0 || pressed() !== before, pause);
      if (pressed() === before) continue;
      before = pressed();
      pause = first / 2;
    }
  }

  /** Of each step, what the call has answered that was tried most often. */
  private heard(answers: readonly PendingAnswer[] | null): void {
    for (const run of this.parts.runs) {
      if (run.open.size > 0) run.answer = answers?.find(({ step }) => step === run.name) ?? null;
    }
  }
}
