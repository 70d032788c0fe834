/** Waits that are given up, all of them a while after the first was begun, or as soon as nobody wants them any more. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

export class Limit {
  private readonly ms: number;
  private readonly scopes = new Set<CancellationScope>();
  private isOver = false;
  private until: number | undefined;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** What waits is given up at once, and what is yet to wait is not begun. */
  readonly end = (): void => {
    this.isOver = true;
    for (const scope of this.scopes) scope.cancel();
  };

  /** False where it was given up. @throws what the work throws; a cancellation from outside */
  async of(work: () => Promise<unknown>, summary: string): Promise<boolean> {
    this.until ??= Date.now() + this.ms;
    const leftMs = this.until - Date.now();
    if (this.isOver || leftMs <= 0) return false;
    const scope = new CancellationScope();
    const timer = new CancellationScope();
    this.scopes.add(scope);
    let isGivenUp = false;
    const timeIsUp = timer
      .run(() => sleep(leftMs, { summary }))
      .then(
        () => {
          isGivenUp = true;
          scope.cancel();
        },
        () => undefined, // the work ended first
      );
    try {
      await scope.run(work);
      return true;
    } catch (error) {
      if (isCancellation(error) && (isGivenUp || this.isOver)) return false;
      throw error;
    } finally {
      this.scopes.delete(scope);
      timer.cancel();
      await timeIsUp;
    }
  }
}
