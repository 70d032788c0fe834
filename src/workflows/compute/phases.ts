import type { ComputeRemovalMode } from '#domain/compute/input.ts';
import type { ComputePhase } from '#domain/compute/view.ts';

/** The phase while it is disposed of. A sweep leaves it what it is. */
export const PHASE_WHILE = {
  drain: 'draining',
  terminate: 'deleting',
  force: 'deleting',
} as const satisfies Partial<Record<ComputeRemovalMode, ComputePhase>>;
