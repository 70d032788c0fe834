import type { ArboristAccessSpec } from '#domain/resources/access.ts';
import { mutate } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/**
 * What the user may do, as Arborist holds it. Nothing takes it back: it covers the user's tasks, too, and a resource that
 * is not there can't be used.
 */
export const access = defineStep({
  name: 'access',
  expectedMs: minutes(1),
  async make(spec: ArboristAccessSpec): Promise<void> {
    await mutate.ensureArboristAccess(spec);
  },
});
