/** Taking a compute environment apart, also one that is stuck because what it works as is gone. */
import { isCancellation } from '@temporalio/workflow';
import { codeOf, fail } from '#domain/core/failures.ts';
import type { Removal } from '#domain/core/ownership.ts';
import type { EnvironmentRoles } from '#domain/resources/batch.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { currentStep } from '../kernel/step.ts';

type Environment = ResourceSpec & { readonly roles?: EnvironmentRoles };

/** A role that is gone is met by the first; what somebody takes away meanwhile, or is not known yet, by the second. */
const ROUNDS_MAX = 3;

/**
 * Disabled, deleted, and proved gone: only then may the roles go that Batch takes it apart with. A repair that is refused
 * keeps nothing from being tried: the account may not be entered just now, and the environment may need none.
 * @throws ComputeEnvironmentInvalid with Batch's reason, where it could not be deleted although nothing is missing; else
 *   why it could not be repaired.
 */
export const removeEnvironment = async (environment: Environment, removal: Removal): Promise<void> => {
  const { roles: _, ...spec } = environment;
  let reason: string | null = null;
  let refusal: unknown;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    refusal = await repairRoles(environment, removal).catch(passOn);
    await undo.disableComputeEnvironment(spec, removal);
    await undo.deleteComputeEnvironment(spec, removal);
    const ended = await undo.awaitComputeEnvironmentDeletionEnded(spec, removal);
    if (ended.gone) return;
    reason = ended.reason;
  }
  if (refusal !== undefined) throw refusal;
  const detail = `${spec.name} could not be deleted: ${reason ?? 'no reason given'}`;
  throw fail('ComputeEnvironmentInvalid', detail, { awsCode: 'INVALID' });
};

/** For later: but for a cancellation, which ends the removal at once. */
const passOn = (error: unknown): unknown => {
  if (isCancellation(error)) throw error;
  return error;
};

/**
 * What an environment works as is made again where it is missing, under the same names and with the same policies, and
 * Batch looks again. What is as it should be stays so, and so does what the removal would leave alone.
 */
const repairRoles = async ({ roles, ...spec }: Environment, removal: Removal): Promise<void> => {
  if (!roles || !(await find.observeEnvironmentRoles(spec, removal)).broken) return;
  const { service, instance } = roles;
  if (service) await mutate.ensureRole(service, []);
  if (instance) {
    await mutate.ensureRole(instance.role, []);
    await mutate.ensureOwnInstanceProfile(instance.profile);
    await look.awaitOwnInstanceProfileUsable(instance.profile);
  }
  await revalidate(spec);
};

/** Until Batch knows the roles, or it has been INVALID for longer than it takes to know them. */
const revalidate = async (spec: ResourceSpec): Promise<void> => {
  const until = Date.now() + currentStep().timing.propagationMs;
  for (;;) {
    try {
      await mutate.ensureComputeEnvironmentRevalidated(spec);
    } catch (error) {
      // For something else, by which it can still be deleted.
      if (codeOf(error) === 'ComputeEnvironmentInvalid') return;
      throw error;
    }
    const { status } = await look.awaitComputeEnvironmentSettled(spec);
    if (status !== 'INVALID' || Date.now() >= until) return;
  }
};
