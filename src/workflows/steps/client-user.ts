import type { Foundation } from '#domain/core/foundation.ts';
import type { ClientUserSpec } from '#domain/workspace/specs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';

/** The IAM user whose key Nextflow works with. */
export const clientUser = defineStep({
  name: 'client-user',
  expectedMs: minutes(1),
  async make(
    { policy, user }: ClientUserSpec,
    { foundation: { kmsKeyArn } }: { readonly foundation: Foundation },
  ): Promise<{ readonly userName: string; readonly policyArn: string }> {
    const { arn } = await mutate.ensurePolicy(policy, kmsKeyArn);
    await mutate.ensureUser(user, [arn]);
    return { userName: user.name, policyArn: arn };
  },
  remember: ({ policy }: ClientUserSpec) => find.rememberPolicy(policy),
  async restore({ policy }: ClientUserSpec, before) {
    await undo.restorePolicy(policy, before);
  },
  async undo({ policy, user }: ClientUserSpec, removal) {
    await takeAway(
      [() => undo.deleteUser(user, removal('ensureUser'))],
      [() => undo.deletePolicy(policy, removal('ensurePolicy'))],
    );
  },
  remaining: ({ policy, user }: ClientUserSpec) => [
    { type: 'AWS::IAM::User', names: [user.name], look: (by) => find.findRemainingUser(user, by) },
    { type: 'AWS::IAM::ManagedPolicy', names: [policy.name], look: (by) => find.findRemainingPolicy(policy, by) },
  ],
});
