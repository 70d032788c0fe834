import type { PreflightSpec, Resolved } from '#domain/workspace/specs.ts';
import { look } from '../activities.ts';
import { settleAll } from '../settle.ts';
import { defineStep, minutes } from '../step.ts';

/** Finds out what the plan can't know: zones and images. Refuses what AWS would refuse later. Makes nothing. */
export const preflight = defineStep({
  name: 'preflight',
  expectedMs: minutes(1),
  async make(spec: PreflightSpec): Promise<Resolved> {
    const [zones, images] = await settleAll([look.preflightNetwork(spec), look.preflightImages(spec)]);
    return { ...zones, ...images };
  },
});
