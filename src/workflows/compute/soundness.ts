import type { ComputePlan } from '#domain/compute/specs.ts';
import { codeOf } from '#domain/core/failures.ts';
import { find } from '../kernel/calls.ts';
import { type AnyStep, defineStep, minutes, specOf } from '../kernel/step.ts';
import { canaryOf } from '../steps/canary.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { asThere } from './make-good.ts';
import { poolNames } from './pool-names.ts';
import { stepsOf } from './steps.ts';

/** One look at everything: what is wrong with it, in words. Changes nothing. */
export const soundness = defineStep({
  name: 'look',
  expectedMs: minutes(5),
  async make(plan: ComputePlan): Promise<readonly string[]> {
    const missing = await missingOf(plan);
    const pools = await Promise.all(
      // A tenant has none: those that it runs in are looked at with its surroundings.
      poolNames(plan).flatMap((pool) => {
        const [environment, queue] = [plan[`compute-environment-${pool}`], plan[`job-queue-${pool}`]];
        return environment && queue ? [find.observePool(environment, queue)] : [];
      }),
    );
    return [...new Set([...missing, ...pools.flat(), ...(await surroundings(plan))])];
  },
});

/** What the plan names and its owner has not. */
const missingOf = async (plan: ComputePlan): Promise<readonly string[]> => {
  const canaries = poolNames(plan).map((pool) => canaryOf(pool).name as string);
  const looks = stepsOf(plan)
    .filter(({ name }) => !canaries.includes(name))
    .flatMap((step: AnyStep) => step.remaining?.(specOf(plan, step)) ?? [])
    .map(async ({ type, names, look }) => {
      const found = await look('owner');
      if (found.length >= names.length) return [];
      return names
        .filter((name) => !found.some((one) => one.name === name))
        .map((name) => `${type} ${name} is not there`);
    });
  return (await Promise.all(looks)).flat();
};

/** Network, buckets, images, rights, of a tenant the shared one: what it needs and does not own. */
const surroundings = async (plan: ComputePlan): Promise<readonly string[]> => {
  try {
    await computePreflight.make(asThere(plan).preflight, {});
    return [];
  } catch (error) {
    // Whatever else went wrong says nothing about it.
    if (codeOf(error) !== 'Invalid') throw error;
    return [(error as Error).message];
  }
};
