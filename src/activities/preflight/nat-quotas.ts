/**
 * Room for one more NAT gateway and its address: both have quotas that the default of 5 makes small. A workspace that
 * has its own already takes no more.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
 */
import { DescribeAddressesCommand } from '@aws-sdk/client-ec2';
import type { Aws } from '#aws/clients.ts';
import type { Problem } from '#domain/core/failures.ts';
import { isOwnedBy, tagsOf } from '#domain/core/ownership.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';
import { readQuota } from '../account/quota.ts';
import { filters } from '../ec2/client.ts';
import { findNatGateways } from '../ec2/nat-gateway.ts';
import { findSubnets } from '../ec2/subnet.ts';

const POINTER = '/settings/network/egress';
/** What AWS gives every account, of either. */
const INITIAL = 5;

const ADDRESSES = { ServiceCode: 'ec2', QuotaCode: 'L-0263D0A3', name: 'EC2-VPC Elastic IPs' };
const GATEWAYS = { ServiceCode: 'vpc', QuotaCode: 'L-FE5A380F', name: 'NAT gateways per Availability Zone' };

export const checkNatQuotas = async (aws: Aws, spec: PreflightSpec, zone: string): Promise<Problem[]> =>
  spec.egress === 'nat' ? [...(await checkAddresses(aws, spec)), ...(await checkGateways(aws, spec, zone))] : [];

const checkAddresses = async (aws: Aws, spec: PreflightSpec): Promise<Problem[]> => {
  const { Addresses = [] } = await aws.ec2(spec.account).send(new DescribeAddressesCommand({}));
  if (Addresses.some(({ Tags }) => isOwnedBy(tagsOf(Tags), spec.owner))) return [];
  const limit = await limitOf(aws, spec, ADDRESSES);
  return Addresses.length < limit
    ? []
    : [full(`${Addresses.length} of ${limit} Elastic IP addresses`, ADDRESSES, spec)];
};

/** Those that come and go count too. */
const checkGateways = async (aws: Aws, spec: PreflightSpec, zone: string): Promise<Problem[]> => {
  const ec2 = aws.ec2(spec.account);
  const there = await findNatGateways(ec2, filters({ state: ['pending', 'available', 'deleting'] }));
  if (there.some(({ Tags }) => isOwnedBy(tagsOf(Tags), spec.owner))) return [];
  const limit = await limitOf(aws, spec, GATEWAYS);
  if (there.length < limit) return [];
  const subnets = await findSubnets(ec2, filters({ 'availability-zone': zone }));
  const inZone = there.filter(({ SubnetId }) => subnets.some((subnet) => subnet.SubnetId === SubnetId));
  return inZone.length < limit ? [] : [full(`${inZone.length} of ${limit} NAT gateways in ${zone}`, GATEWAYS, spec)];
};

const limitOf = async (aws: Aws, { account }: PreflightSpec, quota: typeof ADDRESSES): Promise<number> =>
  (await readQuota(aws, account, { ServiceCode: quota.ServiceCode, QuotaCode: quota.QuotaCode })) ?? INITIAL;

const full = (counted: string, { name, QuotaCode }: typeof ADDRESSES, { account }: PreflightSpec): Problem => ({
  pointer: POINTER,
  detail: `in use in ${account.region}: ${counted}, so a workspace with a NAT gateway has no room. Ask for more of "${name}" (${QuotaCode}) in Service Quotas, or dispose of a workspace that is no longer needed (\`eyrie list\`)`,
});
