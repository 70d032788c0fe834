/**
 * Looks at all transfers now and then, which costs nothing per chunk, and ends those that stand still, never end, or have
 * no right to go on.
 */
import type { S3Limits } from './options.ts';

export interface Watched {
  /** Counts whatever moves; only its change matters. */
  readonly moved: number;
  /** The upstream is at work on its answer: its own timeout applies. */
  readonly isWaiting: boolean;
  /** More of the body is wanted, and it is the client's turn to send it. */
  readonly isReceiving: boolean;
  /** Bytes of the body that came. */
  readonly bytesIn: number;
  /** Kept by the watchdog. */
  readonly watch: Watch;
  /** Who began it may not go on. */
  readonly isRevoked: boolean;
  onIdle(): void;
  onRevoked(): void;
  onOverdue(): void;
}

export interface Watch {
  slot: number;
  moved: number;
  idleMs: number;
  ageMs: number;
  /** How long the client has had its turn, and what had come by then. */
  receivingMs: number;
  bytesIn: number;
}

export const newWatch = (): Watch => ({ slot: -1, moved: -1, idleMs: 0, ageMs: 0, receivingMs: 0, bytesIn: 0 });

export interface Watchdog {
  readonly size: number;
  add(watched: Watched): void;
  delete(watched: Watched): void;
  /** Resolves when nothing is under way, or after so many milliseconds. */
  drained(withinMs: number): Promise<void>;
  close(): void;
}

export const createWatchdog = ({ idleMs, transferMs, uploadBytesPerSecond, uploadWindowMs }: S3Limits): Watchdog => {
  // Not a Set: its outgrown tables stay linked to each other, and once one of them is old, the garbage collector keeps
  // alive whatever the later ones ever held, until the next full collection.
  const all: Watched[] = [];
  const waiting: (() => void)[] = [];
  const everyMs = Math.max(Math.min(idleMs / 4, uploadWindowMs / 4, 5_000), 20);

  /** A client that sends a little now and then would hold its place, and a connection to the upstream, for hours. */
  const isDripping = (watched: Watched): boolean => {
    const { watch, bytesIn } = watched;
    if (!watched.isReceiving) watch.receivingMs = 0;
    else if (watch.receivingMs + everyMs < uploadWindowMs) {
      watch.receivingMs += everyMs;
      return false;
    }
    const came = bytesIn - watch.bytesIn;
    const windowMs = watch.receivingMs + everyMs;
    watch.bytesIn = bytesIn;
    watch.receivingMs = 0;
    return watched.isReceiving && came < (uploadBytesPerSecond * windowMs) / 1000;
  };

  const look = (watched: Watched): void => {
    const { watch } = watched;
    watch.ageMs += everyMs;
    watch.idleMs = watched.moved === watch.moved && !watched.isWaiting ? watch.idleMs + everyMs : 0;
    watch.moved = watched.moved;
    if (watched.isRevoked) watched.onRevoked();
    else if (watch.ageMs > transferMs) watched.onOverdue();
    else if (watch.idleMs >= idleMs || isDripping(watched)) watched.onIdle();
  };
  const timer = setInterval(() => {
    for (const watched of [...all]) look(watched);
  }, everyMs);
  timer.unref();

  return {
    get size() {
      return all.length;
    },
    add(watched) {
      watched.watch.slot = all.length;
      all.push(watched);
    },
    delete({ watch }) {
      const last = all.pop();
      if (last && last.watch !== watch) {
        all[watch.slot] = last;
        last.watch.slot = watch.slot;
      }
      if (all.length > 0) return;
      for (const resolve of waiting.splice(0)) resolve();
    },
    drained(withinMs) {
      if (all.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push(resolve);
        setTimeout(resolve, withinMs).unref();
      });
    },
    close: () => clearInterval(timer),
  };
};
