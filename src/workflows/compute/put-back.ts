/** An update that failed before its new environments did the work: what there was is made good, and what is new goes. */
import type { ComputeInput, UpdateInput } from '#domain/compute/input.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import type { Leftover } from '#domain/core/failures.ts';
import { mutate } from '../kernel/calls.ts';
import { proveGone, remaining } from '../kernel/remaining.ts';
import { removeStages } from '../kernel/removal-stages.ts';
import { inOneStep, leftoversOfRun } from '../kernel/step.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { onlyIn } from './former.ts';
import { makeGood, NO_RUN } from './make-good.ts';
import { poolNames } from './pool-names.ts';
import type { ComputeProgress } from './progress.ts';
import { removalStages } from './steps.ts';

interface PuttingBack {
  readonly input: UpdateInput;
  readonly progress: ComputeProgress;
  readonly record: ComputeRecord;
  readonly before: ComputeInput;
  /** Steps that had begun to change something. */
  readonly begun: ReadonlySet<string>;
}

interface PutBack {
  /** What is new and could not be taken away. */
  readonly leftovers: readonly Leftover[];
  /** Why it is not what it was; null where it is. */
  readonly broken: string | null;
}

/** What proves a queue is its run's alone, although every run calls it the same: nothing of it is to stay. */
const proofsIn = (plan: ComputePlan, begun: ReadonlySet<string>): object =>
  Object.fromEntries(
    poolNames(plan).flatMap((pool) => {
      const step = `canary-${pool}` as const;
      return begun.has(step) ? [[step, plan[step]]] : [];
    }),
  );

export const putBack = async (all: PuttingBack): Promise<PutBack> => {
  const { input, progress, record, before, begun } = all;
  const after = planCompute(progress.facts.compute, input.runId);
  const former = planCompute(before, NO_RUN, progress.facts.compute);
  const added = { ...onlyIn(after, former, ''), ...proofsIn(after, begun) } as ComputePlan;
  const stages = removalStages(added, null);
  const whole = { steps: stages.flat(), plan: added, progress };
  try {
    // What only looks, and what only holds places, has changed nothing that is there.
    const changed = [...begun].some((step) => step !== computePreflight.name && step !== reserveSlots.name);
    if (changed) await makeGood({ compute: before, plan: former, outputs: record.outputs, progress });
  } catch (error) {
    const leftovers = await proveGone(whole, 'run');
    return { leftovers, broken: error instanceof Error ? error.message : String(error) };
  }
  const failed = await removeStages({
    ...{ stages, plan: added, progress, removal: leftoversOfRun, parks: false },
    ...{ unrestored: new Map(), isOver: () => false },
  });
  const leftovers = failed.length > 0 ? await remaining(whole, 'run', failed) : await proveGone(whole, 'run');
  const slots = former['reserve-slots'];
  if (leftovers.length === 0 && slots) {
    await inOneStep('slots', input.timing, () => mutate.ensureSlotsSettled(slots));
  }
  return { leftovers, broken: null };
};
