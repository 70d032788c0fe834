import { expect, test } from 'vitest';
import type { Progress } from '#workflows/kernel/progress.ts';
import { removeStages } from '#workflows/kernel/removal-stages.ts';
import { type AnyStep, disposal } from '#workflows/kernel/step.ts';

/** Which steps are undone where the first stage fails. */
const undone = async (failing: string, waiting: readonly Pick<AnyStep, 'name' | 'heldBy'>[]): Promise<string[]> => {
  const ended: string[] = [];
  const stepOf = (step: Pick<AnyStep, 'name' | 'heldBy'>): AnyStep => ({
    ...step,
    expectedMs: 1,
    make: async () => undefined,
    async undo() {
      if (step.name === failing) throw new Error('AWS refuses it');
      ended.push(step.name);
    },
  });
  const progress = {
    of: () => ({}),
    execute: (_run: unknown, _expectedMs: number, _undoing: boolean, work: () => Promise<unknown>) => work(),
    bounded: false,
  } as unknown as Progress;
  const failed = await removeStages({
    stages: [[stepOf({ name: failing })], waiting.map(stepOf)],
    plan: {},
    progress,
    removal: disposal,
    parks: false,
    unrestored: new Map(),
    isOver: () => false,
  });
  expect(failed.map(({ step }) => step)).toEqual([failing]);
  return ended;
};

test('what a failed removal holds stays; a name with a star holds by what the step begins with', async () => {
  const waiting = [
    { name: 'by-name', heldBy: ['compute-environment-work'] },
    { name: 'by-beginning', heldBy: ['compute-environment-*'] },
    { name: 'by-another', heldBy: ['compute-environment-head', 'job-queue-*', 'compute-environment'] },
    { name: 'free' },
  ];
  expect(await undone('compute-environment-work', waiting)).toEqual(['by-another', 'free']);
  // Control: nothing of it failed.
  expect(await undone('network', waiting)).toEqual(['by-name', 'by-beginning', 'by-another', 'free']);
});
