import type { ApplicationFailure } from '@temporalio/common';
import { log } from '@temporalio/workflow';
import type { ComputePreflightSpec, ComputeResolved } from '#domain/compute/specs.ts';
import { type FailureCode, factsOf, fail } from '#domain/core/failures.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';
import { find, mutate } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** What the work after it needs of rights; left out: they are not asked about. */
interface Asked {
  readonly rights?: readonly PolicyDocument[];
  /** Nothing is to be made after it. */
  readonly looksOnly?: boolean;
}

/**
 * Finds out what the plan can't know: network and images. Refuses what AWS would refuse later, for the want of a right
 * too, and all of it at once. Makes nothing; last of all it claims the environment's name in the account.
 */
export const computePreflight = defineStep({
  name: 'preflight',
  expectedMs: minutes(1),
  async make(spec: ComputePreflightSpec, { rights = [], looksOnly = false }: Asked): Promise<ComputeResolved> {
    const [resolved, verdict] = await Promise.allSettled([
      find.preflightCompute(spec),
      rights.length === 0 ? Promise.resolve({ warnings: [] }) : find.preflightRights(spec, rights),
    ]);
    if (resolved.status === 'fulfilled' && verdict.status === 'fulfilled') {
      for (const warning of verdict.value.warnings) log.warn(warning);
      if (!looksOnly) await mutate.claimEnvironment(spec);
      return resolved.value;
    }
    throw refusalOf([resolved, verdict].flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
  },
});

/** Refusals are put together; what went wrong otherwise stands for itself. */
const refusalOf = (reasons: readonly unknown[]): unknown => {
  const other = reasons.find((reason) => factsOf(reason).problems === undefined);
  const [first, second] = reasons as readonly ApplicationFailure[];
  if (other !== undefined || first === undefined || second === undefined) return other ?? first;
  const problems = [first, second].flatMap((reason) => factsOf(reason).problems ?? []);
  return fail(first.type as FailureCode, `${first.message}; ${second.message}`, { problems });
};
