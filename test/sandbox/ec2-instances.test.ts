import { CreateComputeEnvironmentCommand, UpdateComputeEnvironmentCommand } from '@aws-sdk/client-batch';
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateLaunchTemplateCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeVolumesCommand,
  DetachInternetGatewayCommand,
  GetConsoleOutputCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../support/sandbox.ts';
import { anImage, createNetwork, createProfile, type Rig, refusal, rig, someResources, until } from './batch-rig.ts';

const launch = async (given: Rig, change: Partial<RunInstancesCommandInput> = {}) => {
  const network = await createNetwork(given);
  const input: RunInstancesCommandInput = {
    ImageId: await anImage(given),
    InstanceType: 't3.micro',
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: network.subnetId, AssociatePublicIpAddress: true }],
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'squid' }] }],
    ...change,
  };
  const { Instances } = await given.ec2.send(new RunInstancesCommand(input));
  return { ...network, input, instanceId: String(Instances?.[0]?.InstanceId) };
};

const describe = async ({ ec2 }: Rig, instanceId: string) => {
  const found = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  return found.Reservations?.[0]?.Instances?.[0];
};
const named = async ({ ec2 }: Rig, ...states: string[]) => {
  const Filters = [
    { Name: 'tag:Name', Values: ['squid'] },
    { Name: 'instance-state-name', Values: states },
  ];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
};
const untilState = (given: Rig, instanceId: string, name: string) =>
  until(async () => expect((await describe(given, instanceId))?.State?.Name).toBe(name));

test.concurrent('one client token starts one instance, also at the same time; with other parameters it is refused', async (t) => {
  const given = await rig(t);
  const { instanceId, input } = await launch(given, { ClientToken: 'token' });
  const again = await Promise.all(
    Array.from({ length: 4 }, () => given.ec2.send(new RunInstancesCommand({ ...input, ClientToken: 'token-2' }))),
  );
  expect(new Set(again.map(({ Instances }) => Instances?.[0]?.InstanceId)).size).toBe(1);
  const { Instances } = await given.ec2.send(new RunInstancesCommand(input));
  expect(Instances?.[0]?.InstanceId).toBe(instanceId);
  expect(await refusal(given.ec2.send(new RunInstancesCommand({ ...input, InstanceType: 't3.small' })))).toMatch(
    /^IdempotentParameterMismatch/,
  );
  expect(await named(given, 'running')).toHaveLength(2);
});

test.concurrent('what an instance starts from has to exist', async (t) => {
  const given = await rig(t);
  const { input, instanceId } = await launch(given);
  const other = await createNetwork(given, '10.0.0.0/16');
  await given.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'empty' }));
  const run = (change: Partial<RunInstancesCommandInput>) =>
    refusal(given.ec2.send(new RunInstancesCommand({ ...input, ...change })));
  const nic = (change: object) => ({ NetworkInterfaces: [{ ...input.NetworkInterfaces?.[0], ...change }] });
  expect(await run({ ImageId: 'ami-00000000' })).toMatch(/^InvalidAMIID.NotFound/);
  expect(await run({ IamInstanceProfile: { Name: 'absent' } })).toMatch(/^InvalidParameterValue.*\(absent\)/);
  expect(await run({ IamInstanceProfile: { Name: 'empty' } })).toMatch(/^InvalidParameterValue.*no associated/);
  expect(await run({ InstanceType: 'zz9.micro' as 't3.micro' })).toMatch(/^InvalidParameterValue.*zz9/);
  expect(await run(nic({ SubnetId: 'subnet-00000000' }))).toMatch(/^InvalidSubnetID.NotFound/);
  expect(await run(nic({ Groups: ['sg-00000000'] }))).toMatch(/^InvalidGroup.NotFound/);
  expect(await run(nic({ Groups: [other.groupId] }))).toMatch(/different networks/);
  expect(await named(given, 'running', 'pending')).toEqual([instanceId]);

  await given.account.scale(1);
  await createProfile(given, 'fresh');
  expect(await run({ IamInstanceProfile: { Name: 'fresh' } })).toMatch(/^InvalidParameterValue.*\(fresh\)/);
});

test.concurrent('an instance passes through pending and shutting-down, and holds subnet, group and gateway to the end', async (t) => {
  const given = await rig(t);
  await given.account.scale(1);
  const { instanceId, subnetId, vpcId } = await launch(given);
  const { InternetGateway } = await given.ec2.send(new CreateInternetGatewayCommand({}));
  const gateway = { InternetGatewayId: InternetGateway?.InternetGatewayId, VpcId: vpcId };
  await given.ec2.send(new AttachInternetGatewayCommand(gateway));
  await untilState(given, instanceId, 'pending');
  expect(await named(given, 'running')).toEqual([]);
  expect(await named(given, 'pending')).toEqual([instanceId]);
  await given.account.pass(HOUR_MS);
  await untilState(given, instanceId, 'running');

  const blocked = async () => {
    expect(await refusal(given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })))).toMatch(
      /^DependencyViolation: The subnet 'subnet-\w+' has dependencies and cannot be deleted/,
    );
    expect(await refusal(given.ec2.send(new DetachInternetGatewayCommand(gateway)))).toMatch(
      /^DependencyViolation: Network vpc-\w+ has some mapped public address/,
    );
  };
  await blocked();
  const { TerminatingInstances } = await given.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  expect(TerminatingInstances?.[0]).toMatchObject({
    CurrentState: { Name: 'shutting-down' },
    PreviousState: { Name: 'running' },
  });
  expect(await named(given, 'shutting-down')).toEqual([instanceId]);
  await blocked();
  await given.account.pass(2 * MINUTE_MS);
  await untilState(given, instanceId, 'terminated');
  await given.ec2.send(new DetachInternetGatewayCommand(gateway));
  await given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  expect((await given.ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toEqual([]);
  expect((await given.ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
  const types = (await given.account.inventory()).map(({ type }) => type);
  expect(types.filter((type) => /Instance$|Interface|Volume/.test(type))).toEqual([]);
});

test.concurrent('what a launch template says is taken over, and the interface of a default subnet goes with its instance', async (t) => {
  const given = await rig(t);
  const LaunchTemplateName = 'node';
  const LaunchTemplateData = {
    ImageId: await anImage(given),
    InstanceType: 't3.micro' as const,
    MetadataOptions: { HttpTokens: 'required' as const },
    UserData: Buffer.from('echo "from the template" > /dev/console').toString('base64'),
  };
  await given.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
  const run = new RunInstancesCommand({ MinCount: 1, MaxCount: 2, LaunchTemplate: { LaunchTemplateName } });
  const { Instances = [] } = await given.ec2.send(run);
  expect(Instances).toMatchObject([
    { InstanceType: 't3.micro', MetadataOptions: { HttpTokens: 'required' } },
    { InstanceType: 't3.micro', MetadataOptions: { HttpTokens: 'required' } },
  ]);
  const InstanceIds = Instances.map(({ InstanceId }) => String(InstanceId));
  const { Output = '' } = await given.ec2.send(new GetConsoleOutputCommand({ InstanceId: InstanceIds[0] }));
  expect(Buffer.from(Output, 'base64').toString()).toContain('from the template');
  await given.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  expect((await given.account.inventory()).map(({ type }) => type)).toEqual(['AWS::EC2::LaunchTemplate']);
});

test.concurrent('status checks initialize, and then the console shows what the user data said it would', async (t) => {
  const given = await rig(t);
  await given.account.scale(1);
  const script = [
    '#!/bin/bash',
    'trap \'echo "trapped" > /dev/console\' ERR',
    'yum install -y squid || echo "install failed" > /dev/console',
    'echo "proxy ready" | tee /dev/console',
    'logger -s "said by logger"',
    'echo "elsewhere" > /var/log/boot',
  ].join('\n');
  const { instanceId } = await launch(given, { UserData: Buffer.from(script).toString('base64') });
  const status = async () => {
    const found = await given.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId] }));
    return found.InstanceStatuses?.[0]?.InstanceStatus?.Status;
  };
  const console = async () => {
    const { Output = '' } = await given.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId }));
    return Buffer.from(Output, 'base64').toString();
  };
  await until(async () => expect(await status()).toBe('initializing'));
  expect(await console()).toBe('');
  await given.account.pass(HOUR_MS);
  expect(await status()).toBe('ok');
  const output = await console();
  expect(output).toContain('proxy ready');
  expect(output).toContain('said by logger');
  expect(output).toMatch(/Cloud-init v\. .* finished/);
  expect(output).not.toMatch(/trapped|install failed|elsewhere/);
});

test.concurrent('the latest console can be had of Nitro types only; of others the boot as it began', async (t) => {
  const given = await rig(t);
  const script = '#!/bin/bash\necho "proxy ready" > /dev/console\n';
  const output = async (InstanceType: 't3.micro' | 't2.micro', Latest: boolean) => {
    const { instanceId } = await launch(given, { UserData: Buffer.from(script).toString('base64'), InstanceType });
    const { Output = '' } = await given.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest }));
    return Buffer.from(Output, 'base64').toString();
  };
  expect(await output('t3.micro', true)).toContain('proxy ready');
  expect(await refusal(output('t2.micro', true))).toMatch(/^UnsupportedOperation: This instance type does not support/);
  expect(await output('t2.micro', false)).toMatch(/Linux version/);
  expect(await output('t2.micro', false)).not.toContain('proxy ready');
});

test.concurrent('source/dest check and metadata options change one by one', async (t) => {
  const given = await rig(t);
  const { instanceId } = await launch(given, { MetadataOptions: { HttpTokens: 'required' } });
  const NetworkInterfaceId = (await describe(given, instanceId))?.NetworkInterfaces?.[0]?.NetworkInterfaceId;
  await given.ec2.send(
    new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck: { Value: false } }),
  );
  await given.ec2.send(
    new ModifyInstanceMetadataOptionsCommand({ InstanceId: instanceId, HttpPutResponseHopLimit: 2 }),
  );
  const expected = { HttpTokens: 'required', HttpPutResponseHopLimit: 2 };
  expect(await describe(given, instanceId)).toMatchObject({ SourceDestCheck: false, MetadataOptions: expected });
  const items = await given.account.inventory();
  expect(items.find(({ id }) => id === instanceId)?.details).toMatchObject({
    sourceDestCheck: false,
    metadataOptions: expected,
  });
  expect(items.find(({ id }) => id === NetworkInterfaceId)?.details).toMatchObject({ sourceDestCheck: false });
});

test.concurrent('a route to an instance turns into a blackhole with it', async (t) => {
  const given = await rig(t);
  const { instanceId, vpcId } = await launch(given);
  const { RouteTable } = await given.ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }));
  const RouteTableId = RouteTable?.RouteTableId;
  await given.ec2.send(
    new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', InstanceId: instanceId }),
  );
  const route = async () => {
    const found = await given.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [String(RouteTableId)] }));
    return found.RouteTables?.[0]?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
  };
  expect(await route()).toMatchObject({ State: 'active', InstanceId: instanceId });
  await given.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  expect((await route())?.State).toBe('blackhole');
});

test.concurrent('workers of a compute environment hold its subnet and its group', async (t) => {
  const given = await rig(t);
  const resources = await someResources(given);
  await given.batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'ce',
      type: 'MANAGED',
      computeResources: { ...resources, minvCpus: 2 },
    }),
  );
  const SubnetId = resources.subnets?.[0];
  const blocked = await refusal(given.ec2.send(new DeleteSubnetCommand({ SubnetId })));
  expect(blocked).toMatch(/^DependencyViolation/);
  await given.batch.send(
    new UpdateComputeEnvironmentCommand({ computeEnvironment: 'ce', computeResources: { minvCpus: 0 } }),
  );
  await given.ec2.send(new DeleteSubnetCommand({ SubnetId }));
  expect(
    await refusal(given.ec2.send(new DeleteSecurityGroupCommand({ GroupId: resources.securityGroupIds?.[0] }))),
  ).toMatch(/^CannotDelete.*"default"/);
});

test.concurrent('seeded images are described beside the others, and start instances', async (t) => {
  const given = await rig(t);
  await given.account.seed('POST images', {
    images: [{ id: 'ami-0eeeeeeeeeeeeeeee', name: 'nextflow-fips', architecture: 'x86_64' }],
  });
  const own = await given.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  expect(own.Images).toMatchObject([{ ImageId: 'ami-0eeeeeeeeeeeeeeee', Name: 'nextflow-fips', State: 'available' }]);
  const image = await anImage(given);
  const both = await given.ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-0eeeeeeeeeeeeeeee', image] }));
  expect(both.Images?.map(({ ImageId }) => ImageId)).toEqual(['ami-0eeeeeeeeeeeeeeee', image]);
  const { instanceId } = await launch(given, { ImageId: 'ami-0eeeeeeeeeeeeeeee' });
  expect((await describe(given, instanceId))?.ImageId).toBe('ami-0eeeeeeeeeeeeeeee');
});
