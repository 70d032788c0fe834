/** The recipe of a compute environment, asked and not made: what would making it good change? */
import type { Drift } from '#activities/drift/drift.ts';
import type { ComputeResolved } from '#domain/compute/specs.ts';
import { find } from '../kernel/calls.ts';
import type { Saga } from '../kernel/saga.ts';
import { type ActivityName, currentStep, inStep } from '../kernel/step.ts';
import { withImages } from './images.ts';
import { makeCompute } from './make.ts';
import { type Good, unproved } from './make-good.ts';

/** Ends a step whose thing is not there, or changes right now, and those that would need it. */
class Unknown extends Error {}

/** What is made after them goes by what stands before them. Of others the answer is needed. */
const ONLY_WAITS: readonly ActivityName[] = [
  ...(['awaitEfsAvailable', 'awaitMountTargetAvailable', 'awaitOwnInstanceProfileUsable'] as const),
  ...(['awaitComputeEnvironmentValid', 'awaitJobQueueValid'] as const),
];

export interface Differences {
  /** In words. */
  readonly differences: readonly string[];
  /** Made good, Batch exchanges instances under the jobs that run on them. */
  readonly exchangesInstances: boolean;
}

/**
 * What differs. Nothing is changed: the activities of each step say what they would change.
 * @param missing steps of which something is known not to be there: that is not told again
 */
export const driftOf = async (
  { compute, plan, outputs }: Good,
  found: ComputeResolved,
  missing: ReadonlySet<string>,
): Promise<Differences> => {
  const told = new Map<string, readonly string[]>();
  const asked: Promise<unknown>[] = [];
  let exchangesInstances = false;

  const asks = async (step: string, activity: ActivityName, args: readonly unknown[]): Promise<unknown> => {
    const {
      differences,
      lacks,
      answer,
      exchangesInstances: exchanges,
    }: Drift = await find.observeDrift(activity, args);
    exchangesInstances ||= exchanges;
    const lack = lacks !== null && !missing.has(step) ? [lacks] : [];
    told.set(step, [...(told.get(step) ?? []), ...differences, ...lack]);
    if (answer === null && ONLY_WAITS.includes(activity)) return undefined;
    if (answer === null) throw new Unknown(`${step} can't be known now`);
    return answer.result;
  };

  const run: Saga['run'] = (step, spec, needs) => {
    const work = async () => {
      const ready = await Promise.all(Object.entries(needs).map(async ([name, need]) => [name, await need] as const));
      // What makes nothing at AWS has nothing that could differ.
      if (!step.remaining) return undefined as never;
      const context = {
        ...currentStep(),
        asks: (activity: ActivityName, args: readonly unknown[]) => asks(step.name, activity, args),
      };
      return await inStep(context, () => step.make(spec, Object.fromEntries(ready) as never));
    };
    const asking = work();
    asking.catch(() => undefined); // heard of below
    asked.push(asking);
    return asking;
  };

  const making = { compute, plan: unproved(plan), resolved: withImages(found, outputs) };
  const ends = await Promise.allSettled([makeCompute({ run }, making), ...asked]);
  for (const end of ends) if (end.status === 'rejected' && !(end.reason instanceof Unknown)) throw end.reason;
  return { differences: [...told.values()].flat(), exchangesInstances };
};
