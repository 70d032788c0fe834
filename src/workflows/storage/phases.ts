import type { StorageRemoval } from '#domain/storage/input.ts';
import type { StoragePhase } from '#domain/storage/view.ts';

/** The phase of a storage while something is taken from it. */
export const PHASE_WHILE = {
  empty: 'emptying',
  dispose: 'deleting',
} as const satisfies Record<StorageRemoval, StoragePhase>;
