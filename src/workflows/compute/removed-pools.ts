/** Pools that an update takes away: drained and removed as a disposal does it, once the others do the work. */
import type { ComputePlan } from '#domain/compute/specs.ts';
import type { Limit } from '../kernel/limit.ts';
import type { AnyStep } from '../kernel/step.ts';
import { drainsOf } from './former.ts';
import { ofPools, poolNames } from './pool-names.ts';
import { removalStages } from './steps.ts';

export interface RemovedPools {
  /** By which they are removed: what the former plan has of them. */
  readonly plan: object;
  readonly stages: readonly (readonly AnyStep[])[];
}

export const removedPools = (before: ComputePlan, after: ComputePlan, limit: Limit): RemovedPools => {
  const stay = poolNames(after);
  const gone = poolNames(before).filter((pool) => !stay.includes(pool));
  const own = ofPools(before, gone) as ComputePlan;
  const plan = { ...own, ...drainsOf(own) };
  return { plan, stages: removalStages(plan, limit).filter((stage) => stage.length > 0) };
};
