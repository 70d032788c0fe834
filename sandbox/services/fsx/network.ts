/**
 * Where a file system is to be: a subnet, and groups that let Lustre's traffic through in both directions.
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/cannot-create-fs.html
 */
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Call } from '../../core/call.ts';
import { listOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { EC2 } from '../ec2/contract.ts';
import { fsxError } from './state.ts';

const LNET_PORT = 988;
const GROUPS_MAX = 50;

export interface FsxNetwork {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly securityGroupIds: readonly string[];
}

const opens = (
  { IpProtocol, FromPort = 0, ToPort = 65_535, ...rest }: IpPermission,
  ids: readonly string[],
): boolean => {
  const isTheirs =
    (rest.UserIdGroupPairs ?? []).some(({ GroupId = '' }) => ids.includes(GroupId)) ||
    (rest.IpRanges ?? []).length + (rest.Ipv6Ranges ?? []).length + (rest.PrefixListIds ?? []).length > 0;
  if (!isTheirs) return false;
  return IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= LNET_PORT && LNET_PORT <= ToPort);
};

const letsLustreThrough = (groups: readonly SecurityGroup[]): boolean => {
  const ids = groups.map(({ GroupId }) => String(GroupId));
  return (['IpPermissions', 'IpPermissionsEgress'] as const).every((direction) =>
    groups.some((group) => (group[direction] ?? []).some((permission) => opens(permission, ids))),
  );
};

/** @throws AwsError InvalidNetworkSettings */
export const findNetwork = async (world: World, call: Call): Promise<FsxNetwork> => {
  const ec2 = world.service(EC2);
  const subnetId = String(listOf(call.params, 'SubnetIds')[0]);
  const [subnet] = await ec2.subnets(call, [subnetId]);
  if (!subnet) {
    throw fsxError('InvalidNetworkSettings', `The subnet ID '${subnetId}' does not exist`, {
      InvalidSubnetId: subnetId,
    });
  }
  const vpcId = String(subnet.VpcId);
  const wanted = listOf(call.params, 'SecurityGroupIds').map(String);
  if (wanted.length > GROUPS_MAX) {
    throw fsxError('InvalidNetworkSettings', `At most ${GROUPS_MAX} security groups can be given.`);
  }
  const groups = (await ec2.securityGroups(call, wanted, vpcId)).filter((group) => group.VpcId === vpcId);
  const missing = wanted.find((id) => !groups.some(({ GroupId }) => GroupId === id));
  if (missing) {
    const text = `The security group '${missing}' does not exist in ${vpcId}`;
    throw fsxError('InvalidNetworkSettings', text, { InvalidSecurityGroupId: missing });
  }
  if (!letsLustreThrough(groups)) {
    throw fsxError(
      'InvalidNetworkSettings',
      'The file system cannot be created because the default security group in the subnet provided or the provided ' +
        'security groups do not permit Lustre LNET network traffic on port 988',
    );
  }
  return { subnetId, vpcId, securityGroupIds: groups.map(({ GroupId }) => String(GroupId)) };
};
