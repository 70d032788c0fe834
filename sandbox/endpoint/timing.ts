/**
 * How fast the sandbox's AWS is: one scale for all, another for single accounts, and a seeded spread. And what time it is
 * there: an account can be told that time has passed, so that a state can be long enough to look at and over at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface TimingState {
  readonly scale: number;
  readonly seed: number;
  readonly accounts: Readonly<Record<string, number>>;
  /** How many milliseconds an account is ahead of the clock. */
  readonly ahead: Readonly<Record<string, number>>;
}

export interface TimingChange {
  readonly scale?: number | undefined;
  readonly seed?: number | undefined;
  /** The scale then holds for this account alone. */
  readonly account?: string | undefined;
  /** So many milliseconds pass at once in this account. */
  readonly passMs?: number | undefined;
}

export interface Timing {
  state(): TimingState;
  change(change: TimingChange): void;
  /** Milliseconds since the epoch, in the account of the call that is being answered. */
  now(): number;
  delay(ms: number, jitter?: number, account?: string): number;
  /** Runs `work` so that a delay inside it takes the scale of this account. */
  within<T>(account: string, work: () => T): T;
}

/** Mulberry32: small, seeded, and even enough for a spread of delays. */
const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const createTiming = (initialScale: number, initialSeed = 1): Timing => {
  const current = new AsyncLocalStorage<string>();
  const accounts = new Map<string, number>();
  const ahead = new Map<string, number>();
  let scale = initialScale;
  let seed = initialSeed;
  let random = createRandom(seed);
  return {
    state: () => ({ scale, seed, accounts: Object.fromEntries(accounts), ahead: Object.fromEntries(ahead) }),
    change(change) {
      if (change.scale !== undefined && change.account !== undefined) accounts.set(change.account, change.scale);
      else if (change.scale !== undefined) scale = change.scale;
      const { account, passMs } = change;
      if (account !== undefined && passMs !== undefined) ahead.set(account, (ahead.get(account) ?? 0) + passMs);
      if (change.seed === undefined) return;
      seed = change.seed;
      random = createRandom(seed);
    },
    now: () => Date.now() + (ahead.get(current.getStore() ?? '') ?? 0),
    delay(ms, jitter = 0, account = current.getStore()) {
      const factor = 1 + jitter * (random() * 2 - 1);
      return Math.round(ms * ((account === undefined ? undefined : accounts.get(account)) ?? scale) * factor);
    },
    within: (account, work) => current.run(account, work),
  };
};
