/**
 * Revocation. A user's epoch is the time of their last revocation; a session carries the epoch it was minted under and
 * dies when the user's is newer. All epochs stand in one small object, which every process reads every few seconds.
 */
import { SESSION_SECONDS_MAX } from './session-limits.ts';

/** The object that holds the epochs; the composition root puts the control bucket behind it. */
export interface EpochStore {
  /** @returns an empty object when nothing was revoked yet. */
  read(): Promise<Readonly<Record<string, number>>>;
  /** Reads, changes and writes with a precondition, again after a lost race. */
  update(change: (epochs: Readonly<Record<string, number>>) => Record<string, number>): Promise<void>;
}

export interface Epochs {
  /** Synchronous while the copy is fresh. @throws when the copy is too old and can't be renewed. */
  current(userId: string): number | Promise<number>;
  /** Asks the store: a session minted right after a revocation must carry the new epoch. */
  fresh(userId: string): Promise<number>;
  revoke(userId: string): Promise<void>;
}

/** A copy this old is renewed beside the requests… */
const RENEW_AFTER_MS = 5_000;
/** …and at this age nobody is let in on it any more: a revocation is promised within 30 s. */
const STALE_AFTER_MS = 20_000;

export const createEpochs = (store: EpochStore, now: () => number): Epochs => {
  let copy: Readonly<Record<string, number>> = {};
  let copiedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  function renew(): Promise<void> {
    running ??= (async () => {
      const asked = now();
      try {
        copy = await store.read();
        copiedAt = asked;
      } finally {
        running = undefined;
      }
    })();
    return running;
  }

  /** A read that began after this call: one that is under way may have missed what was just written. */
  const reread = (): Promise<void> => (running ?? Promise.resolve()).catch(() => {}).then(renew);

  const epochOf = (userId: string): number => epochIn(copy, userId);

  return {
    current(userId) {
      const age = now() - copiedAt;
      if (age <= RENEW_AFTER_MS) return epochOf(userId);
      const renewed = renew();
      if (age > STALE_AFTER_MS) return renewed.then(() => epochOf(userId));
      renewed.catch(() => {}); // the copy still serves; when it is too old the error reaches the request
      return epochOf(userId);
    },

    async fresh(userId) {
      await reread();
      return epochOf(userId);
    },

    async revoke(userId) {
      await store.update((epochs) => {
        const time = now();
        // Sessions minted before these revocations have all expired by themselves.
        const live = Object.entries(epochs).filter(([, epoch]) => epoch > time - 2 * SESSION_SECONDS_MAX * 1000);
        return { ...Object.fromEntries(live), [userId]: Math.max(time, epochIn(epochs, userId) + 1) };
      });
      await reread();
    },
  };
};

/** A user may be called like something that every object inherits. */
const epochIn = (epochs: Readonly<Record<string, number>>, userId: string): number =>
  Object.hasOwn(epochs, userId) ? (epochs[userId] ?? 0) : 0;
