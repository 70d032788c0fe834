import { patched } from '@temporalio/workflow';
import { codeOf } from '#domain/core/failures.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { look, mutate } from '../kernel/calls.ts';
import { currentStep } from '../kernel/step.ts';

/**
 * Waits until Batch has found an environment valid. A role or profile that was made a moment ago is not known everywhere:
 * while that may be why it is INVALID, Batch is asked to look again. That it was seen late is no reason to believe it.
 * @throws ComputeEnvironmentInvalid where it is so for another reason, or still is when the window has passed.
 */
export const becomeValid = async (spec: ResourceSpec): Promise<void> => {
  const windowMs = currentStep().timing.propagationMs;
  let until = Date.now() + windowMs;
  for (let first = true; ; first = false) {
    try {
      return await look.awaitComputeEnvironmentValid(spec);
    } catch (error) {
      if (codeOf(error) !== 'ComputeEnvironmentInvalid') throw error;
      if (first && patched('an environment is asked about once it was seen INVALID')) until = Date.now() + windowMs;
      if (Date.now() >= until) throw error;
      await mutate.ensureComputeEnvironmentRevalidated(spec);
    }
  }
};
