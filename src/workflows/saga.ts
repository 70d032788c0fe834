/**
 * Runs steps, each as soon as what it depends on is there, and unwinds them when one fails.
 *
 * The undo of a step is on record before its make is called. On a failure the siblings are cancelled and waited for;
 * then the undos run, last begun first, where no cancellation reaches them. An undo that ends badly doesn't stop the
 * others.
 */
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Before } from '#domain/workspace/before.ts';
import type { Progress } from './progress.ts';
import { type Step, undoRemoval } from './step.ts';

type Ready<D extends readonly unknown[]> = { readonly [K in keyof D]: D[K] | Promise<D[K]> };

interface Undo {
  readonly name: string;
  readonly run: () => Promise<void>;
  /** Set where it puts something back. */
  readonly before?: Before;
}

export interface Failed {
  readonly step: string;
  readonly error: unknown;
  /** Set where not a removal failed, but putting this back. */
  readonly before?: Before;
}

/** What earlier launches changed and could not put back, by step: what it was before them is what it was. */
export type Unrestored = ReadonlyMap<string, Before>;

export class Saga {
  private readonly progress: Progress;
  private readonly scope: CancellationScope;
  private readonly undos: Undo[] = [];
  private readonly started: Promise<unknown>[] = [];
  private readonly unrestored: Unrestored;
  /** Steps that have begun to change something. */
  readonly begun = new Set<string>();
  /** What went wrong first: the cause that callers hear, whatever went wrong after it. */
  first: Failed | undefined;

  constructor(progress: Progress, scope: CancellationScope, unrestored: Unrestored = new Map()) {
    this.progress = progress;
    this.scope = scope;
    this.unrestored = unrestored;
  }

  /** Starts a step when its dependencies are there. A dependency that fails fails the step without starting it. */
  run<S, D extends readonly unknown[], R>(step: Step<S, D, R>, spec: S, ...deps: Ready<D>): Promise<R> {
    const work = this.scope.run(async () => {
      const ready = (await Promise.all(deps)) as unknown as D;
      if (this.scope.consideredCancelled) await this.scope.cancelRequested;
      const run = this.progress.of(step.name);
      try {
        return await this.progress.execute(run, step.expectedMs, false, async () => {
          const before = step.remember && (await step.remember(spec));
          this.register(step, spec, this.unrestored.get(step.name) ?? before ?? undefined);
          return await step.make(spec, ...ready);
        });
      } catch (error) {
        this.note(step.name, error);
        throw error;
      }
    });
    work.catch(() => undefined); // whoever awaits it hears of it; nobody may
    this.started.push(work);
    return work;
  }

  private register<S, D extends readonly unknown[], R>(step: Step<S, D, R>, spec: S, before: Before | undefined): void {
    const { name, expectedMs, undo, restore } = step;
    this.begun.add(name);
    const run = this.progress.of(name);
    const undoing = (work: () => Promise<void>) => () => this.progress.execute(run, expectedMs, true, work);
    if (undo) this.undos.push({ name, run: undoing(() => undo(spec, undoRemoval(run))) });
    if (restore && before) this.undos.push({ name, before, run: undoing(() => restore(spec, before)) });
  }

  private note(step: string, error: unknown): void {
    if (this.first) return;
    this.first = { step, error };
    if (!isCancellation(error)) log.warn('step failed, unwinding', { step });
    this.scope.cancel();
  }

  /** Lets everything that was started come to its end, then takes back what was made. Returns the undos that failed. */
  async unwind(): Promise<Failed[]> {
    this.scope.cancel();
    return await CancellationScope.nonCancellable(async () => {
      await Promise.allSettled(this.started);
      const failed: Failed[] = [];
      for (const { name, run, before } of this.undos.toReversed()) {
        try {
          await run();
        } catch (error) {
          log.error('undo ended badly', { step: name });
          failed.push({ step: name, error, ...(before && { before }) });
          this.progress.bounded = true;
        }
      }
      return failed;
    });
  }
}
