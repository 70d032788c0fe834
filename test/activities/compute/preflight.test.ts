import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateRouteCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  EC2Client,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
} from '@aws-sdk/client-ec2';
import { CreateFileSystemCommand, CreateMountTargetCommand, EFSClient } from '@aws-sdk/client-efs';
import { CreateFileSystemCommand as CreateLustreCommand, FSxClient } from '@aws-sdk/client-fsx';
import { IAMClient } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, type TestContext, test } from 'vitest';
import { preflightComputeActivities } from '#activities/compute/preflight.ts';
import type { ComputePreflightSpec, PoolPreflight } from '#domain/compute/specs.ts';
import { factsOf } from '#domain/core/failures.ts';
import { activityRig, attempt } from '../../control/rig.ts';
import { createRole } from '../../sandbox/batch-rig.ts';
import { baseOf } from './cases.ts';

const POOL: PoolPreflight = {
  name: 'main',
  type: 'EC2',
  instanceTypes: ['c5.large', 'm5'],
  architecture: 'x86_64',
  gpu: false,
  imageId: null,
  bootGib: 50,
  maxvCpus: 16,
};

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const { client } = rig.account;
  const ec2 = new EC2Client(client);
  const clients = { ec2, iam: new IAMClient(client), s3: new S3Client(client), kms: new KMSClient(client) };
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const vpcId = String(Vpc?.VpcId);
  for (const attribute of ['EnableDnsSupport', 'EnableDnsHostnames'] as const) {
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, [attribute]: { Value: true } }));
  }
  const subnet = async (cidr: string, AvailabilityZone: string, publicIps = true) => {
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: cidr, AvailabilityZone }));
    const SubnetId = String(Subnet?.SubnetId);
    if (publicIps) await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
    return SubnetId;
  };
  const subnets = [await subnet('10.0.0.0/20', 'us-east-1a'), await subnet('10.0.16.0/20', 'us-east-1b')];
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const GatewayId = String(InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpcId, InternetGatewayId: GatewayId }));
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  const RouteTableId = RouteTables[0]?.RouteTableId;
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId }));

  const { account, owner } = baseOf(rig);
  const spec = (more: Partial<ComputePreflightSpec> = {}): ComputePreflightSpec => ({
    account,
    owner,
    vpcId,
    subnetIds: subnets,
    securityGroupIds: [],
    buckets: [],
    pools: [POOL],
    tenancy: null,
    keyPair: null,
    efsId: null,
    efsCreate: false,
    lustreCreate: false,
    lustreName: null,
    roleArns: [],
    logGroup: null,
    kmsKeyIds: [],
    services: ['ecr.api', 'ecr.dkr', 'ecs', 'ecs-agent', 'ecs-telemetry', 'logs', 's3'],
    roles: 2,
    profiles: 1,
    ...more,
  });
  const { preflightCompute } = preflightComputeActivities(rig.deps);
  const preflight = (more: Partial<ComputePreflightSpec> = {}) => attempt(preflightCompute, [spec(more)]);
  const pool = (more: Partial<PoolPreflight>) => preflight({ pools: [{ ...POOL, ...more }] });
  /** Pointer and words of each problem. */
  const problems = async (work: Promise<unknown>): Promise<string[]> => {
    const error = await work.then(
      () => expect.fail('this was expected to be refused'),
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ type: 'Invalid', nonRetryable: true });
    return (factsOf(error).problems ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  };
  return { ...rig, ...clients, vpcId, subnet, subnets, preflight, pool, problems };
};

test('what is given is taken, with zones, the default group and the newest image; nothing is made', async (t) => {
  const { preflight, subnets, vpcId, account } = await rigOf(t);
  const before = await account.inventory();
  const resolved = await preflight();
  expect(resolved).toEqual({
    vpcId,
    subnets: [
      { id: subnets[0], zone: 'us-east-1a' },
      { id: subnets[1], zone: 'us-east-1b' },
    ],
    securityGroupIds: [expect.stringMatching(/^sg-/)],
    images: { main: { imageId: expect.stringMatching(/^ami-/), imageFamily: 'AL2023' } },
    lustreMountName: null,
  });
  expect(await account.inventory()).toEqual(before);
});

test('the first of the subnets stays the first: file systems stand there', async (t) => {
  const { preflight, subnets } = await rigOf(t);
  const turned = subnets.toReversed();
  expect((await preflight({ subnetIds: turned })).subnets.map(({ id }) => id)).toEqual(turned);
});

test('all that is wrong is said at once, each with its option and with what to do', async (t) => {
  const { preflight, problems, subnets } = await rigOf(t);
  const found = await problems(
    preflight({
      subnetIds: [...subnets, 'subnet-00000000000000000'],
      securityGroupIds: ['sg-00000000000000000'],
      buckets: ['no-such-bucket-of-anybody'],
      pools: [{ ...POOL, instanceTypes: ['x9.huge'], imageId: 'ami-00000000000000000' }],
      keyPair: 'nobodys',
      efsId: 'fs-00000000000000000',
      lustreName: 'fs-00000000000000000.fsx.us-east-1.amazonaws.com',
      roleArns: ['arn:aws:iam::999999999999:role/somebodys', 'role'],
      logGroup: '/no/such/group',
      kmsKeyIds: ['00000000-0000-0000-0000-000000000000'],
    }),
  );
  expect(found.map((text) => text.split(':')[0])).toEqual([
    '/config',
    '/config',
    '/config/forge/ec2KeyPair',
    '/config/forge/subnets',
    '/config/forge/securityGroups',
    '/config/forge/instanceTypes',
    '/config/forge/imageId',
    '/config',
    '/config/eyrie/kmsKeyId',
    '/config/logGroup',
    '/config/forge/efsId',
    '/config/forge/fsxName',
  ]);
});

test('no network is given: the default VPC is taken, and where there is none that is said', async (t) => {
  const { ec2, preflight, problems } = await rigOf(t);
  const given = { vpcId: null, subnetIds: [] };
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const VpcId = String(Vpcs[0]?.VpcId);
  const resolved = await preflight(given);
  expect(resolved.vpcId).toBe(VpcId);
  const { Subnets = [] } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }),
  );
  expect(resolved.subnets.map(({ id }) => id).toSorted()).toEqual(Subnets.map(({ SubnetId }) => SubnetId).toSorted());

  for (const { SubnetId } of Subnets) await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  expect(await problems(preflight(given))).toEqual([
    `/config/forge/subnets: VPC ${VpcId} has no subnet: make one, or give others`,
  ]);
});

test('without a default VPC a network has to be given', async (t) => {
  const { ec2, preflight, problems } = await rigOf(t);
  const Defaults = [{ Name: 'is-default', Values: ['true'] }];
  const [vpc] = (await ec2.send(new DescribeVpcsCommand({ Filters: Defaults }))).Vpcs ?? [];
  const Filters = [{ Name: 'vpc-id', Values: [String(vpc?.VpcId)] }];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  for (const { SubnetId } of Subnets) await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  const Attached = [{ Name: 'attachment.vpc-id', Values: [String(vpc?.VpcId)] }];
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({ Filters: Attached }));
  for (const { InternetGatewayId } of InternetGateways)
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc?.VpcId }));
  await ec2.send(new DeleteVpcCommand({ VpcId: vpc?.VpcId }));
  expect(await problems(preflight({ vpcId: null, subnetIds: [] }))).toEqual([
    expect.stringMatching(/^\/config\/forge\/vpcId: there is no default VPC in us-east-1: .*create-default-vpc/),
  ]);
});

test('of a VPC without subnets of its choice, those that lead somewhere are taken', async (t) => {
  const { preflight, problems, subnet, subnets } = await rigOf(t);
  const inside = await subnet('10.0.32.0/20', 'us-east-1c', false);
  const taken = (await preflight({ subnetIds: [] })).subnets.map(({ id }) => id);
  expect(taken).toEqual(subnets);
  // Control: asked for, it is refused.
  const [problem] = await problems(preflight({ subnetIds: [inside] }));
  expect(problem).toMatch(
    new RegExp(`^/config/forge/subnets: instances in subnet ${inside} would not reach AWS: its route to igw-`),
  );
  for (const service of ['ecr.api', 'ecr.dkr', 'ecs', 'ecs-agent', 'ecs-telemetry', 'logs', 's3']) {
    expect(problem).toContain(`com.amazonaws.us-east-1.${service}`);
  }
});

test('subnets of several VPCs, or of another than the given one, are refused', async (t) => {
  const { ec2, preflight, problems, subnets, vpcId } = await rigOf(t);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const VpcId = String(Vpc?.VpcId);
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.9.0.0/20' }));
  const other = String(Subnet?.SubnetId);
  expect((await problems(preflight({ subnetIds: [...subnets, other] })))[0]).toContain('in several VPCs');
  expect((await problems(preflight({ subnetIds: [other] })))[0]).toBe(
    `/config/forge/subnets: the subnets are in ${VpcId}, not in ${vpcId}`,
  );
  const group = new CreateSecurityGroupCommand({ GroupName: 'other', Description: 'other', VpcId });
  const id = String((await ec2.send(group)).GroupId);
  expect((await problems(preflight({ securityGroupIds: [id] })))[0]).toBe(
    `/config/forge/securityGroups: security group ${id} is in ${VpcId}, not in ${vpcId}`,
  );
});

test('what file systems need of the DNS is looked at only where there is one', async (t) => {
  const { ec2, preflight, problems, vpcId } = await rigOf(t);
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: false } }));
  await preflight();
  for (const mount of [{ efsCreate: true }, { lustreCreate: true }]) {
    expect((await problems(preflight(mount)))[0]).toMatch(/has DNS hostnames off: turn it on$/);
  }
});

test.for<[string, Partial<PoolPreflight>, RegExp]>([
  ['an architecture that the types lack', { architecture: 'arm64' }, /c5\.large is .*x86_64, and pool main is arm64/],
  ['a word for types of another architecture', { instanceTypes: ['optimal'], architecture: 'arm64' }, /optimal stands/],
  ['types without GPU', { gpu: true, instanceTypes: ['c5.large'] }, /c5\.large has no NVIDIA GPU/],
  ['a root volume smaller than its image', { bootGib: 8 }, /set ebsBootSize to as much, it is 8/],
  ['a type of nowhere', { instanceTypes: ['x9.huge'] }, /x9\.huge is not offered in us-east-1a, us-east-1b/],
])('a pool with %s is refused', async ([, more, words], t) => {
  const { pool, problems } = await rigOf(t);
  expect((await problems(pool(more))).some((text) => words.test(text))).toBe(true);
});

test('an image of another architecture, or that does not exist, is refused', async (t) => {
  const { account, pool, problems } = await rigOf(t);
  await account.seed('POST images', { images: [{ id: 'ami-0aaaaaaaaaaaaaaaa', name: 'arm', architecture: 'arm64' }] });
  expect(await problems(pool({ imageId: 'ami-0aaaaaaaaaaaaaaaa' }))).toEqual([
    '/config/forge/imageId: image ami-0aaaaaaaaaaaaaaaa of pool main is built for arm64, not x86_64: give one for x86_64',
  ]);
});

test('problems of other pools stand at their own options', async (t) => {
  const { preflight, problems } = await rigOf(t);
  const pools = ['work', 'himem', 'fpga', 'dragen'].map((name) => ({ ...POOL, name, instanceTypes: ['x9.huge'] }));
  expect((await problems(preflight({ pools }))).map((text) => text.split(':')[0])).toEqual([
    '/config/forge/instanceTypes',
    '/config/eyrie/pools/0/instanceTypes',
    '/config/eyrie/pools/1/instanceTypes',
    '/config/forge/dragenInstanceType',
  ]);
});

test('Fargate needs neither types nor an image', async (t) => {
  const { pool } = await rigOf(t);
  expect((await pool({ type: 'FARGATE', instanceTypes: [], bootGib: null })).images).toEqual({});
});

test('a role that jobs can take passes, another is refused', async (t) => {
  const { account, ec2, iam, preflight, problems } = await rigOf(t);
  const given = { account, ec2, iam } as Parameters<typeof createRole>[0];
  const good = await createRole(given, 'jobs', 'ecs-tasks.amazonaws.com');
  const bad = await createRole(given, 'instances', 'ec2.amazonaws.com');
  await preflight({ roleArns: [good] });
  expect(await problems(preflight({ roleArns: [good, bad, `${good}2`] }))).toEqual([
    `/config: role ${bad} can't be taken by jobs: let ecs-tasks.amazonaws.com assume it`,
    `/config: there is no role ${good}2: create it, or correct its ARN`,
  ]);
});

test('a bucket, a key pair, a key and a log group that are there pass; a key that is off does not', async (t) => {
  const { account, s3, ec2, kms, preflight, problems } = await rigOf(t);
  const Bucket = `work-${account.id}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'mine' }));
  const KeyId = String((await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId);
  const logs = new CloudWatchLogsClient(account.client);
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/mine/jobs' }));
  const given = { buckets: [Bucket], keyPair: 'mine', kmsKeyIds: [KeyId], logGroup: '/mine/jobs' };
  await preflight(given);
  await preflight({ logGroup: '/aws/batch/job' });
  expect((await problems(preflight({ logGroup: '/mine' })))[0]).toContain('there is no log group /mine');
  await kms.send(new DisableKeyCommand({ KeyId }));
  expect(await problems(preflight(given))).toEqual([
    `/config/eyrie/kmsKeyId: KMS key ${KeyId} is Disabled: enable it, or choose another`,
  ]);
});

test('a bucket of another region is refused', async (t) => {
  const { account, preflight, problems } = await rigOf(t);
  const Bucket = `far-${account.id}`;
  const s3 = new S3Client({ ...account.client, region: 'eu-west-1' });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' as const };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  expect((await problems(preflight({ buckets: [Bucket] })))[0]).toMatch(/^\/config: bucket far-.*choose one region$/);
});

test('an account without room for the roles is told so', async (t) => {
  const { preflight, problems } = await rigOf(t);
  const found = await problems(preflight({ roles: 100_000 }));
  expect(found).toEqual([expect.stringMatching(/^\/account: the account has \d+ of \d+ IAM roles, and 100000 more/)]);
});

test('credentials of another account are told before all else', async (t) => {
  const { ref, preflight, problems } = await rigOf(t);
  const [problem] = await problems(preflight({ account: { ...ref, accountId: '999999999999' } }));
  expect(problem).toBe(`/account: the credentials are those of account ${ref.accountId}, not 999999999999`);
});

test('file systems that are there are found with what mounts them, and only where they can be reached', async (t) => {
  const rig = await rigOf(t);
  const { ec2, vpcId, subnets, preflight, problems } = rig;
  const efs = new EFSClient(rig.account.client);
  const { FileSystemId: efsId = '' } = await efs.send(new CreateFileSystemCommand({ CreationToken: 'mine' }));
  expect((await problems(preflight({ efsId })))[0]).toMatch(/^\/config\/forge\/efsId: .* no mount target in vpc-/);
  await efs.send(new CreateMountTargetCommand({ FileSystemId: efsId, SubnetId: subnets[0] }));
  await preflight({ efsId });

  const group = new CreateSecurityGroupCommand({ GroupName: 'lustre', Description: 'lustre', VpcId: vpcId });
  const { GroupId = '' } = await ec2.send(group);
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 988, ToPort: 1_023, UserIdGroupPairs: [{ GroupId }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const { FileSystem } = await new FSxClient(rig.account.client).send(
    new CreateLustreCommand({
      FileSystemType: 'LUSTRE',
      StorageCapacity: 1_200,
      SubnetIds: subnets.slice(0, 1),
      SecurityGroupIds: [GroupId],
      LustreConfiguration: { DeploymentType: 'SCRATCH_2' },
    }),
  );
  const found = await preflight({ lustreName: FileSystem?.DNSName ?? '' });
  expect(found.lustreMountName).toBe(FileSystem?.LustreConfiguration?.MountName);
  const elsewhere = { vpcId: null, subnetIds: [], lustreName: FileSystem?.DNSName ?? '', efsId };
  expect(await problems(preflight(elsewhere))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^\/config\/forge\/efsId: .* has no mount target in/),
      expect.stringMatching(new RegExp(`^/config/forge/fsxName: .* is in ${vpcId}, not in`)),
    ]),
  );
});
