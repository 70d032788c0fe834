/** What a compute environment is to be already, made once more: what is there is converged, what is missing is made. */
import { CancellationScope } from '@temporalio/workflow';
import type { ComputeInput } from '#domain/compute/input.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import type { ComputeOutputs } from '#domain/compute/view.ts';
import { Saga } from '../kernel/saga.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { withImages } from './images.ts';
import { type Made, makeCompute } from './make.ts';
import { poolNames } from './pool-names.ts';
import type { ComputeProgress } from './progress.ts';
import { updating } from './replace.ts';

/** Of things that are made good and carry the tag of another run already. */
export const NO_RUN = '';

/** What it is to be already. */
export interface Good {
  readonly compute: ComputeInput;
  readonly plan: ComputePlan;
  /** Of what is there: its images stay. */
  readonly outputs: ComputeOutputs | null;
}

interface MakingGood extends Good {
  readonly progress: ComputeProgress;
}

/** Nothing of it is undone where it fails. @throws what the first step throws that fails */
export const makeGood = async ({ compute, plan, outputs, progress }: MakingGood): Promise<Made> => {
  const saga = new Saga(progress, new CancellationScope());
  try {
    const found = await saga.run(computePreflight, asThere(plan).preflight, {});
    const making = { compute, plan: unproved(plan), resolved: withImages(found, outputs) };
    return await makeCompute(updating(saga, []), making);
  } finally {
    await saga.settle();
  }
};

/** Without a job for each queue. */
export const unproved = (plan: ComputePlan): ComputePlan => ({
  ...plan,
  ...Object.fromEntries(poolNames(plan).map((pool) => [`canary-${pool}`, null])),
});

/** Its roles count among those that the account has. */
export const asThere = (plan: ComputePlan): ComputePlan => ({
  ...plan,
  preflight: { ...plan.preflight, roles: 0, profiles: 0 },
});
