import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { defineStep, disposal, minutes } from '../kernel/step.ts';
import { natGateway } from './nat-gateway.ts';
import { serviceEndpoints } from './service-endpoints.ts';
import { squid } from './squid.ts';

export interface FormerEgressSpec {
  readonly plan: WorkspacePlan;
  /** Steps of earlier launches whose things are to go. */
  readonly ways: readonly string[];
}

/**
 * The ways out that the workspace no longer takes are gone. It can't be undone, so it comes when all else is made, and
 * before the workspace is published.
 */
export const formerEgress = defineStep({
  name: 'former-egress',
  expectedMs: minutes(5),
  async make({ plan, ways }: FormerEgressSpec, _needs: object): Promise<void> {
    if (ways.includes(squid.name)) await squid.undo?.(plan.squid, disposal);
    if (ways.includes(natGateway.name)) await natGateway.undo?.(plan['nat-gateway'], disposal);
    if (ways.includes(serviceEndpoints.name)) await serviceEndpoints.undo?.(plan['service-endpoints'], disposal);
  },
});
