/** What a create would do: the same resolution as a create's, and no start. */
import { computeStandingCost } from '#domain/compute/cost.ts';
import { type ComputePlannedStep, computeDocuments, outlineCompute } from '#domain/compute/outline.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { type Pool, poolsOf } from '#domain/compute/pools.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { PlannedDocument, QuotaView, StandingCost } from '#domain/core/plan-view.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { AskQuota } from '#temporal/quota-verdict.ts';
import { quotaOf } from '../quota.ts';
import { forgeIdOfCall, newForgeId } from './ids.ts';
import { type PhasePolicies, policiesOf } from './policies.ts';
import type { ComputeRequest, createResolveCompute } from './request.ts';

export interface ComputePlanView {
  readonly id: string;
  readonly forgeId: string;
  readonly name: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly pools: readonly Pool[];
  readonly steps: readonly ComputePlannedStep[];
  readonly documents: readonly PlannedDocument[];
  readonly quota: QuotaView;
  readonly standingCost: StandingCost;
  readonly policies: readonly PhasePolicies[];
  /** What somebody should know who thinks of Tower Forge. */
  readonly notes: readonly string[];
}

export interface PlanParts {
  readonly resolve: ReturnType<typeof createResolveCompute>;
  readonly askQuota: AskQuota;
  readonly environment: string;
}

/** With the `Idempotency-Key` of a create its names are that create's; without one, those of some other one. */
export type PlanCompute = (
  request: ComputeRequest,
  by: { readonly caller: string; readonly idempotencyKey: string | undefined },
) => Promise<ComputePlanView>;

/** No run: nothing is made. */
const NO_RUN = 'plan';

export const createPlanCompute =
  ({ resolve, askQuota, environment }: PlanParts): PlanCompute =>
  async (request, { caller, idempotencyKey }) => {
    const forgeId = idempotencyKey === undefined ? newForgeId() : forgeIdOfCall(environment, caller, idempotencyKey);
    const { compute } = await resolve(request, forgeId);
    const plan = planCompute(compute, NO_RUN);
    const { account, name } = compute;
    return {
      id: subjectId(computeSubject(compute)),
      ...{ forgeId, name, environment },
      account: account.accountId,
      region: account.region,
      pools: poolsOf(compute),
      steps: outlineCompute(compute, plan),
      documents: computeDocuments(plan),
      quota: await quotaOf(askQuota, { account, environment, names: plan['reserve-slots']?.names ?? {} }),
      standingCost: computeStandingCost(compute, plan),
      policies: policiesOf(compute, undefined),
      notes: request.notes,
    };
  };
