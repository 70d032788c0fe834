/** Where a compute environment stands: the network that was given, or the default VPC's. */
import {
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  type RouteTable,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2';
import { isNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import type { ComputePreflightSpec, ComputeResolved } from '#domain/compute/specs.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import { type Ec2, filters } from '../ec2/client.ts';
import { findSecurityGroups } from '../ec2/security-group-parts.ts';
import { findVpcEndpoints } from '../ec2/vpc-endpoint.ts';
import { endpointName, reachFrom } from './ways.ts';

const VPC = '/config/forge/vpcId';
const SUBNETS = '/config/forge/subnets';
const GROUPS = '/config/forge/securityGroups';

export type ComputeNetwork = Pick<ComputeResolved, 'vpcId' | 'subnets' | 'securityGroupIds'>;

/** Undefined where nothing more can be said: which VPC it is is not known. */
export const findNetwork = async (
  ec2: Ec2,
  spec: ComputePreflightSpec,
  problems: Problem[],
): Promise<ComputeNetwork | undefined> => {
  const given = spec.subnetIds.length > 0 ? await findGiven(ec2, spec, problems) : undefined;
  const vpcId = await findVpc(ec2, spec, given, problems);
  if (vpcId === undefined) return undefined;
  const subnets = given ?? (await findUsable(ec2, spec, vpcId, problems));
  const securityGroupIds = await findGroups(ec2, spec, vpcId, problems);
  await checkWays(ec2, spec, { vpcId, subnets }, problems);
  await checkNames(ec2, spec, vpcId, problems);
  const placed = subnets.map(({ SubnetId: id = '', AvailabilityZone: zone = '' }) => ({ id, zone }));
  return { vpcId, subnets: placed, securityGroupIds };
};

/** By filter: an id that does not exist would be an error that hides the others. In the order that they were given in. */
const findGiven = async (ec2: Ec2, { subnetIds, account }: ComputePreflightSpec, problems: Problem[]) => {
  const found = await describeSubnets(ec2, { 'subnet-id': subnetIds });
  for (const id of subnetIds.filter((each) => !found.some(({ SubnetId }) => SubnetId === each))) {
    problems.push({ pointer: SUBNETS, detail: `there is no subnet ${id} in ${account.region}` });
  }
  return subnetIds.flatMap((id) => found.find(({ SubnetId }) => SubnetId === id) ?? []);
};

const describeSubnets = (ec2: Ec2, wanted: Readonly<Record<string, string | readonly string[]>>): Promise<Subnet[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeSubnetsCommand({ Filters: filters(wanted), NextToken }));
    return { items: answer.Subnets, next: answer.NextToken };
  });

const findVpc = async (
  ec2: Ec2,
  { vpcId, account }: ComputePreflightSpec,
  given: readonly Subnet[] | undefined,
  problems: Problem[],
): Promise<string | undefined> => {
  const [ofSubnets, ...others] = [...new Set(given?.map(({ VpcId = '' }) => VpcId))];
  if (others.length > 0) {
    const vpcs = [ofSubnets, ...others].join(', ');
    problems.push({ pointer: SUBNETS, detail: `the subnets are in several VPCs (${vpcs}): choose those of one` });
    return undefined;
  }
  if (vpcId !== null) {
    if (!(await describeVpc(ec2, { 'vpc-id': vpcId }))) {
      problems.push({ pointer: VPC, detail: `there is no VPC ${vpcId} in ${account.region}` });
      return undefined;
    }
    if (ofSubnets === undefined || ofSubnets === vpcId) return vpcId;
    problems.push({ pointer: SUBNETS, detail: `the subnets are in ${ofSubnets}, not in ${vpcId}` });
    return undefined;
  }
  // None of those that were given exists: nobody knows which VPC was meant.
  if (given) return ofSubnets;
  const byDefault = await describeVpc(ec2, { 'is-default': 'true' });
  if (byDefault?.VpcId) return byDefault.VpcId;
  const detail = `there is no default VPC in ${account.region}: give a VPC, subnets and security groups, or make it again (aws ec2 create-default-vpc)`;
  problems.push({ pointer: VPC, detail });
  return undefined;
};

const describeVpc = async (ec2: Ec2, wanted: Readonly<Record<string, string>>): Promise<Vpc | undefined> =>
  (await ec2.send(new DescribeVpcsCommand({ Filters: filters(wanted) }))).Vpcs?.[0];

/** All of the VPC that have a way to what instances need; where none has, all of them, so that it is told what they lack. */
const findUsable = async (
  ec2: Ec2,
  spec: ComputePreflightSpec,
  vpcId: string,
  problems: Problem[],
): Promise<readonly Subnet[]> => {
  const all = (await describeSubnets(ec2, { 'vpc-id': vpcId, state: 'available' })).toSorted((one, other) =>
    `${one.AvailabilityZone} ${one.SubnetId}` < `${other.AvailabilityZone} ${other.SubnetId}` ? -1 : 1,
  );
  if (all.length === 0)
    problems.push({ pointer: SUBNETS, detail: `VPC ${vpcId} has no subnet: make one, or give others` });
  const topology = await describeWays(ec2, spec, vpcId);
  const usable = all.filter((subnet) => reachFrom(subnet, topology).lacking.length === 0);
  return usable.length > 0 ? usable : all;
};

const findGroups = async (
  ec2: Ec2,
  { securityGroupIds }: ComputePreflightSpec,
  vpcId: string,
  problems: Problem[],
): Promise<readonly string[]> => {
  if (securityGroupIds.length === 0) {
    const [group] = await findSecurityGroups(ec2, filters({ 'vpc-id': vpcId, 'group-name': 'default' }));
    return group?.GroupId ? [group.GroupId] : [];
  }
  const found = await findSecurityGroups(ec2, filters({ 'group-id': securityGroupIds }));
  for (const id of securityGroupIds) {
    const group = found.find(({ GroupId }) => GroupId === id);
    if (!group) problems.push({ pointer: GROUPS, detail: `there is no security group ${id}` });
    else if (group.VpcId !== vpcId) {
      problems.push({ pointer: GROUPS, detail: `security group ${id} is in ${group.VpcId}, not in ${vpcId}` });
    }
  }
  return securityGroupIds;
};

const describeWays = async (ec2: Ec2, { account, services }: ComputePreflightSpec, vpcId: string) => {
  const [routeTables, endpoints] = await Promise.all([
    collect<RouteTable>(async (NextToken) => {
      const Filters = filters({ 'vpc-id': vpcId });
      const answer = await ec2.send(new DescribeRouteTablesCommand({ Filters, NextToken }));
      return { items: answer.RouteTables, next: answer.NextToken };
    }),
    findVpcEndpoints(ec2, filters({ 'vpc-id': vpcId })),
  ]);
  return { region: account.region, services, routeTables, endpoints };
};

const checkWays = async (
  ec2: Ec2,
  spec: ComputePreflightSpec,
  { vpcId, subnets }: { readonly vpcId: string; readonly subnets: readonly Subnet[] },
  problems: Problem[],
): Promise<void> => {
  const topology = await describeWays(ec2, spec, vpcId);
  const { region } = topology;
  for (const subnet of subnets) {
    const { lacking, uselessGateway } = reachFrom(subnet, topology);
    if (lacking.length === 0) continue;
    const names = lacking.map((service) => endpointName(service, region)).join(', ');
    const route = uselessGateway
      ? `its route to ${uselessGateway} serves instances with public addresses alone: let it assign them, route to a NAT gateway`
      : 'give it a default route to a NAT gateway';
    const detail = `instances in subnet ${subnet.SubnetId} would not reach AWS: ${route}, or make the endpoints ${names} in ${vpcId}`;
    problems.push({ pointer: SUBNETS, detail });
  }
};

/** File systems are mounted by their names in the DNS of the VPC. */
const checkNames = async (ec2: Ec2, spec: ComputePreflightSpec, VpcId: string, problems: Problem[]): Promise<void> => {
  const mounts = spec.efsCreate || spec.efsId !== null || spec.lustreCreate || spec.lustreName !== null;
  if (!mounts) return;
  const read = async (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') => {
    try {
      return await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute }));
    } catch (error) {
      if (isNotFound(error) || codeOf(error) === 'Invalid') return undefined;
      throw error;
    }
  };
  const [support, hostnames] = await Promise.all([read('enableDnsSupport'), read('enableDnsHostnames')]);
  const off = [
    ...(support?.EnableDnsSupport?.Value === false ? ['DNS support'] : []),
    ...(hostnames?.EnableDnsHostnames?.Value === false ? ['DNS hostnames'] : []),
  ];
  if (off.length === 0) return;
  const detail = `file systems are mounted by name, and VPC ${VpcId} has ${off.join(' and ')} off: turn it on`;
  problems.push({ pointer: VPC, detail });
};
