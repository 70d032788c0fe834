/**
 * VPCs, internet gateways and subnets: quotas, and deletes that refuse while something hangs on them.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html
 */
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeInternetGatewaysCommand,
  DescribeVpcsCommand,
  DisassociateRouteTableCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { Answer, Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { isAlive, natGatewaysOf } from './nat-gateway-states.ts';
import { VPCS } from './quotas.ts';
import { settleInstances } from './settle.ts';
import {
  dependencyViolation,
  type Ec2Deps,
  hasDependencies,
  mutation,
  type Params,
  succeeded,
  textOf,
} from './state.ts';
import { appearing, pendingVpcs, visible } from './visibility.ts';

export const networkRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => ({
  CreateVpc: mutation(deps, appearing(deps, ['Vpc', 'VpcId'], createVpc(deps, lookup))),
  DescribeVpcs: visible(deps, 'DescribeVpcs', pendingVpcs(deps)),
  DeleteVpc: mutation(deps, deleteVpc(deps, lookup)),
  CreateInternetGateway: mutation(
    deps,
    appearing(deps, ['InternetGateway', 'InternetGatewayId'], createInternetGateway(deps)),
  ),
  DescribeInternetGateways: visible(deps, 'DescribeInternetGateways'),
  AttachInternetGateway: mutation(deps, attachInternetGateway(deps)),
  DetachInternetGateway: mutation(deps, detachInternetGateway(deps, lookup)),
  CreateSubnet: mutation(
    deps,
    appearing(deps, ['Subnet', 'SubnetId'], (_call, forward) => forward()),
  ),
  DescribeSubnets: visible(deps, 'DescribeSubnets'),
  DeleteSubnet: mutation(deps, deleteSubnet(deps, lookup)),
});

const createVpc =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const { Vpcs = [] } = await world.moto(EC2Client, call.account, call.region).send(new DescribeVpcsCommand({}));
    if (Vpcs.length >= world.limit(call.account, VPCS)) {
      throw new AwsError('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
    }
    const answer = await forward();
    if (succeeded(answer)) await openDefaultGroup(deps, lookup, call, answer);
    return answer;
  };

/** On AWS the members of a VPC's default group reach each other; moto's default group lets nothing in. */
const openDefaultGroup = async ({ world }: Ec2Deps, lookup: Lookup, call: Call, answer: Answer): Promise<void> => {
  const vpcId = textOf((world.decode(call, answer).Vpc ?? {}) as Params, 'VpcId');
  const [group] = await lookup.groups(call, filterBy('vpc-id', vpcId));
  if (!group?.GroupId || group.IpPermissions?.length) return;
  await world.moto(EC2Client, call.account, call.region).send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: group.GroupId,
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group.GroupId }] }],
    }),
  );
};

/** The quota of gateways is that of VPCs. */
const createInternetGateway =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}));
    if (InternetGateways.length >= world.limit(call.account, VPCS)) {
      throw new AwsError('InternetGatewayLimitExceeded', 'The maximum number of internet gateways has been reached.');
    }
    return forward();
  };

/** A VPC takes one gateway. moto forgets to look. */
const attachInternetGateway =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const vpcId = textOf(call.params, 'VpcId');
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const { InternetGateways = [] } = await ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: filterBy('attachment.vpc-id', vpcId) }),
    );
    if (InternetGateways.length > 0) {
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `resource ${textOf(call.params, 'InternetGatewayId')} is already attached to network ${vpcId}`,
      );
    }
    return forward();
  };

const detachInternetGateway =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const vpcId = textOf(call.params, 'VpcId');
    const interfaces = await lookup.interfaces(call, filterBy('vpc-id', vpcId));
    const gateways = (await natGatewaysOf(deps, call)).filter((each) => each.VpcId === vpcId && isAlive(each));
    if (gateways.length > 0 || interfaces.some(({ Association }) => Association?.PublicIp)) {
      throw dependencyViolation(
        `Network ${vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      );
    }
    return forward();
  };

const deleteVpc =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const vpcId = textOf(call.params, 'VpcId');
    const ec2 = deps.world.moto(EC2Client, call.account, call.region);
    const { InternetGateways = [] } = await ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: filterBy('attachment.vpc-id', vpcId) }),
    );
    const groups = (await lookup.groups(call, filterBy('vpc-id', vpcId))).filter(
      ({ GroupName }) => GroupName !== 'default',
    );
    const interfaces = await lookup.interfaces(call, filterBy('vpc-id', vpcId));
    const endpoints = await lookup.endpoints(call, filterBy('vpc-id', vpcId));
    if (InternetGateways.length + groups.length + interfaces.length + endpoints.length > 0)
      throw hasDependencies('vpc', vpcId);
    return forward();
  };

const deleteSubnet =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const subnetId = textOf(call.params, 'SubnetId');
    const interfaces = await lookup.interfaces(call, filterBy('subnet-id', subnetId));
    const workers = await lookup.workers(call);
    const endpoints = await lookup.endpoints(call, []);
    if (endpoints.some(({ SubnetIds = [] }) => SubnetIds.includes(subnetId))) throw hasDependencies('subnet', subnetId);
    if (interfaces.length > 0 || workers.some(({ subnets }) => subnets.includes(subnetId))) {
      throw hasDependencies('subnet', subnetId);
    }
    const tables = await lookup.routeTables(call, filterBy('association.subnet-id', subnetId));
    const answer = await forward();
    if (!succeeded(answer)) return answer;
    // An association goes with its subnet; moto keeps it, and then keeps the route table too.
    const ec2 = deps.world.moto(EC2Client, call.account, call.region);
    for (const { SubnetId, RouteTableAssociationId } of tables.flatMap(({ Associations = [] }) => Associations)) {
      if (SubnetId === subnetId) {
        await ec2.send(new DisassociateRouteTableCommand({ AssociationId: RouteTableAssociationId }));
      }
    }
    return answer;
  };
