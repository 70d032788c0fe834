import type { StorageRemovalMode } from '#domain/storage/input.ts';
import type { StoragePhase } from '#domain/storage/view.ts';

/** The phase of a storage while something is taken from it. A sweep leaves it what it is: failed. */
export const PHASE_WHILE = {
  empty: 'emptying',
  dispose: 'deleting',
  sweep: 'failed',
} as const satisfies Record<StorageRemovalMode, StoragePhase>;
