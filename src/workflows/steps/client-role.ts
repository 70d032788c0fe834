import type { WorkspaceToken } from '#activities/workspace-token.ts';
import type { ClientRoleSpec } from '#domain/workspace/specs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** The role whose sessions Nextflow works with, and the token by which they are given out. */
export const clientRole = defineStep({
  name: 'client-role',
  expectedMs: minutes(1),
  async make(
    { role, owner }: ClientRoleSpec,
    { user }: { readonly user: { readonly policyArn: string } },
  ): Promise<WorkspaceToken> {
    await mutate.ensureRole(role, [user.policyArn]);
    return await mutate.ensureWorkspaceToken(owner);
  },
  async undo({ role, owner }: ClientRoleSpec, removal) {
    await undo.deleteWorkspaceTokens(owner, removal());
    await undo.deleteRole(role, removal('ensureRole'));
  },
  remaining: ({ role }: ClientRoleSpec) => [
    { type: 'AWS::IAM::Role', names: [role.name], look: (by) => find.findRemainingRole(role, by) },
  ],
  park: {
    expectedMs: minutes(1),
    type: 'AWS::IAM::Role',
    takes: () => ['AWS::IAM::Role'],
    // Sessions that were given out end with the role: one of the same name is another role to AWS.
    async run({ role, owner }, removal) {
      await undo.deleteWorkspaceTokens(owner, removal());
      await undo.deleteRole(role, removal());
    },
  },
});
