import type { ComputePreflightSpec, ComputeResolved } from '#domain/compute/specs.ts';
import { find } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Finds out what the plan can't know: network and images. Refuses what AWS would refuse later. Makes nothing. */
export const computePreflight = defineStep({
  name: 'preflight',
  expectedMs: minutes(1),
  make: (spec: ComputePreflightSpec): Promise<ComputeResolved> => find.preflightCompute(spec),
});
