/** What the ways out have in common: they end with the jobs' default route. */

import type { Before } from '#domain/core/before.ts';
import { fail } from '#domain/core/failures.ts';
import type { RouteTableSpec, VpcSpec } from '#domain/resources/network.ts';
import type { Network } from '#domain/workspace/specs.ts';
import { find, undo } from '../kernel/calls.ts';

interface Led {
  readonly vpc: VpcSpec;
  readonly jobRouteTable: RouteTableSpec;
}

/** Where the route led before. Asked only where the way changes: else it led to what a relaunch converges. */
export const rememberRoute = ({ vpc, jobRouteTable }: Led): Promise<Before | null> =>
  find.rememberDefaultRoute(jobRouteTable, vpc);

export const restoreRoute = async ({ vpc, jobRouteTable }: Led, before: Before): Promise<void> => {
  await undo.restoreDefaultRoute(jobRouteTable, vpc, before);
};

/** For what has to stand in it. */
export const publicSubnetOf = ({ vpcId, firewallSubnetId }: Network): string => {
  if (firewallSubnetId !== null) return firewallSubnetId;
  throw fail('Invalid', `VPC ${vpcId} was made without a public subnet`);
};
