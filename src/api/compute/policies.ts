/** Rights that the options of a compute environment need, by what is done with it. */
import type { ComputeInput } from '#domain/compute/input.ts';
import { POLICY_PHASES, type PolicyPhase, policyFor } from '#domain/compute/phase-policies.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';

export interface PhasePolicies {
  readonly phase: PolicyPhase;
  /** More than one where IAM's limit of a managed policy is reached: all of them are needed. */
  readonly documents: readonly PolicyDocument[];
}

/** @param phase undefined: all */
export const policiesOf = (compute: ComputeInput, phase: PolicyPhase | undefined): readonly PhasePolicies[] =>
  POLICY_PHASES.filter((one) => phase === undefined || one === phase).map((one) => ({
    phase: one,
    documents: policyFor(one, compute),
  }));
