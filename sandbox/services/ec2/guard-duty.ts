/**
 * What GuardDuty's Runtime Monitoring puts into a VPC that gets an instance: an interface endpoint in its subnets and a
 * security group for it, both tagged. GuardDuty does not take them away when the instance goes, and they keep subnets
 * and VPC from being deleted.
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring-agent-resource-clean-up.html
 */
import { CreateSecurityGroupCommand, CreateVpcEndpointCommand, EC2Client, type Tag } from '@aws-sdk/client-ec2';
import type { Call } from '../../core/call.ts';
import { filterBy, type Lookup } from './lookup.ts';
import type { Ec2Deps } from './state.ts';

const MANAGED: Tag[] = [{ Key: 'GuardDutyManaged', Value: 'true' }];

export const plantGuardDuty = async (
  { world }: Ec2Deps,
  lookup: Lookup,
  call: Call,
  subnetId: string | undefined,
): Promise<void> => {
  const [subnet] = subnetId ? await lookup.subnets(call, filterBy('subnet-id', subnetId)) : [];
  if (!subnet?.VpcId) return;
  const VpcId = subnet.VpcId;
  const GroupName = `GuardDutyManagedSecurityGroup-${VpcId}`;
  const groups = await lookup.groups(call, filterBy('vpc-id', VpcId));
  if (groups.some((group) => group.GroupName === GroupName)) return;
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName,
      VpcId,
      Description: 'Associated with VPC endpoint for GuardDuty',
      TagSpecifications: [{ ResourceType: 'security-group', Tags: MANAGED }],
    }),
  );
  const subnets = await lookup.subnets(call, filterBy('vpc-id', VpcId));
  await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      VpcEndpointType: 'Interface',
      ServiceName: `com.amazonaws.${call.region}.guardduty-data`,
      SubnetIds: subnets.map((each) => String(each.SubnetId)),
      SecurityGroupIds: [GroupId],
      TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: MANAGED }],
    }),
  );
};
