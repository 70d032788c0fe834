/** What a check before a launch looks at: the default network, key pairs, volumes, offers, and what templates keep. */
import {
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInternetGatewaysCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { refusal, rig } from './batch-rig.ts';
import { limitedCaller, rightsNeeded } from './caller.ts';

test.concurrent('a fresh account has a default network that leads to the internet, and nothing in its inventory', async (t) => {
  const { account, ec2 } = await rig(t);
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  expect(Vpcs).toMatchObject([{ IsDefault: true, CidrBlock: '172.31.0.0/16' }]);
  const VpcId = String(Vpcs[0]?.VpcId);
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  expect(Subnets.every(({ DefaultForAz, MapPublicIpOnLaunch }) => DefaultForAz && MapPublicIpOnLaunch)).toBe(true);
  expect(new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(6);
  const { InternetGateways } = await ec2.send(new DescribeInternetGatewaysCommand({}));
  expect(InternetGateways).toMatchObject([{ Attachments: [{ VpcId }] }]);
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  expect(RouteTables[0]?.Routes).toContainEqual(
    expect.objectContaining({ DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGateways?.[0]?.InternetGatewayId }),
  );
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  expect(SecurityGroups).toMatchObject([
    {
      GroupName: 'default',
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: SecurityGroups?.[0]?.GroupId }] }],
    },
  ]);
  for (const Attribute of ['enableDnsHostnames', 'enableDnsSupport'] as const) {
    const { EnableDnsHostnames, EnableDnsSupport } = await ec2.send(
      new DescribeVpcAttributeCommand({ VpcId, Attribute }),
    );
    expect((EnableDnsHostnames ?? EnableDnsSupport)?.Value).toBe(true);
  }
  expect(await account.inventory()).toEqual([]);
});

test.concurrent('key pairs and volumes are found by name and tag, and say what is missing', async (t) => {
  const { account, ec2 } = await rig(t);
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'mine' }));
  expect((await ec2.send(new DescribeKeyPairsCommand({ KeyNames: ['mine'] }))).KeyPairs).toMatchObject([
    { KeyName: 'mine' },
  ]);
  expect(await refusal(ec2.send(new DescribeKeyPairsCommand({ KeyNames: ['none'] })))).toBe(
    "InvalidKeyPair.NotFound: The key pair 'none' does not exist",
  );
  const Tags = [{ Key: 'forge', Value: 'x' }];
  const TagSpecifications = [{ ResourceType: 'volume' as const, Tags }];
  const { VolumeId } = await ec2.send(
    new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, TagSpecifications }),
  );
  const tagged = async () =>
    (await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'tag:forge', Values: ['x'] }] }))).Volumes;
  expect(await tagged()).toMatchObject([{ VolumeId, State: 'available' }]);
  expect(await account.inventory()).toMatchObject([
    { type: 'AWS::EC2::Volume', id: VolumeId, state: 'available', tags: { forge: 'x' }, details: { instanceId: null } },
  ]);
  await ec2.send(new DeleteVolumeCommand({ VolumeId }));
  expect(await tagged()).toEqual([]);
  expect(await refusal(ec2.send(new DeleteVolumeCommand({ VolumeId })))).toMatch(/^InvalidVolume.NotFound/);
});

test.concurrent('a volume with tags is a right of its own', async (t) => {
  const given = await rig(t);
  const caller = await limitedCaller(given);
  const TagSpecifications = [{ ResourceType: 'volume' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
  const input = { AvailabilityZone: 'us-east-1a', Size: 1, TagSpecifications };
  const create = () => new EC2Client(caller.client).send(new CreateVolumeCommand(input));
  expect(await rightsNeeded(caller, create)).toEqual(['ec2:CreateVolume', 'ec2:CreateTags']);
});

test.concurrent('instance types are offered by region and by zone', async (t) => {
  const { ec2 } = await rig(t);
  const offered = async (LocationType: 'region' | 'availability-zone', type: string, location: string) => {
    const Filters = [
      { Name: 'instance-type', Values: [type] },
      { Name: 'location', Values: [location] },
    ];
    const found = await ec2.send(new DescribeInstanceTypeOfferingsCommand({ LocationType, Filters }));
    return found.InstanceTypeOfferings?.map(({ InstanceType }) => InstanceType);
  };
  expect(await offered('region', 'm5.large', 'us-east-1')).toEqual(['m5.large']);
  expect(await offered('availability-zone', 'm5.large', 'us-east-1a')).toEqual(['m5.large']);
  expect(await offered('availability-zone', 'f2.6xlarge', 'us-east-1x')).toEqual([]);
});

test.concurrent('a launch template keeps all that it was given', async (t) => {
  const { ec2 } = await rig(t);
  const tags = (ResourceType: 'instance' | 'volume' | 'network-interface') => ({
    ResourceType,
    Tags: [{ Key: 'k', Value: 'v' }],
  });
  const LaunchTemplateData: RequestLaunchTemplateData = {
    ImageId: 'ami-0123456789abcdef0',
    KeyName: 'mine',
    UserData: Buffer.from('MIME-Version: 1.0\n').toString('base64'),
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeSize: 100,
          VolumeType: 'gp3',
          Throughput: 325,
          Iops: 3000,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    TagSpecifications: [tags('instance'), tags('volume'), tags('network-interface')],
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2, HttpEndpoint: 'enabled' },
    SecurityGroupIds: ['sg-0123456789abcdef0'],
  };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'nodes', LaunchTemplateData }));
  const { LaunchTemplateVersions } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: 'nodes', Versions: ['$Latest'] }),
  );
  expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData).toEqual(LaunchTemplateData);
});
