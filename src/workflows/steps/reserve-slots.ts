import type { SlotsSpec } from '#domain/core/slots.ts';
import { mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Proof for the steps that fill a place that there is one. */
export interface Reserved {
  readonly reserved: true;
}

/** A place in the account's quotas for each name of the plan, or QuotaExceeded right here. */
export const reserveSlots = defineStep({
  name: 'reserve-slots',
  expectedMs: minutes(1),
  async make(spec: SlotsSpec): Promise<Reserved> {
    await mutate.reserveSlots(spec);
    return { reserved: true };
  },
  async undo(spec: SlotsSpec, removal) {
    await undo.releaseSlots(spec, removal('reserveSlots'));
  },
  heldBy: ['job-queue', 'job-queue-*', 'compute-environment', 'compute-environment-*', 'network'],
});
