/** The removals of one undo, in groups: what stands in one goes side by side, and one group follows the other. */
import { currentStep, inStep } from './step.ts';

type Removal = () => Promise<unknown>;

/**
 * A removal that is refused doesn't keep the others from being made: what they would leave, nothing holds. After a
 * refusal the others are bounded in time, since what they wait for may never come. @throws the first refusal
 */
export const takeAway = async (...groups: readonly (readonly Removal[])[]): Promise<void> => {
  const refusals: unknown[] = [];
  for (const group of groups) {
    const context = currentStep();
    const bounded = refusals.length > 0 ? { ...context, bounded: () => true } : context;
    const results = await inStep(bounded, () => Promise.allSettled(group.map((remove) => remove())));
    refusals.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  }
  if (refusals.length > 0) throw refusals[0];
};
