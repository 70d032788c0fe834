/** Taking things away again, step by step, from what the plan says: the order in which AWS lets go. */
import { isCancellation } from '@temporalio/workflow';
import type { Progress } from './progress.ts';
import type { Failed, Unrestored } from './saga.ts';
import { type AnyStep, isHeld, isPlanned, minutes, type RemovalFor, type Step, specOf } from './step.ts';

/** Stage after stage; what stands in one stage goes side by side. */
export type Stages = readonly (readonly AnyStep[])[];

/** The same, of steps for which this plan has a spec. */
export type StagesOf<P> = readonly (readonly { [K in keyof P & string]: Step<K, P[K], object, unknown> }[keyof P &
  string][])[];

/** An undo may have more to wait for than the make had. */
const UNDO_EXPECTED_MS = minutes(5);

interface RemovingStages {
  readonly stages: Stages;
  readonly plan: object;
  readonly progress: Progress;
  readonly removal: RemovalFor;
  readonly parks: boolean;
  readonly unrestored: Unrestored;
  /** What is left to do is the business of a stronger wish that came in, or of the next run. */
  readonly isOver: () => boolean;
}

/** The steps' own undo, or their park. What fails doesn't stop the rest. */
export async function removeStages(all: RemovingStages): Promise<Failed[]> {
  const { stages, plan, progress, removal, parks, unrestored, isOver } = all;
  const failed: Failed[] = [];
  const altered: Failed[] = [];

  const removeStep = async (step: AnyStep): Promise<void> => {
    const { name, park, removalExpectedMs = UNDO_EXPECTED_MS } = step;
    if (!isPlanned(plan, step) || isHeld(step, failed)) return;
    const run = progress.of(name);
    const spec = specOf(plan, step);
    const expectedMs = parks && park ? park.expectedMs : removalExpectedMs;
    await progress.execute(run, expectedMs, parks ? 'park' : 'undo', async () =>
      parks ? await park?.run(spec, removal) : await step.undo?.(spec, removal),
    );
    const before = unrestored.get(name);
    if (!step.restore || !before) return;
    await progress
      .execute(run, expectedMs, 'undo', async () => await step.restore?.(spec, before))
      .catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        altered.push({ step: name, error, before });
      });
  };

  for (const stage of stages) {
    if (isOver()) break;
    const results = await Promise.allSettled(stage.map(removeStep));
    failed.push(...altered.splice(0));
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return;
      if (isCancellation(result.reason)) throw result.reason;
      failed.push({ step: stage[index]?.name ?? '', error: result.reason });
      progress.bounded = true;
    });
  }
  return failed;
}
