import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteLaunchTemplateCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  ModifyLaunchTemplateCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createNetwork, type Rig, refusal, rig, until } from './batch-rig.ts';

const gatewayOf = async ({ ec2 }: Rig, VpcId: string) => {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = String(InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  return InternetGatewayId;
};
const tableOf = async ({ ec2 }: Rig, VpcId: string, ClientToken?: string) => {
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId, ...(ClientToken && { ClientToken }) }));
  return String(RouteTable?.RouteTableId);
};

test.concurrent('the VPC quota counts the default VPC, binds gateways too, and holds under concurrency', async (t) => {
  const given = await rig(t);
  await given.account.quotas({ vpcs: 5 });
  const create = () => refusal(given.ec2.send(new CreateVpcCommand({ CidrBlock: '192.168.0.0/16' })));
  const vpcs = await Promise.all(Array.from({ length: 8 }, create));
  expect(vpcs.filter((answer) => answer === 'accepted')).toHaveLength(4);
  expect(vpcs.filter((answer) => /^VpcLimitExceeded: The maximum number of VPCs/.test(answer))).toHaveLength(4);
  const gateways: string[] = [];
  for (let index = 0; index < 7; index++) {
    gateways.push(await refusal(given.ec2.send(new CreateInternetGatewayCommand({}))));
  }
  // The default VPC has one.
  expect(gateways.filter((answer) => answer === 'accepted')).toHaveLength(4);
  expect(gateways.at(-1)).toMatch(/^InternetGatewayLimitExceeded/);
});

test.concurrent('describes learn of a new resource a moment later', async (t) => {
  const given = await rig(t);
  await given.account.scale(2);
  const { Vpc } = await given.ec2.send(new CreateVpcCommand({ CidrBlock: '192.168.0.0/16' }));
  const VpcId = String(Vpc?.VpcId);
  const byId = () => given.ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }));
  const byFilter = async () => {
    const Filters = [{ Name: 'cidr', Values: ['192.168.0.0/16'] }];
    return (await given.ec2.send(new DescribeVpcsCommand({ Filters }))).Vpcs ?? [];
  };
  expect(await refusal(byId())).toBe(`InvalidVpcID.NotFound: The vpc ID '${VpcId}' does not exist`);
  expect(await byFilter()).toEqual([]);
  // What changes something finds it.
  await gatewayOf(given, VpcId);
  await until(async () => expect((await byFilter()).map((each) => each.VpcId)).toEqual([VpcId]));
  await until(async () => expect((await byId()).Vpcs?.[0]?.State).toBe('available'));
});

test.concurrent('an identical route or association succeeds, another is refused', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId } = await createNetwork(given);
  const other = await createNetwork(given, '10.0.0.0/16');
  const [table, second] = [await tableOf(given, vpcId), await tableOf(given, vpcId)];
  const [gateway, foreign] = [await gatewayOf(given, vpcId), await gatewayOf(given, other.vpcId)];
  const route = (GatewayId: string) =>
    refusal(
      given.ec2.send(new CreateRouteCommand({ RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId })),
    );
  expect(await route(foreign)).toMatch(/^InvalidParameterValue.*different networks/);
  expect(await route(gateway)).toBe('accepted');
  expect(await route(gateway)).toBe('accepted');
  const associate = (RouteTableId: string, SubnetId: string) =>
    given.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  const first = await associate(table, subnetId);
  expect((await associate(table, subnetId)).AssociationId).toBe(first.AssociationId);
  expect(await refusal(associate(second, subnetId))).toMatch(/^Resource.AlreadyAssociated/);
  expect(await refusal(associate(table, other.subnetId))).toMatch(/different networks/);
  expect(await refusal(given.ec2.send(new DeleteRouteTableCommand({ RouteTableId: table })))).toMatch(
    /^DependencyViolation/,
  );
  // The association goes with its subnet.
  await given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  await given.ec2.send(new DeleteRouteTableCommand({ RouteTableId: table }));
});

test.concurrent('a route table with the same client token is the same route table', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const other = await createNetwork(given, '10.0.0.0/16');
  const tables = await Promise.all([1, 2, 3].map(() => tableOf(given, vpcId, 'token')));
  expect(new Set(tables).size).toBe(1);
  expect(await tableOf(given, vpcId, 'another')).not.toBe(tables[0]);
  expect(await refusal(tableOf(given, other.vpcId, 'token'))).toMatch(/^IdempotentParameterMismatch/);
});

test.concurrent('a VPC is taken apart in order, and leaves nothing', async (t) => {
  const given = await rig(t);
  const before = await given.account.inventory();
  const { vpcId, subnetId, groupId } = await createNetwork(given);
  const gateway = await gatewayOf(given, vpcId);
  const { GroupId } = await given.ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'squid', Description: 'd', VpcId: vpcId }),
  );
  const rule = { IpProtocol: 'tcp', FromPort: 0, ToPort: 65535, UserIdGroupPairs: [{ GroupId }] };
  const authorize = () =>
    given.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] }));
  await authorize();
  expect(await refusal(authorize())).toMatch(/^InvalidPermission.Duplicate/);
  const again = new CreateSecurityGroupCommand({ GroupName: 'squid', Description: 'd', VpcId: vpcId });
  expect(await refusal(given.ec2.send(again))).toMatch(/^InvalidGroup.Duplicate/);
  const overlapping = new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '192.168.0.0/24' });
  expect(await refusal(given.ec2.send(overlapping))).toMatch(/^InvalidSubnet.Conflict/);

  const removeVpc = () => refusal(given.ec2.send(new DeleteVpcCommand({ VpcId: vpcId })));
  expect(await refusal(given.ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toMatch(
    /^DependencyViolation: resource sg-\w+ has a dependent object/,
  );
  await given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  expect(await removeVpc()).toMatch(/^DependencyViolation: The vpc 'vpc-\w+' has dependencies/);
  const attached = new DeleteInternetGatewayCommand({ InternetGatewayId: gateway });
  expect(await refusal(given.ec2.send(attached))).toMatch(/^DependencyViolation/);
  await given.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpcId }));
  await given.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: gateway }));
  expect(await removeVpc()).toMatch(/^DependencyViolation/);
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  const { SecurityGroups = [] } = await given.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const own = SecurityGroups.find((each) => each.GroupName === 'default');
  expect(own?.IpPermissions?.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs)).toEqual(
    expect.arrayContaining([expect.objectContaining({ GroupId: groupId })]),
  );
  await given.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] }));
  await given.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  expect(await removeVpc()).toBe('accepted');
  expect(await given.account.inventory()).toEqual(before);
});

test.concurrent('the inventory shows our VPC with its main table and default group, and nothing of the default VPC', async (t) => {
  const given = await rig(t);
  await given.ec2.send(new DescribeVpcsCommand({}));
  expect(await given.account.inventory()).toEqual([]);
  const { vpcId, subnetId, groupId } = await createNetwork(given);
  const gateway = await gatewayOf(given, vpcId);
  const { RouteTables } = await given.ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }),
  );
  const { InternetGateways } = await given.ec2.send(new DescribeInternetGatewaysCommand({}));
  expect(InternetGateways).toHaveLength(2);
  const items = await given.account.inventory();
  expect(items.map(({ type, id }) => [type, id])).toEqual([
    ['AWS::EC2::InternetGateway', gateway],
    ['AWS::EC2::RouteTable', RouteTables?.[0]?.RouteTableId],
    ['AWS::EC2::SecurityGroup', groupId],
    ['AWS::EC2::Subnet', subnetId],
    ['AWS::EC2::VPC', vpcId],
  ]);
  expect(items[1]?.details).toMatchObject({ main: true, vpcId });
  expect(items[2]?.details).toMatchObject({ ingress: [{ protocol: '-1', groups: [groupId] }] });
});

test.concurrent('launch templates have versions, a default, one name and one token', async (t) => {
  const given = await rig(t);
  const LaunchTemplateName = 'gen3-nf-user';
  const data = (text: string) => ({ UserData: Buffer.from(text).toString('base64') });
  const create = (ClientToken: string, text = 'one') =>
    given.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName,
        ClientToken,
        LaunchTemplateData: data(text),
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'owner', Value: 'me' }] }],
      }),
    );
  const absent = new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] });
  expect(await refusal(given.ec2.send(absent))).toMatch(/^InvalidLaunchTemplateName.NotFoundException/);
  const { LaunchTemplate } = await create('a');
  expect((await create('a')).LaunchTemplate?.LaunchTemplateId).toBe(LaunchTemplate?.LaunchTemplateId);
  expect(await refusal(create('a', 'other'))).toMatch(/^IdempotentParameterMismatch/);
  expect(await refusal(create('b'))).toMatch(/^InvalidLaunchTemplateName.AlreadyExistsException/);

  const version = new CreateLaunchTemplateVersionCommand({
    LaunchTemplateName,
    ClientToken: 'v2',
    SourceVersion: '1',
    LaunchTemplateData: { InstanceType: 'm5.large' },
  });
  await given.ec2.send(version);
  const { LaunchTemplateVersion } = await given.ec2.send(version);
  expect(LaunchTemplateVersion?.VersionNumber).toBe(2);
  const read = async (which: string) => {
    const found = await given.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: [which] }),
    );
    return found.LaunchTemplateVersions?.[0];
  };
  expect((await read('$Latest'))?.LaunchTemplateData).toEqual({ ...data('one'), InstanceType: 'm5.large' });
  expect((await read('$Default'))?.VersionNumber).toBe(1);
  await given.ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName, DefaultVersion: '2' }));
  expect((await read('$Default'))?.VersionNumber).toBe(2);
  expect(await given.account.inventory()).toMatchObject([
    {
      type: 'AWS::EC2::LaunchTemplate',
      name: LaunchTemplateName,
      tags: { owner: 'me' },
      details: { defaultVersion: 2, versions: [{ data: data('one') }, { data: { InstanceType: 'm5.large' } }] },
    },
  ]);
  await given.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
  expect(await given.account.inventory()).toEqual([]);
});

test.concurrent('offerings of an instance type are known by zone, and whole families by pattern', async (t) => {
  const given = await rig(t);
  const offered = async (type: string) => {
    const { InstanceTypeOfferings = [] } = await given.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [type] }],
      }),
    );
    return InstanceTypeOfferings;
  };
  expect(new Set((await offered('t3.micro')).map(({ Location }) => Location)).size).toBeGreaterThan(2);
  expect(new Set((await offered('m5.*')).map(({ InstanceType }) => InstanceType)).size).toBeGreaterThan(5);
  expect(await offered('optimal')).toEqual([]);
});

test.concurrent('a new VPC is pending, and available at once where nothing takes time', async (t) => {
  const create = async ({ ec2 }: Rig) =>
    (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.State;
  const given = await rig(t);
  expect(await create(given)).toBe('available');
  await given.account.scale(0.1);
  expect(await create(given)).toBe('pending');
});

test.concurrent('a dry run changes nothing, whatever the operation', async (t) => {
  const { ec2 } = await rig(t);
  const refused = 'DryRunOperation: Request would have succeeded, but DryRun flag is set.';
  const create = { CidrBlock: '10.0.0.0/16' };
  expect(await refusal(ec2.send(new CreateVpcCommand({ ...create, DryRun: true })))).toBe(refused);
  const { Vpc } = await ec2.send(new CreateVpcCommand(create));
  expect(await refusal(ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId, DryRun: true })))).toBe(refused);
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  expect(Vpcs?.filter(({ IsDefault }) => !IsDefault).map(({ VpcId }) => VpcId)).toEqual([Vpc?.VpcId]);
});

test.concurrent("refusals that come from behind the layer are in AWS's words, each with a request id", async (t) => {
  const given = await rig(t);
  const { ec2 } = given;
  const { vpcId } = await createNetwork(given);
  const InternetGatewayId = await gatewayOf(given, vpcId);
  const none = { VpcId: 'vpc-0123456789abcdef0', InternetGatewayId: 'igw-0123456789abcdef0' };
  expect([
    await refusal(ec2.send(new DeleteVpcCommand({ VpcId: none.VpcId }))),
    await refusal(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: none.InternetGatewayId }))),
    await refusal(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }))),
    await refusal(ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: 'absent' }))),
  ]).toEqual([
    `InvalidVpcID.NotFound: The vpc ID '${none.VpcId}' does not exist`,
    `InvalidInternetGatewayID.NotFound: The internetGateway ID '${none.InternetGatewayId}' does not exist`,
    `DependencyViolation: The internetGateway '${InternetGatewayId}' has dependencies and cannot be deleted.`,
    'InvalidLaunchTemplateName.NotFoundException: At least one of the launch templates specified in the request does not exist.',
  ]);
  const metadata = await ec2.send(new DeleteVpcCommand({ VpcId: none.VpcId })).catch(({ $metadata }) => $metadata);
  expect(metadata).toMatchObject({ requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) });
});
