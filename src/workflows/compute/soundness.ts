import type { ComputePlan, ComputeResolved } from '#domain/compute/specs.ts';
import { codeOf } from '#domain/core/failures.ts';
import { find } from '../kernel/calls.ts';
import { type AnyStep, defineStep, minutes, specOf } from '../kernel/step.ts';
import { canaryOf } from '../steps/canary.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { type Differences, driftOf } from './drift.ts';
import { asThere, type Good } from './make-good.ts';
import { poolNames } from './pool-names.ts';
import { stepsOf } from './steps.ts';

export interface SoundnessSpec extends Good {
  /** An update of it has not come to its end: which of two things it should be is not to be known. */
  readonly isHalf: boolean;
}

/** One look at everything: what is wrong with it. Changes nothing. */
export const soundness = defineStep({
  name: 'look',
  expectedMs: minutes(5),
  async make({ isHalf, ...good }: SoundnessSpec): Promise<Differences> {
    const { plan } = good;
    const missing = await missingOf(plan);
    const pools = await Promise.all(
      // A tenant has none: those that it runs in are looked at with its surroundings.
      poolNames(plan).flatMap((pool) => {
        const [environment, queue] = [plan[`compute-environment-${pool}`], plan[`job-queue-${pool}`]];
        return environment && queue ? [find.observePool(environment, queue)] : [];
      }),
    );
    const around = await surroundings(plan);
    const { differences, exchangesInstances } =
      'wrong' in around
        ? only([around.wrong])
        : isHalf
          ? only([])
          : await driftOf(good, around.resolved, new Set(missing.keys()));
    const problems = new Set([...[...missing.values()].flat(), ...pools.flat(), ...differences]);
    return { differences: [...problems], exchangesInstances };
  },
});

const only = (differences: readonly string[]): Differences => ({ differences, exchangesInstances: false });

/** What the plan names and its owner has not, by the step that makes it. */
const missingOf = async (plan: ComputePlan): Promise<ReadonlyMap<string, readonly string[]>> => {
  const canaries = poolNames(plan).map((pool) => canaryOf(pool).name as string);
  const missing = new Map<string, readonly string[]>();
  const looks = stepsOf(plan)
    .filter(({ name }) => !canaries.includes(name))
    .map(async (step: AnyStep) => {
      const looked = (step.remaining?.(specOf(plan, step)) ?? []).map(async ({ type, names, look }) => {
        const found = await look('owner');
        if (found.length >= names.length) return [];
        return names
          .filter((name) => !found.some((one) => one.name === name))
          .map((name) => `${type} ${name} is not there`);
      });
      const lacks = (await Promise.all(looked)).flat();
      if (lacks.length > 0) missing.set(step.name, lacks);
    });
  await Promise.all(looks);
  return missing;
};

/** Network, buckets, images, rights, of a tenant the shared one: what it needs and does not own. */
const surroundings = async (
  plan: ComputePlan,
): Promise<{ readonly resolved: ComputeResolved } | { readonly wrong: string }> => {
  try {
    return { resolved: await computePreflight.make(asThere(plan).preflight, { looksOnly: true }) };
  } catch (error) {
    // Whatever else went wrong says nothing about it.
    if (codeOf(error) !== 'Invalid') throw error;
    return { wrong: (error as Error).message };
  }
};
