/** What a launch would do: the same resolution as a launch's, and no start. */
import type { PlannedDocument, PlannedStep, QuotaView, StandingCost } from '#domain/core/plan-view.ts';
import type { Timing } from '#domain/core/timing.ts';
import { standingCost } from '#domain/workspace/cost.ts';
import { credentialFormOf } from '#domain/workspace/input.ts';
import { documentsOf, outlineLaunch } from '#domain/workspace/outline.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { AskQuota } from '#temporal/quota-verdict.ts';
import { quotaOf } from '../quota.ts';
import type { ResolvedLaunch } from './request.ts';

export interface LaunchPlan {
  readonly id: string;
  readonly user: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly profile: string | null;
  readonly steps: readonly PlannedStep[];
  readonly documents: readonly PlannedDocument[];
  readonly quota: QuotaView;
  readonly standingCost: StandingCost;
}

/** No run: nothing is made. */
const NO_RUN = 'plan';

export const createPlan =
  ({ askQuota, timing }: { readonly askQuota: AskQuota; readonly timing: Timing }) =>
  async ({ workspace }: ResolvedLaunch): Promise<LaunchPlan> => {
    const { workspaceId: id, user, environment, account, profile } = workspace;
    const plan = planWorkspace({ workspace, launchId: NO_RUN, timing });
    const form = credentialFormOf(workspace);
    return {
      ...{ id, user, environment, profile },
      account: account.accountId,
      region: account.region,
      steps: outlineLaunch(plan, form),
      documents: documentsOf(plan, form),
      quota: await quotaOf(askQuota, { account, environment, names: plan['reserve-slots'].names }),
      standingCost: standingCost(plan),
    };
  };
