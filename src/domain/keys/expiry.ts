/** The daily look at the keys of everybody. */
import type { Timing } from '../core/timing.ts';
import type { KeySettings } from './input.ts';

export interface ExpireKeysInput {
  /** H */
  readonly environment: string;
  readonly settings: KeySettings;
  /** Holders looked at in a second, at most. */
  readonly perSecond: number;
  readonly timing: Timing;
  /** Of a run that goes on as another. */
  readonly soFar?: ExpirySoFar;
}

export interface ExpiryCounts {
  /** ISO time that the run decides by. */
  readonly at: string;
  /** Holders. */
  readonly looked: number;
  /** Those of which something was expired, replaced or repaired. */
  readonly changed: number;
  /** Those whose keys could not be looked after, as `<id>: <why>`; the first fifty. */
  readonly failed: readonly string[];
  readonly failures: number;
}

export interface ExpirySoFar extends ExpiryCounts {
  readonly cursor: string | null;
}

export type HolderOutcome =
  | { readonly type: 'nothing' | 'changed' }
  | { readonly type: 'failed'; readonly why: string };

const DAY_MS = 86_400_000;

/** A day and a half: the next run comes within a day, and may be late. Of short-lived keys, an eighth of their life. */
export const aheadOf = (lifetimeMs: number): number => Math.min(1.5 * DAY_MS, lifetimeMs / 8);
