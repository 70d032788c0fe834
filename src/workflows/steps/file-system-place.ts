/** Where a file system stands that has one zone: in that of the first subnet. */
import type { ComputeResolved } from '#domain/compute/specs.ts';
import { fail } from '#domain/core/failures.ts';

/** What mounts a file system is a member of its security group. */
export interface Guarded {
  readonly securityGroupId: string;
}

/** Its users choose by the order of their subnets: traffic between zones costs money. */
export const placeOf = ({ vpcId, subnets: [first] }: ComputeResolved) => {
  if (!first) throw fail('Invalid', `VPC ${vpcId} has no subnet for a file system`);
  return { vpcId, subnetId: first.id, zone: first.zone };
};
