/**
 * Runs steps, each as soon as what it depends on is there, and unwinds them when one fails.
 *
 * The undo of a step is on record before its make is called. On a failure the siblings are cancelled and waited for;
 * then the undos run, last begun first, where no cancellation reaches them. An undo that ends badly doesn't stop the
 * others.
 */
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Before } from '#domain/core/before.ts';
import type { Progress } from './progress.ts';
import { isHeld, type Needs, type Step, undoRemoval } from './step.ts';

/** What a step takes, by name, as it is or as it will be. What else is named is waited for, and no more. */
export type NeedsOf<D extends object> = { readonly [K in keyof D]: D[K] | Promise<D[K]> } & Needs;

interface Undo {
  readonly name: string;
  readonly heldBy: readonly string[];
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
  private scope: CancellationScope;
  private readonly undos: Undo[] = [];
  private started: Promise<unknown>[] = [];
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

  /** Another try in another scope. What was begun before is undone with the rest, should it come to that. */
  again(scope: CancellationScope): void {
    this.scope = scope;
    this.started = [];
    this.first = undefined;
  }

  /** Starts a step when what it needs is there. A need that fails fails the step without starting it. */
  run<N extends string, S, D extends object, R>(step: Step<N, S, D, R>, spec: S, needs: NeedsOf<D>): Promise<R> {
    const work = this.scope.run(async () => {
      const names = Object.keys(needs);
      const results = await Promise.all(Object.values(needs));
      const ready = Object.fromEntries(names.map((name, index) => [name, results[index]])) as unknown as D;
      if (this.scope.consideredCancelled) await this.scope.cancelRequested;
      const run = this.progress.of(step.name);
      try {
        return await this.progress.execute(run, step.expectedMs, 'make', async () => {
          const before = step.remember && (await step.remember(spec));
          this.register(step, spec, this.unrestored.get(step.name) ?? before ?? undefined);
          return await step.make(spec, ready);
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

  private register<N extends string, S, D extends object, R>(
    step: Step<N, S, D, R>,
    spec: S,
    before: Before | undefined,
  ): void {
    const { name, expectedMs } = step;
    if (this.begun.has(name)) return;
    this.begun.add(name);
    const run = this.progress.of(name);
    const undoing = (work: () => Promise<void>) => () => this.progress.execute(run, expectedMs, 'undo', work);
    // Kept only if it is listed as left over then: places are given back in any case.
    const heldBy = step.remaining ? (step.heldBy ?? []) : [];
    if (step.undo)
      this.undos.push({ name, heldBy, run: undoing(async () => await step.undo?.(spec, undoRemoval(run))) });
    if (step.restore && before)
      this.undos.push({ name, heldBy: [], before, run: undoing(async () => await step.restore?.(spec, before)) });
  }

  private note(step: string, error: unknown): void {
    if (this.first) return;
    this.first = { step, error };
    if (!isCancellation(error)) log.warn('step failed, unwinding', { step });
    this.scope.cancel();
  }

  /** Lets everything that was started come to its end. */
  async settle(): Promise<void> {
    this.scope.cancel();
    await CancellationScope.nonCancellable(() => Promise.allSettled(this.started));
  }

  /** Then takes back what was made. Returns the undos that failed. */
  async unwind(): Promise<Failed[]> {
    await this.settle();
    return await CancellationScope.nonCancellable(async () => {
      const failed: Failed[] = [];
      for (const { name, heldBy, run, before } of this.undos.toReversed()) {
        if (isHeld({ heldBy }, failed)) continue;
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
