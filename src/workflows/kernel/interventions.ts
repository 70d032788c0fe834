/** What people ask of an operation while it runs, and who they are: in its details, its view, and the log. */
import { CancellationScope, condition, log } from '@temporalio/workflow';
import type { InterventionView } from '#domain/core/operation.ts';
import type { Pressed } from '#domain/core/pressed.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { find } from './calls.ts';
import { inStep, newStepRun, nowIso, type StepContext } from './step.ts';

/** More than anybody presses; the history has all. */
const KEPT_MAX = 50;

/** What an operation writes at its end waits so long to hear who has ended it. */
const KNOWN_WITHIN_MS = 10_000;

export interface Asked {
  readonly what: InterventionView['what'];
  readonly step?: string | undefined;
  readonly reason?: string | undefined;
  /** As the API names them; left out by Temporal's UI and command line. */
  readonly by?: string | undefined;
}

export class Interventions {
  private readonly all: InterventionView[] = [];
  private readonly changed: () => void;
  /** One for all looks: two that are made at once must not have the same id. */
  private readonly looks: StepContext;
  /** Looks that are under way. */
  private unknown = 0;

  constructor(changed: () => void) {
    this.changed = changed;
    const run = newStepRun('identity');
    this.looks = { run, timing: DEFAULT_TIMING, bounded: () => false, changed: () => undefined };
  }

  /** What was asked of the operation whose place this one takes. */
  resumeFrom(askedBefore: readonly InterventionView[] = []): void {
    this.all.push(...askedBefore);
  }

  /** So many so far. */
  count(): number {
    return this.all.length;
  }

  list(): readonly InterventionView[] {
    return this.all.slice(-KEPT_MAX);
  }

  /** Until it is known who asked, or that this takes too long: for what is written once and for all. */
  async known(): Promise<void> {
    if (this.unknown === 0) return;
    await CancellationScope.nonCancellable(() => condition(() => this.unknown === 0, KNOWN_WITHIN_MS));
  }

  /** The workflow was asked to cancel: in Temporal's UI or command line, since nothing of Eyrie's does so to a subject's. */
  cancelled(): void {
    this.note({ what: 'cancel' }, { what: 'cancel' });
  }

  /** Who does not name themselves is looked up in the history, by the identity that Temporal's UI has sent. */
  note({ what, step, reason, by }: Asked, pressed: Pressed): void {
    const asked = { what, step: step ?? null, reason: reason ?? null, by: by ?? null, at: nowIso() };
    const index = this.all.push(asked) - 1;
    const tell = (name: string | null): void => {
      const known = { ...asked, by: name };
      this.all[index] = known;
      log.info('asked of an operation', known);
      this.changed();
    };
    if (by !== undefined) {
      tell(by);
      return;
    }
    this.unknown += 1;
    const told = (name: string | null): void => {
      this.unknown -= 1;
      tell(name);
    };
    CancellationScope.nonCancellable(() => inStep(this.looks, () => find.observeIdentity(pressed))).then(
      (identity) => told(identity === null ? null : `temporal:${identity}`),
      () => told(null),
    );
  }
}
