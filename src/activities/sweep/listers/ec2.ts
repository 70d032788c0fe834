/** EC2: networks, instances, and what they use. */
import {
  type Address,
  DeleteInternetGatewayCommand,
  DeleteLaunchTemplateCommand,
  DeleteNatGatewayCommand,
  DeleteNetworkInterfaceCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVolumeCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  type Filter,
  type Instance,
  type InternetGateway,
  type LaunchTemplate,
  type NatGateway,
  type NetworkInterface,
  ReleaseAddressCommand,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type Tag,
  TerminateInstancesCommand,
  type Volume,
  type Vpc,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect, type Page } from '#aws/pages.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import type { SweptType } from '#domain/sweep/types.ts';
import { type Ec2, filters } from '../../ec2/client.ts';
import { isCalledAsOurs, isMarked, type Lister, listerOf, thingOf } from '../lister.ts';

interface Tagged {
  readonly Tags?: Tag[] | undefined;
}

interface Row<Raw> {
  readonly type: SweptType;
  /** The filter of its id, or how one is asked for where there is none. */
  readonly by: string | ((ec2: Ec2, id: string) => Promise<Raw | undefined>);
  readonly id: (raw: Raw) => string | undefined;
  readonly describe: (ec2: Ec2, Filters: Filter[]) => Promise<Raw[]>;
  /** Gone, though it is shown still. */
  readonly gone?: (raw: Raw) => boolean;
  /** It changes by itself. */
  readonly busy?: (raw: Raw) => boolean;
  /** What a name, a time of creation and the like are called. */
  readonly facts?: (raw: Raw) => Omit<Parameters<typeof thingOf>[1], 'id'>;
  readonly remove: (ec2: Ec2, raw: Raw) => Promise<unknown>;
}

const rowOf = <Raw extends Tagged>({ type, by, id, describe, gone, busy, facts, remove }: Row<Raw>): Lister =>
  listerOf<Raw>({
    all: async (place) => {
      const found = await describe(place.aws.ec2(place.account), []);
      return found.filter(({ Tags }) => isMarked(tagsOf(Tags)) || isCalledAsOurs(tagsOf(Tags).Name, place));
    },
    one: async (place, wanted) => {
      const ec2 = place.aws.ec2(place.account);
      return typeof by === 'string' ? (await describe(ec2, filters({ [by]: wanted })))[0] : await by(ec2, wanted);
    },
    sight: (raw, place) => {
      if (gone?.(raw)) return undefined;
      const tags = tagsOf(raw.Tags);
      return {
        thing: thingOf(type, { id: id(raw), name: tags.Name, tags, ...facts?.(raw) }),
        push: busy?.(raw) ? null : () => remove(place.aws.ec2(place.account), raw),
      };
    },
  });

const paged = <Item>(read: (NextToken: string | undefined) => Promise<Page<Item>>): Promise<Item[]> => collect(read);

export const vpc = rowOf<Vpc>({
  type: 'AWS::EC2::VPC',
  by: 'vpc-id',
  id: ({ VpcId }) => VpcId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeVpcsCommand({ Filters, NextToken }));
      return { items: page.Vpcs, next: page.NextToken };
    }),
  remove: (ec2, { VpcId }) => ec2.send(new DeleteVpcCommand({ VpcId })),
});

export const subnet = rowOf<Subnet>({
  type: 'AWS::EC2::Subnet',
  by: 'subnet-id',
  id: ({ SubnetId }) => SubnetId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeSubnetsCommand({ Filters, NextToken }));
      return { items: page.Subnets, next: page.NextToken };
    }),
  remove: (ec2, { SubnetId }) => ec2.send(new DeleteSubnetCommand({ SubnetId })),
});

export const routeTable = rowOf<RouteTable>({
  type: 'AWS::EC2::RouteTable',
  by: 'route-table-id',
  id: ({ RouteTableId }) => RouteTableId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeRouteTablesCommand({ Filters, NextToken }));
      return { items: page.RouteTables, next: page.NextToken };
    }),
  remove: (ec2, { RouteTableId }) => ec2.send(new DeleteRouteTableCommand({ RouteTableId })),
});

/** Detached first, then deleted. */
export const internetGateway = rowOf<InternetGateway>({
  type: 'AWS::EC2::InternetGateway',
  by: 'internet-gateway-id',
  id: ({ InternetGatewayId }) => InternetGatewayId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeInternetGatewaysCommand({ Filters, NextToken }));
      return { items: page.InternetGateways, next: page.NextToken };
    }),
  remove: (ec2, { InternetGatewayId, Attachments: [at] = [] }) =>
    at
      ? ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: at.VpcId }))
      : ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })),
});

export const natGateway = rowOf<NatGateway>({
  type: 'AWS::EC2::NatGateway',
  by: 'nat-gateway-id',
  id: ({ NatGatewayId }) => NatGatewayId,
  describe: (ec2, Filter) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeNatGatewaysCommand({ Filter, NextToken }));
      return { items: page.NatGateways, next: page.NextToken };
    }),
  gone: ({ State }) => State === 'deleted',
  busy: ({ State }) => State === 'deleting',
  facts: ({ CreateTime: createdAt }) => ({ createdAt }),
  remove: (ec2, { NatGatewayId }) => ec2.send(new DeleteNatGatewayCommand({ NatGatewayId })),
});

export const vpcEndpoint = rowOf<VpcEndpoint>({
  type: 'AWS::EC2::VPCEndpoint',
  by: async (ec2, id) => {
    const command = new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] });
    return (await ec2.send(command).catch(ignoreNotFound))?.VpcEndpoints?.[0];
  },
  id: ({ VpcEndpointId }) => VpcEndpointId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeVpcEndpointsCommand({ Filters, NextToken }));
      return { items: page.VpcEndpoints, next: page.NextToken };
    }),
  gone: ({ State }) => State?.toLowerCase() === 'deleted',
  busy: ({ State }) => State?.toLowerCase() === 'deleting',
  facts: ({ CreationTimestamp: createdAt }) => ({ createdAt }),
  remove: (ec2, { VpcEndpointId = '' }) => ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId] })),
});

/** What it is associated with goes before it. */
export const elasticIp = rowOf<Address>({
  type: 'AWS::EC2::EIP',
  by: 'allocation-id',
  id: ({ AllocationId }) => AllocationId,
  describe: async (ec2, Filters) => (await ec2.send(new DescribeAddressesCommand({ Filters }))).Addresses ?? [],
  remove: (ec2, { AllocationId }) => ec2.send(new ReleaseAddressCommand({ AllocationId })),
});

export const securityGroup = rowOf<SecurityGroup>({
  type: 'AWS::EC2::SecurityGroup',
  by: 'group-id',
  id: ({ GroupId }) => GroupId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeSecurityGroupsCommand({ Filters, NextToken }));
      return { items: page.SecurityGroups, next: page.NextToken };
    }),
  // A VPC's own goes with it.
  gone: ({ GroupName }) => GroupName === 'default',
  facts: ({ GroupName: name }) => ({ name }),
  remove: (ec2, { GroupId }) => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
});

export const instance = rowOf<Instance>({
  type: 'AWS::EC2::Instance',
  by: 'instance-id',
  id: ({ InstanceId }) => InstanceId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeInstancesCommand({ Filters, NextToken }));
      return { items: page.Reservations?.flatMap(({ Instances = [] }) => Instances), next: page.NextToken };
    }),
  gone: ({ State }) => State?.Name === 'terminated',
  busy: ({ State }) => State?.Name === 'shutting-down',
  facts: ({ LaunchTime: createdAt }) => ({ createdAt }),
  remove: (ec2, { InstanceId = '' }) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] })),
});

/** AWS refuses to delete one that is attached. */
export const volume = rowOf<Volume>({
  type: 'AWS::EC2::Volume',
  by: 'volume-id',
  id: ({ VolumeId }) => VolumeId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeVolumesCommand({ Filters, NextToken }));
      return { items: page.Volumes, next: page.NextToken };
    }),
  gone: ({ State }) => State === 'deleted',
  busy: ({ State }) => State === 'deleting',
  facts: ({ CreateTime: createdAt, State }) => ({ createdAt, loose: State === 'available' }),
  remove: (ec2, { VolumeId }) => ec2.send(new DeleteVolumeCommand({ VolumeId })),
});

export const networkInterface = rowOf<NetworkInterface & Tagged>({
  type: 'AWS::EC2::NetworkInterface',
  by: 'network-interface-id',
  id: ({ NetworkInterfaceId }) => NetworkInterfaceId,
  describe: async (ec2, Filters) => {
    const found = await paged(async (NextToken) => {
      const page = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters, NextToken }));
      return { items: page.NetworkInterfaces, next: page.NextToken };
    });
    return found.map((one) => ({ ...one, Tags: one.TagSet }));
  },
  facts: ({ Status, RequesterManaged }) => ({
    loose: Status === 'available' && RequesterManaged !== true,
    ...(RequesterManaged === true && { needed: 'AWS manages it, and takes it with what it is for' }),
  }),
  remove: (ec2, { NetworkInterfaceId }) => ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })),
});

/** Its id is no filter of EC2's. */
export const launchTemplate = rowOf<LaunchTemplate>({
  type: 'AWS::EC2::LaunchTemplate',
  by: async (ec2, id) => {
    const command = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] });
    return (await ec2.send(command).catch(ignoreNotFound))?.LaunchTemplates?.[0];
  },
  id: ({ LaunchTemplateId }) => LaunchTemplateId,
  describe: (ec2, Filters) =>
    paged(async (NextToken) => {
      const page = await ec2.send(new DescribeLaunchTemplatesCommand({ Filters, NextToken }));
      return { items: page.LaunchTemplates, next: page.NextToken };
    }),
  facts: ({ LaunchTemplateName: name, CreateTime: createdAt }) => ({ name, createdAt }),
  remove: (ec2, { LaunchTemplateId }) => ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })),
});
