/**
 * What EC2 holds, in the inventory's words. Left out: terminated instances, and the default VPC with what AWS made in it.
 */
import { createHash } from 'node:crypto';
import {
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type IpPermission,
  type Tag,
} from '@aws-sdk/client-ec2';
import { currentInstance } from './ec2-instance-views.ts';
import { withoutTemplateTags } from './ec2-launch-template.ts';
import { currentRoute } from './ec2-routes.ts';
import { settleInstances } from './ec2-settle.ts';
import type { Ec2Deps, Overlay, Params } from './ec2-state.ts';
import type { InventoryItem, World } from './rule.ts';

const tagsOf = (tags: Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [String(Key), Value ?? '']));

interface Found {
  readonly type: string;
  readonly id: string | undefined;
  readonly tags?: Tag[] | undefined;
  readonly name?: string | undefined;
  readonly state?: string | undefined;
  readonly details: Params;
}

export const ec2Inventory = async (deps: Ec2Deps, overlay: Overlay): Promise<InventoryItem[]> => {
  const { world } = deps;
  const { account, region } = overlay;
  await settleInstances(deps, overlay);
  const { ec2 } = world.moto(account, region);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const byDefault = new Set(Vpcs.filter(({ IsDefault }) => IsDefault).map(({ VpcId }) => VpcId));
  const found: Found[] = [
    ...(await vpcs(
      ec2,
      Vpcs.flatMap(({ VpcId, IsDefault }) => (IsDefault ? [] : [String(VpcId)])),
    )),
    ...(await networks(ec2, overlay, byDefault)),
    ...(await groups(ec2, byDefault)),
    ...(await instances(world, ec2, overlay)),
    ...(await interfacesAndVolumes(ec2)),
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

const instances = async (world: World, ec2: EC2Client, overlay: Overlay): Promise<Found[]> => {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  return Reservations.flatMap(({ Instances = [] }) => Instances)
    .map((instance) => currentInstance(world, overlay, instance))
    .filter(({ State }) => State?.Name !== 'terminated')
    .map((instance) => {
      const { State: _, ...metadataOptions } = instance.MetadataOptions ?? {};
      const userData = overlay.instances.get(String(instance.InstanceId))?.userData ?? '';
      return {
        type: 'Instance',
        id: instance.InstanceId,
        tags: instance.Tags,
        state: instance.State?.Name,
        details: {
          instanceType: instance.InstanceType,
          imageId: instance.ImageId,
          subnetId: instance.SubnetId ?? null,
          vpcId: instance.VpcId ?? null,
          securityGroupIds: (instance.SecurityGroups ?? []).map(({ GroupId }) => String(GroupId)).toSorted(),
          iamInstanceProfile: instance.IamInstanceProfile?.Arn ?? null,
          keyName: instance.KeyName ?? null,
          sourceDestCheck: instance.SourceDestCheck ?? true,
          publicAddress: Boolean(instance.PublicIpAddress),
          metadataOptions,
          userDataSha256: userData === '' ? null : createHash('sha256').update(userData, 'base64').digest('hex'),
        },
      };
    });
};

const interfacesAndVolumes = async (ec2: EC2Client): Promise<Found[]> => {
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  // moto knows on the instance, not on the volume, which volumes go with it.
  const mapped = Reservations.flatMap(({ Instances = [] }) => Instances)
    .flatMap(({ BlockDeviceMappings = [] }) => BlockDeviceMappings)
    .filter(({ Ebs }) => Ebs?.DeleteOnTermination)
    .map(({ Ebs }) => Ebs?.VolumeId);
  return [
    ...NetworkInterfaces.map(({ NetworkInterfaceId, Attachment, Groups = [], ...rest }) => ({
      type: 'NetworkInterface',
      id: NetworkInterfaceId,
      tags: rest.TagSet,
      state: rest.Status,
      details: {
        subnetId: rest.SubnetId,
        vpcId: rest.VpcId,
        instanceId: Attachment?.InstanceId ?? null,
        sourceDestCheck: rest.SourceDestCheck ?? true,
        securityGroupIds: Groups.map(({ GroupId }) => String(GroupId)).toSorted(),
        description: rest.Description ?? '',
      },
    })),
    ...Volumes.map(({ VolumeId, Attachments = [], ...rest }) => ({
      type: 'Volume',
      id: VolumeId,
      tags: rest.Tags,
      state: rest.State,
      details: {
        size: rest.Size,
        volumeType: rest.VolumeType,
        encrypted: rest.Encrypted ?? false,
        availabilityZone: rest.AvailabilityZone,
        instanceId: Attachments[0]?.InstanceId ?? null,
        deleteOnTermination: mapped.includes(VolumeId),
      },
    })),
  ];
};

const templates = async (ec2: EC2Client): Promise<Found[]> => {
  const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({ MaxResults: 200 }));
  const found: Found[] = [];
  for (const { LaunchTemplateId, LaunchTemplateName, DefaultVersionNumber, Tags } of LaunchTemplates) {
    const { LaunchTemplateVersions = [] } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, MaxResults: 200 }),
    );
    const versions = LaunchTemplateVersions.map(({ VersionNumber, VersionDescription, LaunchTemplateData }) => ({
      version: VersionNumber,
      description: VersionDescription ?? '',
      data: withoutTemplateTags((LaunchTemplateData ?? {}) as Params),
    }));
    found.push({
      type: 'LaunchTemplate',
      id: LaunchTemplateId,
      name: LaunchTemplateName,
      tags: Tags,
      details: { defaultVersion: DefaultVersionNumber, versions },
    });
  }
  return found;
};
