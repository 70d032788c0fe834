import type { Foundation, FoundationSpec } from '#domain/core/foundation.ts';
import { look } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/**
 * Joins the account's foundation workflow (bucket, key, instance profile), which belongs to all workspaces: there is
 * nothing to undo, and a cancelled launch leaves it running.
 */
export const foundation = defineStep({
  name: 'foundation',
  expectedMs: minutes(3),
  make: (spec: FoundationSpec): Promise<Foundation> => look.joinFoundation(spec),
});
