import type { ClientUserSpec, Foundation } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';
import { takeAway } from '../take-away.ts';

/** The IAM user whose key Nextflow works with. */
export const clientUser = defineStep({
  name: 'client-user',
  expectedMs: minutes(1),
  async make(
    { policy, user }: ClientUserSpec,
    { kmsKeyArn }: Foundation,
    _role: { arn: string },
  ): Promise<{ readonly userName: string }> {
    const { arn } = await mutate.ensurePolicy(policy, kmsKeyArn);
    await mutate.ensureUser(user, [arn]);
    return { userName: user.name };
  },
  remember: ({ policy }: ClientUserSpec) => look.rememberPolicy(policy),
  async restore({ policy }: ClientUserSpec, before) {
    await undo.restorePolicy(policy, before);
  },
  async undo({ policy, user }: ClientUserSpec, removal) {
    await takeAway(
      [() => undo.deleteUser(user, removal('ensureUser'))],
      [() => undo.deletePolicy(policy, removal('ensurePolicy'))],
    );
  },
});
