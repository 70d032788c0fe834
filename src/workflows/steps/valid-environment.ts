import { codeOf } from '#domain/core/failures.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { look, mutate } from '../kernel/calls.ts';
import { currentStep } from '../kernel/step.ts';

/**
 * Waits until Batch has found an environment valid. A role or profile that was made a moment ago is not known everywhere:
 * while that may be why it is INVALID, Batch is asked to look again.
 * @throws ComputeEnvironmentInvalid where it is so for another reason, or still is when the window has passed.
 */
export const becomeValid = async (spec: ResourceSpec): Promise<void> => {
  const until = Date.now() + currentStep().timing.propagationMs;
  for (;;) {
    try {
      return await look.awaitComputeEnvironmentValid(spec);
    } catch (error) {
      if (codeOf(error) !== 'ComputeEnvironmentInvalid' || Date.now() >= until) throw error;
      await mutate.ensureComputeEnvironmentRevalidated(spec);
    }
  }
};
