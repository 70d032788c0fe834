/**
 * What EC2 holds, in the inventory's words. Left out: terminated instances, and the default VPC with what AWS made in it.
 */
import {
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type IpPermission,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { InventoryItem } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { currentEndpoints } from './endpoint-states.ts';
import type { Found } from './found.ts';
import { instances, interfacesAndVolumes, templates } from './inventory-compute.ts';
import { natGatewaysOf } from './nat-gateway-states.ts';
import { currentRoute } from './routes.ts';
import { settleInstances } from './settle.ts';
import type { Ec2Deps, Overlay, Params } from './state.ts';

const tagsOf = (tags: Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [String(Key), Value ?? '']));

export const ec2Inventory = async (deps: Ec2Deps, overlay: Overlay): Promise<InventoryItem[]> => {
  const { world } = deps;
  const { account, region } = overlay;
  await settleInstances(deps, overlay);
  const ec2 = world.moto(EC2Client, account, region);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const byDefault = new Set(Vpcs.filter(({ IsDefault }) => IsDefault).map(({ VpcId }) => VpcId));
  const found: Found[] = [
    ...(await vpcs(
      ec2,
      Vpcs.flatMap(({ VpcId, IsDefault }) => (IsDefault ? [] : [String(VpcId)])),
    )),
    ...(await networks(ec2, overlay, byDefault)),
    ...(await groups(ec2, byDefault)),
    ...(await exits(deps, ec2, overlay)),
    ...(await endpoints(world, ec2, overlay)),
    ...(await instances(world, ec2, overlay)),
    ...(await interfacesAndVolumes(ec2, overlay)),
    ...(await templates(ec2)),
  ];
  return found.map(({ type, id, tags, name, state, details }) => {
    const all = tagsOf(tags);
    return {
      type: `AWS::EC2::${type}`,
      id: String(id),
      name: name ?? all.Name ?? null,
      region,
      state: state ?? null,
      tags: all,
      details,
    };
  });
};

const vpcs = async (ec2: EC2Client, ids: readonly string[]): Promise<Found[]> => {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const found: Found[] = [];
  for (const { VpcId, CidrBlock, State, Tags } of Vpcs.filter((each) => ids.includes(String(each.VpcId)))) {
    const hostnames = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }));
    const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' }));
    const details = {
      cidrBlock: CidrBlock,
      enableDnsHostnames: hostnames.EnableDnsHostnames?.Value ?? false,
      enableDnsSupport: support.EnableDnsSupport?.Value ?? false,
    };
    found.push({ type: 'VPC', id: VpcId, tags: Tags, state: State, details });
  }
  return found;
};

const networks = async (ec2: EC2Client, overlay: Overlay, byDefault: Set<string | undefined>): Promise<Found[]> => {
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}));
  return [
    ...InternetGateways.filter(({ Attachments = [] }) => !Attachments.some(({ VpcId }) => byDefault.has(VpcId))).map(
      ({ InternetGatewayId, Attachments = [], Tags }) => ({
        type: 'InternetGateway',
        id: InternetGatewayId,
        tags: Tags,
        details: { vpcId: Attachments[0]?.VpcId ?? null },
      }),
    ),
    ...Subnets.filter(({ VpcId, DefaultForAz }) => !(byDefault.has(VpcId) && DefaultForAz)).map(
      ({ SubnetId, VpcId, CidrBlock, AvailabilityZone, MapPublicIpOnLaunch, State, Tags }) => ({
        type: 'Subnet',
        id: SubnetId,
        tags: Tags,
        state: State,
        details: {
          vpcId: VpcId,
          cidrBlock: CidrBlock,
          availabilityZone: AvailabilityZone,
          mapPublicIpOnLaunch: MapPublicIpOnLaunch ?? false,
        },
      }),
    ),
    ...RouteTables.filter(
      ({ VpcId, Associations = [] }) => !(byDefault.has(VpcId) && Associations.some(({ Main }) => Main)),
    ).map(({ RouteTableId, VpcId, Routes = [], Associations = [], Tags }) => ({
      type: 'RouteTable',
      id: RouteTableId,
      tags: Tags,
      details: {
        vpcId: VpcId,
        main: Associations.some(({ Main }) => Main),
        routes: sorted(
          Routes.map((route) => currentRoute(route, overlay)).map(({ Origin: _, ...route }) => route as Params),
        ),
        subnets: Associations.flatMap(({ SubnetId }) => (SubnetId ? [SubnetId] : [])).toSorted(),
      },
    })),
  ];
};

const sorted = (items: readonly Params[]): Params[] =>
  items
    .map((item) => JSON.parse(JSON.stringify(item)) as Params)
    .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));

const rules = (permissions: IpPermission[] = []): Params[] =>
  sorted(
    permissions.map(({ IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] }) => ({
      protocol: IpProtocol,
      fromPort: FromPort ?? null,
      toPort: ToPort ?? null,
      cidrs: [
        ...IpRanges.map(({ CidrIp }) => String(CidrIp)),
        ...Ipv6Ranges.map(({ CidrIpv6 }) => String(CidrIpv6)),
      ].toSorted(),
      groups: UserIdGroupPairs.map(({ GroupId }) => String(GroupId)).toSorted(),
    })),
  );

const groups = async (ec2: EC2Client, byDefault: Set<string | undefined>): Promise<Found[]> => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  return SecurityGroups.filter(({ VpcId, GroupName }) => !(byDefault.has(VpcId) && GroupName === 'default')).map(
    ({ GroupId, GroupName, VpcId, Description, IpPermissions, IpPermissionsEgress, Tags }) => ({
      type: 'SecurityGroup',
      id: GroupId,
      name: GroupName,
      tags: Tags,
      details: {
        vpcId: VpcId,
        description: Description,
        ingress: rules(IpPermissions),
        egress: rules(IpPermissionsEgress),
      },
    }),
  );
};

const endpoints = async (world: World, ec2: EC2Client, overlay: Overlay): Promise<Found[]> => {
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
  return currentEndpoints(world, overlay, VpcEndpoints).map((endpoint) => ({
    type: 'VPCEndpoint',
    id: endpoint.VpcEndpointId,
    tags: endpoint.Tags,
    state: endpoint.State,
    details: {
      vpcId: endpoint.VpcId,
      serviceName: endpoint.ServiceName,
      vpcEndpointType: endpoint.VpcEndpointType,
      routeTableIds: (endpoint.RouteTableIds ?? []).toSorted(),
      subnetIds: (endpoint.SubnetIds ?? []).toSorted(),
      securityGroupIds: (endpoint.Groups ?? []).map(({ GroupId }) => String(GroupId)).toSorted(),
      privateDns: endpoint.PrivateDnsEnabled ?? false,
      policy: JSON.parse(endpoint.PolicyDocument ?? 'null') as unknown,
    },
  }));
};

/** Ways out of a VPC that are neither an internet gateway nor an endpoint. */
const exits = async (deps: Ec2Deps, ec2: EC2Client, overlay: Overlay): Promise<Found[]> => {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const gateways = (await natGatewaysOf(deps, overlay)).filter(({ State }) => State !== 'deleted');
  return [
    ...gateways.map(({ NatGatewayId, State, VpcId, SubnetId, NatGatewayAddresses = [], Tags }) => ({
      type: 'NatGateway',
      id: NatGatewayId,
      tags: Tags,
      state: State,
      details: {
        vpcId: VpcId,
        subnetId: SubnetId,
        allocationIds: NatGatewayAddresses.flatMap(({ AllocationId }) => AllocationId ?? []),
      },
    })),
    ...Addresses.map(({ AllocationId, InstanceId, NetworkInterfaceId, Tags }) => ({
      type: 'EIP',
      id: AllocationId,
      tags: Tags,
      details: { instanceId: InstanceId || null, networkInterfaceId: NetworkInterfaceId || null },
    })),
  ];
};
