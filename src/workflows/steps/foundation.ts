import type { Foundation, FoundationSpec, Resolved } from '#domain/workspace/specs.ts';
import { look } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';

/**
 * Joins the account's foundation workflow (bucket, key, instance profile), which belongs to all workspaces: there is
 * nothing to undo, and a cancelled launch leaves it running.
 */
export const foundation = defineStep({
  name: 'foundation',
  expectedMs: minutes(3),
  make: (spec: FoundationSpec, _ready: Resolved): Promise<Foundation> => look.joinFoundation(spec),
});
