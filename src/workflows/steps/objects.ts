import type { ContentsSpec } from '#domain/storage/plan.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { emptyOut } from './empty-out.ts';

/** What a bucket holds. Its owner makes it; only a removal has something to do. */
export const objects = defineStep({
  name: 'objects',
  expectedMs: minutes(1),
  // A million objects take minutes, and a bucket may hold more.
  removalExpectedMs: minutes(6 * 60),
  make: async (_: ContentsSpec): Promise<void> => undefined,
  undo: (spec: ContentsSpec) => emptyOut(spec),
});
