/** The watch over compute environments: drift, and what Batch finds INVALID. */
import type { Timing } from '../core/timing.ts';
import type { ComputeInput } from './input.ts';

export interface WatchComputeInput {
  /** H */
  readonly environment: string;
  /** Put right what can be put right in place. */
  readonly repair: boolean;
  /** Compute environments looked at in a minute, at most. */
  readonly perMinute: number;
  readonly timing: Timing;
  /** Of a run that goes on as another. */
  readonly soFar?: WatchCounts & { readonly cursor: string | null };
}

export interface WatchCounts {
  /** Those whose validation was begun. */
  readonly looked: number;
  /** Those with which something else was going on. */
  readonly busy: number;
}

export interface WatchedPage {
  readonly items: readonly ComputeInput[];
  readonly nextCursor: string | null;
}
