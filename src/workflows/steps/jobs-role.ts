import type { Foundation, JobsRoleSpec } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';
import { takeAway } from '../take-away.ts';
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
  remember: ({ policy }: JobsRoleSpec) => look.rememberPolicy(policy),
  async restore({ policy }: JobsRoleSpec, before) {
    await undo.restorePolicy(policy, before);
  },
  async undo({ policy, role }: JobsRoleSpec, removal) {
    await takeAway(
      [() => undo.deleteRole(role, removal('ensureRole'))],
      [() => undo.deletePolicy(policy, removal('ensurePolicy'))],
    );
  },
});
