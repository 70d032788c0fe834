/** What somebody takes away from a role by hand, or with it. */
import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import type { SandboxAccount } from './sandbox.ts';

export const detachPolicies = async (iam: IAMClient, RoleName: string): Promise<void> => {
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  for (const { PolicyArn } of AttachedPolicies) await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
};

/** IAM deletes none that has policies. */
export const deleteRole = async ({ client }: Pick<SandboxAccount, 'client'>, RoleName: string): Promise<void> => {
  const iam = new IAMClient(client);
  await detachPolicies(iam, RoleName);
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
};
