/** Looks at all transfers now and then, which costs nothing per chunk, and cuts those that stand still or never end. */
import type { S3Limits } from './options.ts';

export interface Watched {
  /** Counts whatever moves; only its change matters. */
  readonly moved: number;
  /** The upstream is at work on its answer: its own timeout applies. */
  readonly isWaiting: boolean;
  onIdle(): void;
  onOverdue(): void;
}

export interface Watchdog {
  readonly size: number;
  add(watched: Watched): void;
  delete(watched: Watched): void;
  /** Resolves when nothing is under way, or after so many milliseconds. */
  drained(withinMs: number): Promise<void>;
  close(): void;
}

interface Seen {
  moved: number;
  idleMs: number;
  ageMs: number;
}

export const createWatchdog = ({ idleMs, transferMs }: S3Limits): Watchdog => {
  const seen = new Map<Watched, Seen>();
  const waiting = new Set<() => void>();
  const everyMs = Math.max(Math.min(idleMs / 4, 5_000), 20);

  const timer = setInterval(() => {
    for (const [watched, last] of seen) {
      last.ageMs += everyMs;
      last.idleMs = watched.moved === last.moved && !watched.isWaiting ? last.idleMs + everyMs : 0;
      last.moved = watched.moved;
      if (last.ageMs > transferMs) watched.onOverdue();
      else if (last.idleMs >= idleMs) watched.onIdle();
    }
  }, everyMs);
  timer.unref();

  return {
    get size() {
      return seen.size;
    },
    add: (watched) => void seen.set(watched, { moved: -1, idleMs: 0, ageMs: 0 }),
    delete(watched) {
      seen.delete(watched);
      if (seen.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    drained(withinMs) {
      if (seen.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.add(resolve);
        setTimeout(resolve, withinMs).unref();
      });
    },
    close: () => clearInterval(timer),
  };
};
