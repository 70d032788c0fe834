import { ApplicationFailure } from '@temporalio/common';
import { factsOf, fail } from '#domain/core/failures.ts';
import type { PreflightSpec, Resolved } from '#domain/workspace/specs.ts';
import { find, mutate } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/**
 * Finds out what the plan can't know: zones and images. Refuses what AWS would refuse later. Makes nothing; last of all it
 * claims the environment's name in the account, where another installation may have it.
 */
export const preflight = defineStep({
  name: 'preflight',
  expectedMs: minutes(1),
  async make(spec: PreflightSpec): Promise<Resolved> {
    const [zones, images] = await Promise.allSettled([find.preflightNetwork(spec), find.preflightImages(spec)]);
    if (zones.status === 'fulfilled' && images.status === 'fulfilled') {
      await mutate.claimEnvironment(spec);
      return { ...zones.value, ...images.value };
    }
    throw refusalOf([zones, images].flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
  },
});

/** Whoever has to correct a request wants to hear of all that is wrong with it, not of one thing at a time. */
const refusalOf = (reasons: readonly unknown[]): unknown => {
  const refusals = reasons.filter((reason) => reason instanceof ApplicationFailure && reason.type === 'Invalid');
  // What went wrong otherwise (denied, cancelled) says more than what was found out nevertheless.
  if (refusals.length < reasons.length || refusals.length < 2)
    return reasons.find((reason) => !refusals.includes(reason as ApplicationFailure)) ?? reasons[0];
  const problems = refusals.flatMap((refusal) => factsOf(refusal).problems ?? []);
  return fail('Invalid', refusals.map((refusal) => (refusal as ApplicationFailure).message).join('; '), { problems });
};
