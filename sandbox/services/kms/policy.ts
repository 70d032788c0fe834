/**
 * Key policies, as KMS checks them when they are set.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */

import { evaluate, findResourcePolicyFaults } from '../../access/simulator.ts';
import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { IAM, ROOT_POLICY } from '../iam/contract.ts';

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocumentException', message);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const checkPrincipals = async (world: World, policy: { Statement?: unknown }): Promise<void> => {
  for (const statement of listOf(policy.Statement)) {
    const { Principal } = statement as { Principal?: unknown };
    const named =
      typeof Principal === 'object' && Principal !== null ? (Principal as { AWS?: unknown }).AWS : Principal;
    for (const principal of listOf(named)) {
      if (!(await world.service(IAM).principalExists(String(principal)))) {
        throw malformed('Policy contains a statement with one or more invalid principals.');
      }
    }
  }
};

/**
 * A policy that would lock its setter out is refused, unless the caller insists.
 * @throws MalformedPolicyDocumentException
 */
export const checkKeyPolicy = async (world: World, call: Call): Promise<void> => {
  const text = call.params.Policy;
  if (text === undefined) return;
  let policy: { Statement?: unknown };
  try {
    policy = JSON.parse(String(text));
  } catch {
    throw malformed('The policy is not valid JSON.');
  }
  if (typeof policy !== 'object' || policy === null || (await findResourcePolicyFaults(policy)).length > 0) {
    throw malformed('The policy is not syntactically correct.');
  }
  await checkPrincipals(world, policy);
  if (call.params.BypassPolicyLockoutSafetyCheck === true) return;
  const { allowed } = await evaluate({
    principal: call.caller.arn,
    action: 'kms:PutKeyPolicy',
    resource: `arn:aws:kms:${call.region}:${call.account}:key/00000000-0000-0000-0000-000000000000`,
    resourceAccount: call.account,
    context: { 'aws:PrincipalAccount': call.caller.account },
    identityPolicies: [ROOT_POLICY],
    resourcePolicy: policy,
  });
  if (!allowed) throw malformed('The new key policy will not allow you to update the key policy in the future.');
};
