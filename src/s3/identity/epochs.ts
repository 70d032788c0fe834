/**
 * Revocation. An epoch is the number of a revocation: a time as a rule, and always more than all before it, of whatever
 * user. A session carries the newest epoch of when it was minted, and dies when its user's is newer. So no clock decides
 * who is let in. All epochs stand in one small object, which every process reads every few seconds.
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
  /**
   * A session of this user with a lesser epoch is revoked. Synchronous while the copy is fresh.
   * @throws when the copy is too old and can't be renewed.
   */
  current(userId: string): number | Promise<number>;
  /** The newest of all, asked of the store: a session minted right after a revocation must carry it. */
  newest(): Promise<number>;
  revoke(userId: string): Promise<void>;
}

/** A copy this old is renewed beside the requests… */
const RENEW_AFTER_MS = 5_000;
/** …and at this age nobody is let in on it any more: a revocation is promised within 30 s. */
const STALE_AFTER_MS = 20_000;

/**
 * @param now milliseconds since 1970
 * @param elapsed milliseconds that never go back: a wall clock that was set back must not keep an old copy young
 */
export const createEpochs = (
  store: EpochStore,
  now: () => number,
  elapsed: () => number = () => performance.now(),
): Epochs => {
  let copy: Readonly<Record<string, number>> = {};
  let copied: { readonly wall: number; readonly elapsed: number } | undefined;
  let running: Promise<void> | undefined;

  function renew(): Promise<void> {
    running ??= (async () => {
      const asked = { wall: now(), elapsed: elapsed() };
      try {
        copy = await store.read();
        copied = asked;
      } finally {
        running = undefined;
      }
    })();
    return running;
  }

  /** By the faster of the two clocks: the other one stands still while a machine sleeps. */
  const ageMs = (): number =>
    copied ? Math.max(elapsed() - copied.elapsed, now() - copied.wall) : Number.POSITIVE_INFINITY;

  /** A read that began after this call: one that is under way may have missed what was just written. */
  const reread = (): Promise<void> => (running ?? Promise.resolve()).catch(() => {}).then(renew);

  return {
    current(userId) {
      const age = ageMs();
      if (age <= RENEW_AFTER_MS) return epochIn(copy, userId);
      const renewed = renew();
      if (age > STALE_AFTER_MS) return renewed.then(() => epochIn(copy, userId));
      renewed.catch(() => {}); // the copy still serves; when it is too old the error reaches the request
      return epochIn(copy, userId);
    },

    async newest() {
      await reread();
      return newestIn(copy);
    },

    async revoke(userId) {
      await store.update((epochs) => {
        const time = now();
        return { ...thinned(epochs, time), [userId]: Math.max(time, newestIn(epochs) + 1) };
      });
      await reread();
    },
  };
};

/** Stands for all users that are not listed: an epoch that was forgotten holds for everybody. No user is called so. */
const REST = '';

/** A user may be called like something that every object inherits. */
const listedIn = (epochs: Readonly<Record<string, number>>, name: string): number =>
  Object.hasOwn(epochs, name) ? (epochs[name] ?? 0) : 0;

const epochIn = (epochs: Readonly<Record<string, number>>, userId: string): number =>
  Math.max(listedIn(epochs, userId), listedIn(epochs, REST));

const newestIn = (epochs: Readonly<Record<string, number>>): number =>
  Object.values(epochs).reduce((newest, epoch) => Math.max(newest, epoch), 0);

/** Sessions that were minted before these revocations have all expired by themselves. */
const FORGOTTEN_AFTER_MS = 2 * SESSION_SECONDS_MAX * 1000;

/**
 * Without the epochs that are of no use any more, so that the object stays small. A clock that is wrong may forget too
 * early; then sessions end that need not have ended, and none lives that must not.
 */
const thinned = (epochs: Readonly<Record<string, number>>, time: number): Record<string, number> => {
  const isKept = ([, epoch]: readonly [string, number]): boolean => epoch > time - FORGOTTEN_AFTER_MS;
  const entries = Object.entries(epochs).filter(([name]) => name !== REST);
  const forgotten = entries.filter((entry) => !isKept(entry)).map(([, epoch]) => epoch);
  const rest = forgotten.reduce((most, epoch) => Math.max(most, epoch), listedIn(epochs, REST));
  return { ...(rest > 0 && { [REST]: rest }), ...Object.fromEntries(entries.filter(isKept)) };
};
