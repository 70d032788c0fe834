/**
 * A governor of writes: how many calls that change something go to one service of one account in a second. AWS counts
 * them for the whole account, whoever calls, so without one a few creates at once throttle everybody in it.
 *
 * A token bucket per lane. Under the rate nothing waits; above it calls go in the order in which they came. An answer
 * "throttled" halves the rate, which then comes back step by step: others may be using up the account's share.
 * It counts the calls of this process alone: of n workers each has the whole rate, and the halving is what they share it by.
 */
import { fail } from '#domain/core/failures.ts';

/** Of one lane. */
export interface Rate {
  /** Calls a second, over time. */
  readonly perSecond: number;
  /** Calls at once, after a pause. */
  readonly burst: number;
}

/** Which calls share a bucket. */
export interface Lane {
  /** Of its rate, for example `iam`. */
  readonly name: string;
  readonly account: string;
  /** Null of a service that has one control plane for all regions. */
  readonly region: string | null;
}

export interface Patience {
  /** Ends a wait that has begun, by its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch by which the call must be on its way. Default: none. */
  readonly until?: number | undefined;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back once, after so many milliseconds; what it answers takes that back. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface Governor {
  /**
   * Waits for this call's turn. A lane without a rate has none to wait for.
   * @throws Throttled where its turn would come after `until`, at once; the signal's reason
   */
  admit(lane: Lane, patience?: Patience): Promise<void>;
  /** AWS throttled a call of this lane. */
  throttled(lane: Lane): void;
}

/** Throttles of one second speak of one rate: calls that were on their way when the first answer came. */
const HALVED_EVERY_MS = 1_000;
/** Never slower than this part of the rate: something must go on to find out that there is room again. */
const SLOWEST = 1 / 16;
/** Seconds in which a rate comes back from nothing. */
const RECOVERY_S = 60;

const SYSTEM: Clock = {
  now: Date.now,
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export const createGovernor = (rates: Readonly<Record<string, Rate>>, clock: Clock = SYSTEM): Governor => {
  const buckets = new Map<string, Bucket>();
  const bucketOf = ({ name, account, region }: Lane): Bucket | undefined => {
    const rate = Object.hasOwn(rates, name) ? rates[name] : undefined;
    if (!rate) return undefined;
    const key = JSON.stringify([name, account, region]);
    const known = buckets.get(key) ?? new Bucket(rate, clock);
    buckets.set(key, known);
    return known;
  };

  return {
    async admit(lane, patience = {}) {
      await bucketOf(lane)?.take(patience, `${lane.name} in ${lane.account}`);
    },
    throttled(lane) {
      bucketOf(lane)?.halve();
    },
  };
};

class Bucket {
  readonly #full: Rate;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  /** Calls a second, now. */
  #rate: number;
  #at: number;
  #halvedAt = Number.NEGATIVE_INFINITY;
  #timer: (() => void) | undefined;

  constructor(full: Rate, clock: Clock) {
    this.#full = full;
    this.#clock = clock;
    this.#tokens = full.burst;
    this.#rate = full.perSecond;
    this.#at = clock.now();
  }

  async take({ signal, until = Number.POSITIVE_INFINITY }: Patience, what: string): Promise<void> {
    this.#refill();
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return;
    }
    const turnAt = this.#clock.now() + ((this.#waiting.size + 1 - this.#tokens) / this.#rate) * 1000;
    if (turnAt > until) {
      const most = `${this.#full.perSecond} a second`;
      throw fail('Throttled', `too many calls that change something wait for ${what}: at most ${most} are sent`);
    }
    // Whoever is cancelled already and calls all the same is tidying up.
    await this.#turn(signal?.aborted ? undefined : signal);
  }

  halve(): void {
    const now = this.#clock.now();
    this.#refill();
    if (now - this.#halvedAt < HALVED_EVERY_MS) return;
    this.#halvedAt = now;
    this.#rate = Math.max(this.#rate / 2, this.#full.perSecond * SLOWEST);
    // What was saved up was not there either.
    this.#tokens = Math.min(this.#tokens, 0);
    this.#pump();
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(signal?.reason as Error);
      };
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiting.add(go);
      signal?.addEventListener('abort', leave, { once: true });
      this.#pump();
    });
  }

  /** Lets go whoever has a token, and comes back when the next one has. */
  #pump(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#refill();
    for (const go of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens -= 1;
      this.#waiting.delete(go);
      go();
    }
    if (this.#waiting.size === 0) return;
    const ms = Math.max(1, Math.ceil(((1 - this.#tokens) / this.#rate) * 1000));
    this.#timer = this.#clock.after(ms, () => this.#pump());
  }

  #refill(): void {
    const now = this.#clock.now();
    // A clock that was set back takes nothing away.
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#tokens = Math.min(this.#full.burst, this.#tokens + seconds * this.#rate);
    this.#rate = Math.min(this.#full.perSecond, this.#rate + (seconds / RECOVERY_S) * this.#full.perSecond);
  }
}
