import type { SchedulingPolicySpec } from '#domain/resources/batch.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** How the queues share what they have. */
export const schedulingPolicy = defineStep({
  name: 'scheduling-policy',
  expectedMs: minutes(1),
  async make(spec: SchedulingPolicySpec): Promise<{ arn: string }> {
    const { arn } = await mutate.ensureSchedulingPolicy(spec);
    return { arn };
  },
  heldBy: ['job-queue-*'],
  async undo(spec: SchedulingPolicySpec, removal) {
    await undo.deleteSchedulingPolicy(spec, removal('ensureSchedulingPolicy'));
  },
  remaining: (spec: SchedulingPolicySpec) => [
    {
      type: 'AWS::Batch::SchedulingPolicy',
      names: [spec.name],
      look: (by) => find.findRemainingSchedulingPolicy(spec, by),
    },
  ],
});
