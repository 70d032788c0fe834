import type { RemovalMode } from '#domain/workspace/input.ts';
import type { Phase } from '#domain/workspace/view.ts';

/** The phase of a workspace while something is taken from it. A sweep leaves it what it is: failed. */
export const PHASE_WHILE = {
  park: 'parking',
  dispose: 'disposing',
  sweep: 'failed',
} as const satisfies Record<RemovalMode, Phase>;
