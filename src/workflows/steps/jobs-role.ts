import type { Foundation } from '#domain/core/foundation.ts';
import type { JobsRoleSpec } from '#domain/workspace/specs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import type { Reserved } from './reserve-slots.ts';

/** The role that the jobs run as. */
export const jobsRole = defineStep({
  name: 'jobs-role',
  expectedMs: minutes(1),
  async make(
    { policy, role }: JobsRoleSpec,
    { foundation: { kmsKeyArn } }: { readonly foundation: Foundation; readonly slots: Reserved },
  ): Promise<{ arn: string }> {
    const { arn: policyArn } = await mutate.ensurePolicy(policy, kmsKeyArn);
    const { arn } = await mutate.ensureRole(role, [policyArn]);
    return { arn };
  },
  remember: ({ policy }: JobsRoleSpec) => find.rememberPolicy(policy),
  async restore({ policy }: JobsRoleSpec, before) {
    await undo.restorePolicy(policy, before);
  },
  async undo({ policy, role }: JobsRoleSpec, removal) {
    await takeAway(
      [() => undo.deleteRole(role, removal('ensureRole'))],
      [() => undo.deletePolicy(policy, removal('ensurePolicy'))],
    );
  },
  remaining: ({ policy, role }: JobsRoleSpec) => [
    { type: 'AWS::IAM::Role', names: [role.name], look: (by) => find.findRemainingRole(role, by) },
    { type: 'AWS::IAM::ManagedPolicy', names: [policy.name], look: (by) => find.findRemainingPolicy(policy, by) },
  ],
});
