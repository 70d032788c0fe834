import type { Foundation, JobsRoleSpec } from '#domain/workspace/specs.ts';
import { mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';
import type { Reserved } from './reserve-slots.ts';

/** The role that the jobs run as. */
export const jobsRole = defineStep({
  name: 'jobs-role',
  expectedMs: minutes(1),
  async make({ policy, role }: JobsRoleSpec, { kmsKeyArn }: Foundation, _slots: Reserved): Promise<{ arn: string }> {
    const { arn: policyArn } = await mutate.ensurePolicy(policy, kmsKeyArn);
    const { arn } = await mutate.ensureRole(role, [policyArn]);
    return { arn };
  },
  async undo({ policy, role }: JobsRoleSpec, removal) {
    await undo.deleteRole(role, removal('ensureRole'));
    await undo.deletePolicy(policy, removal('ensurePolicy'));
  },
});
