/** Calls that wait for a connection: users take turns, and the calls of one user keep their order. */
import type { Share, Waiter } from '../share.ts';

export class FairQueue<T extends Waiter> {
  /** Users who wait, in the order of their turns. */
  readonly #ring: Share[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: T): void {
    const { share } = waiter;
    if (share.waiting.length === 0) this.#ring.push(share);
    share.waiting.push(waiter);
    this.#size++;
  }

  /** @returns whether it was waiting */
  delete(waiter: T): boolean {
    const { waiting } = waiter.share;
    const at = waiting.indexOf(waiter);
    if (at < 0) return false;
    waiting.splice(at, 1);
    if (waiting.length === 0) this.#ring.splice(this.#ring.indexOf(waiter.share), 1);
    this.#size--;
    return true;
  }

  /** @returns the first call of the first user whose turn it is and who may have a connection */
  take(mayTake: (share: Share) => boolean): T | undefined {
    const at = this.#ring.findIndex(mayTake);
    if (at < 0) return undefined;
    const [share] = this.#ring.splice(at, 1) as [Share];
    const waiter = share.waiting.shift() as T;
    if (share.waiting.length > 0) this.#ring.push(share);
    this.#size--;
    return waiter;
  }

  /** Removes and returns those whose time is over. */
  takeOverdue(now: number): T[] {
    const overdue = this.#ring.flatMap(({ waiting }) => waiting.filter((waiter) => waiter.waitsUntil <= now)) as T[];
    for (const waiter of overdue) this.delete(waiter);
    return overdue;
  }
}
