/** Network and Squid instance of a Hatchery user. */
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ModifyVpcAttributeCommand,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { HatcheryUser } from './hatchery-deployment.ts';

export interface HatcheryNetwork {
  readonly vpcId: string;
  readonly gatewayId: string;
  readonly jobSubnetIds: readonly string[];
  readonly firewallSubnetId: string;
  readonly jobRouteTableId: string;
  readonly firewallRouteTableId: string;
  readonly defaultSecurityGroupId: string;
  readonly squidSecurityGroupId: string;
  readonly squidInstanceId: string;
  /** The one zone that all job subnets are in. */
  readonly zone: string;
}

const EVERYWHERE = '0.0.0.0/0';

export const must = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`no ${what} in the answer`);
  return value;
};

export const makeHatcheryNetwork = async (owner: HatcheryUser): Promise<HatcheryNetwork> => {
  const { clients, names, hostname } = owner;
  const { ec2 } = clients;
  const tagged = (type: ResourceType, name: string) => [
    {
      ResourceType: type,
      Tags: [
        { Key: 'Name', Value: name },
        { Key: 'Environment', Value: hostname },
      ],
    },
  ];

  const { Vpc } = await ec2.send(
    new CreateVpcCommand({ CidrBlock: '192.168.0.0/16', TagSpecifications: tagged('vpc', names.vpc) }),
  );
  const vpcId = must(Vpc?.VpcId, 'VPC');
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }));
  const { InternetGateway } = await ec2.send(
    new CreateInternetGatewayCommand({ TagSpecifications: tagged('internet-gateway', names.vpc) }),
  );
  const gatewayId = must(InternetGateway?.InternetGatewayId, 'gateway');
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpcId, InternetGatewayId: gatewayId }));

  const routeToGateway = (RouteTableId: string) =>
    ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: EVERYWHERE, GatewayId: gatewayId }));
  const { RouteTables } = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }),
  );
  await routeToGateway(must(RouteTables?.[0]?.RouteTableId, 'main route table'));

  const subnet = async (name: string, CidrBlock: string, zone: string) => {
    const made = await ec2.send(
      new CreateSubnetCommand({
        VpcId: vpcId,
        CidrBlock,
        AvailabilityZone: zone,
        TagSpecifications: tagged('subnet', name),
      }),
    );
    return must(made.Subnet?.SubnetId, 'subnet');
  };
  const zone = await firstZoneWith(owner, owner.instanceType);
  const jobSubnetIds: string[] = [];
  for (const [index, name] of names.jobSubnets.entries()) {
    jobSubnetIds.push(await subnet(name, `192.168.${index * 64}.0/18`, zone));
  }

  const routeTable = async (name: string) => {
    const made = await ec2.send(
      new CreateRouteTableCommand({ VpcId: vpcId, TagSpecifications: tagged('route-table', name) }),
    );
    return must(made.RouteTable?.RouteTableId, 'route table');
  };
  const jobRouteTableId = await routeTable(names.jobRouteTable);
  const firewallRouteTableId = await routeTable(names.firewallRouteTable);
  await routeToGateway(firewallRouteTableId);
  for (const SubnetId of jobSubnetIds) {
    await ec2.send(new AssociateRouteTableCommand({ RouteTableId: jobRouteTableId, SubnetId }));
  }
  const squidZone = await firstZoneWith(owner, 't2.micro');
  const firewallSubnetId = await subnet(names.firewallSubnet, '192.168.192.0/18', squidZone);
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId: firewallRouteTableId, SubnetId: firewallSubnetId }));

  const squid = await makeSquid(owner, vpcId, firewallSubnetId);
  await ec2.send(
    new CreateRouteCommand({
      RouteTableId: jobRouteTableId,
      DestinationCidrBlock: EVERYWHERE,
      InstanceId: squid.squidInstanceId,
    }),
  );
  const { SecurityGroups } = await ec2.send(
    new DescribeSecurityGroupsCommand({
      Filters: [
        { Name: 'vpc-id', Values: [vpcId] },
        { Name: 'group-name', Values: ['default'] },
      ],
    }),
  );
  const defaultSecurityGroupId = must(SecurityGroups?.[0]?.GroupId, 'default security group');
  return {
    vpcId,
    gatewayId,
    jobSubnetIds,
    firewallSubnetId,
    jobRouteTableId,
    firewallRouteTableId,
    defaultSecurityGroupId,
    ...squid,
    zone,
  };
};

const firstZoneWith = async ({ clients: { ec2 } }: HatcheryUser, instanceType: string): Promise<string> => {
  const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  for (const { ZoneName = '' } of AvailabilityZones.filter(({ State }) => State === 'available')) {
    const { InstanceTypeOfferings = [] } = await ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [
          { Name: 'location', Values: [ZoneName] },
          { Name: 'instance-type', Values: [instanceType] },
        ],
      }),
    );
    if (InstanceTypeOfferings.length > 0) return ZoneName;
  }
  throw new Error(`no suitable availability zone found for ${instanceType}`);
};

/** The group has no tags, the instance's volume and interface neither. */
const makeSquid = async (
  { clients: { ec2 }, names, hostname, imageId }: HatcheryUser,
  vpcId: string,
  subnetId: string,
) => {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: names.squidSecurityGroup,
      Description: 'Security group for nextflow Squid',
      VpcId: vpcId,
    }),
  );
  const squidSecurityGroupId = must(GroupId, 'security group');
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: squidSecurityGroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, IpRanges: [{ CidrIp: '192.168.0.0/16' }] }],
    }),
  );
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: imageId,
      InstanceType: 't2.micro',
      MinCount: 1,
      MaxCount: 1,
      UserData: Buffer.from('#!/bin/bash\necho squid\n').toString('base64'),
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: subnetId,
          Groups: [squidSecurityGroupId],
          AssociatePublicIpAddress: true,
          DeleteOnTermination: true,
        },
      ],
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            { Key: 'Name', Value: names.squidInstance },
            { Key: 'Environment', Value: hostname },
          ],
        },
      ],
    }),
  );
  const squidInstanceId = must(Instances?.[0]?.InstanceId, 'instance');
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [squidInstanceId] }));
  const interfaceId = Reservations?.[0]?.Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId;
  await ec2.send(
    new ModifyNetworkInterfaceAttributeCommand({
      NetworkInterfaceId: must(interfaceId, 'network interface'),
      SourceDestCheck: { Value: false },
    }),
  );
  return { squidSecurityGroupId, squidInstanceId };
};
