import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DeregisterJobDefinitionCommand,
  DescribeJobQueuesCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcsCommand,
  DisassociateRouteTableCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  IAMClient,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { expect, test } from 'vitest';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

interface Statement {
  readonly Effect?: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: object;
}

const policy = (...statements: Statement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })),
  });

/** An account with a user `ann`; `allow` replaces what she may do. */
const start = async () => {
  const account = await sandboxAccount();
  const iam = new IAMClient(account.client);
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  const allow = (...statements: Statement[]) =>
    iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: policy(...statements) }));
  return { account, iam, ann: { ...account.client, credentials }, allow };
};

const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

const arn = (service: string, { id, region }: SandboxAccount, rest: string): string =>
  `arn:aws:${service}:${region}:${id}:${rest}`;

test('without a policy nothing is allowed, and each service says so in its own way', async () => {
  const { account, ann } = await start();
  const user = `arn:aws:iam::${account.id}:user/ann`;
  const denial = (action: string, resource: string) =>
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  await expect(new IAMClient(ann).send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: denial('iam:GetRole', `arn:aws:iam::${account.id}:role/r`),
    $metadata: { httpStatusCode: 403 },
  });
  await expect(new EC2Client(ann).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: `You are not authorized to perform this operation. ${denial('ec2:DescribeVpcs', '*')}`,
    $metadata: { httpStatusCode: 403 },
  });
  await expect(new BatchClient(ann).send(new DescribeJobQueuesCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: denial('batch:DescribeJobQueues', '*'),
    $metadata: { httpStatusCode: 403 },
  });
  await expect(new KMSClient(ann).send(new CreateKeyCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: denial('kms:CreateKey', '*'),
    $metadata: { httpStatusCode: 400 },
  });
  const quota = new GetServiceQuotaCommand({ ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' });
  await expect(new ServiceQuotasClient(ann).send(quota)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(new S3Client(ann).send(new HeadBucketCommand({ Bucket: 'some-bucket' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
});

test('what one policy allows on one thing is allowed on that thing alone', async () => {
  const { account, iam, ann, allow } = await start();
  for (const RoleName of ['mine', 'other']) {
    await iam.send(
      new CreateRoleCommand({ RoleName, Path: '/p/', AssumeRolePolicyDocument: trust('ec2.amazonaws.com') }),
    );
  }
  await allow({ Action: 'iam:GetRole', Resource: `arn:aws:iam::${account.id}:role/p/mine` });
  const asAnn = new IAMClient(ann);
  expect((await asAnn.send(new GetRoleCommand({ RoleName: 'mine' }))).Role?.RoleName).toBe('mine');
  await expect(asAnn.send(new GetRoleCommand({ RoleName: 'other' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  const tag = new TagRoleCommand({ RoleName: 'mine', Tags: [{ Key: 'a', Value: 'b' }] });
  await expect(asAnn.send(tag)).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('rights come from managed policies, from groups and from new default versions, and go with them', async () => {
  const { iam, ann } = await start();
  const asAnn = new EC2Client(ann);
  const may = () =>
    asAnn.send(new DescribeVpcsCommand({})).then(
      () => true,
      () => false,
    );
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'look', PolicyDocument: policy({ Action: 'ec2:DescribeSubnets' }) }),
  );
  const PolicyArn = Policy?.Arn;
  await iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn }));
  expect(await may()).toBe(false);
  const PolicyDocument = policy({ Action: 'ec2:Describe*' });
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
  expect(await may()).toBe(true);
  const nothing = policy({ Action: 'ec2:DescribeSubnets' });
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: nothing, SetAsDefault: true }));
  expect(await may()).toBe(false);
  await iam.send(new CreateGroupCommand({ GroupName: 'staff' }));
  await iam.send(new PutGroupPolicyCommand({ GroupName: 'staff', PolicyName: 'p', PolicyDocument }));
  await iam.send(new AddUserToGroupCommand({ GroupName: 'staff', UserName: 'ann' }));
  expect(await may()).toBe(true);
});

test('an explicit deny beats every allow', async () => {
  const { iam, ann, allow } = await start();
  await allow({ Action: '*' }, { Effect: 'Deny', Action: 'ec2:DescribeVpcs' });
  await expect(new EC2Client(ann).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
    message: expect.stringContaining('with an explicit deny in an identity-based policy'),
  });
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'ann', PolicyName: 'p' }));
  await allow({ Action: '*' });
  await new EC2Client(ann).send(new DescribeVpcsCommand({}));
});

test('SubmitJob needs both the queue and the definition', async () => {
  const { account, ann, allow } = await start();
  const submit = () =>
    new BatchClient(ann).send(new SubmitJobCommand({ jobName: 'j', jobQueue: 'mine', jobDefinition: 'def:1' }));
  const queue = arn('batch', account, 'job-queue/mine');
  const refused = { name: 'AccessDeniedException' };
  await allow({ Action: 'batch:SubmitJob', Resource: queue });
  await expect(submit()).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('job-definition/def:1'),
  });
  await allow({ Action: 'batch:SubmitJob', Resource: arn('batch', account, 'job-definition/*') });
  await expect(submit()).rejects.toMatchObject({ ...refused, message: expect.stringContaining(queue) });
  await allow({ Action: 'batch:SubmitJob', Resource: [queue, arn('batch', account, 'job-definition/*')] });
  // Allowed now: Batch itself finds that there is no such queue.
  await expect(submit()).rejects.not.toMatchObject(refused);
});

test('TerminateJob is a right on the job, and lists and describes take no resource', async () => {
  const { account, ann, allow } = await start();
  const batch = new BatchClient(ann);
  const terminate = () => batch.send(new TerminateJobCommand({ jobId: '0c1d', reason: 'r' }));
  await allow({
    Action: ['batch:TerminateJob', 'batch:ListJobs', 'batch:DescribeJobQueues'],
    Resource: arn('batch', account, 'job-queue/*'),
  });
  const calls = [
    terminate,
    () => batch.send(new ListJobsCommand({ jobQueue: 'mine' })),
    () => batch.send(new DescribeJobQueuesCommand({})),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await allow(
    { Action: 'batch:TerminateJob', Resource: arn('batch', account, 'job/*') },
    { Action: ['batch:ListJobs', 'batch:DescribeJobQueues'] },
  );
  await batch.send(new DescribeJobQueuesCommand({}));
  // Allowed now: Batch itself finds that there is no such job.
  await expect(terminate()).rejects.toMatchObject({ name: 'ClientException' });
});

test('a job definition is registered with listed images and passed roles only', async () => {
  const { account, iam, ann, allow } = await start();
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'jobs', AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com') }),
  );
  const register = (image: string, more: object = {}) =>
    new BatchClient(ann).send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: 'nf-job',
        type: 'container',
        containerProperties: { image, vcpus: 1, memory: 128, ...more },
      }),
    );
  const registering = {
    Action: 'batch:RegisterJobDefinition',
    Resource: arn('batch', account, 'job-definition/*'),
    Condition: { StringLike: { 'batch:Image': ['quay.io/lab/*'] } },
  };
  await allow(registering);
  await register('quay.io/lab/tool:1');
  await expect(register('docker.io/other:1')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const withRole = () => register('quay.io/lab/tool:1', { jobRoleArn: Role?.Arn });
  await expect(withRole()).rejects.toMatchObject({
    message: expect.stringContaining(`iam:PassRole on resource: ${Role?.Arn}`),
  });
  const pass = (service: string) => ({
    Action: 'iam:PassRole',
    Resource: Role?.Arn ?? '',
    Condition: { StringEquals: { 'iam:PassedToService': service } },
  });
  await allow(registering, pass('ec2.amazonaws.com'));
  await expect(withRole()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await allow(registering, pass('ecs-tasks.amazonaws.com'));
  await withRole();
});

test("a compute environment passes the role inside the instance profile, and its tags are the caller's to give", async () => {
  const { account, iam, ann, allow } = await start();
  await iam.send(new CreateRoleCommand({ RoleName: 'ecs', AssumeRolePolicyDocument: trust('ec2.amazonaws.com') }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'ecs' }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'ecs', RoleName: 'ecs' }));
  const create = (tags: Record<string, string>) =>
    new BatchClient(ann).send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: 'nf',
        type: 'MANAGED',
        tags,
        computeResources: {
          type: 'EC2',
          maxvCpus: 4,
          instanceTypes: ['m5.large'],
          subnets: ['subnet-12345678'],
          securityGroupIds: ['sg-12345678'],
          instanceRole: `arn:aws:iam::${account.id}:instance-profile/ecs`,
        },
      }),
    );
  const creating = {
    Action: ['batch:CreateComputeEnvironment', 'batch:TagResource'],
    Resource: arn('batch', account, 'compute-environment/nf'),
    Condition: { StringEquals: { 'aws:RequestTag/Name': 'mine' } },
  };
  const refused = { name: 'AccessDeniedException' };
  await allow(creating);
  await expect(create({ Name: 'mine' })).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining(`iam:PassRole on resource: arn:aws:iam::${account.id}:role/ecs`),
  });
  await allow(creating, { Action: 'iam:PassRole', Resource: `arn:aws:iam::${account.id}:role/ecs` });
  await expect(create({ Name: 'yours' })).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('batch:CreateComputeEnvironment'),
  });
  expect(await create({ Name: 'mine' }).catch((error: Error) => error)).not.toMatchObject(refused);
});

test('EC2 rights hang on the tags of what exists and of what is asked for', async () => {
  const { account, ann, allow } = await start();
  const root = new EC2Client(account.client);
  const tagged = (Value: string) => [{ ResourceType: 'vpc' as const, Tags: [{ Key: 'Environment', Value }] }];
  const make = async (client: EC2Client, environment: string) => {
    const vpc = new CreateVpcCommand({ CidrBlock: '192.168.0.0/16', TagSpecifications: tagged(environment) });
    return (await client.send(vpc)).Vpc?.VpcId ?? '';
  };
  const [ours, theirs] = [await make(root, 'ours'), await make(root, 'theirs')];
  const asAnn = new EC2Client(ann);
  await allow(
    {
      Action: ['ec2:CreateVpc', 'ec2:CreateTags'],
      Condition: { StringEquals: { 'aws:RequestTag/Environment': 'ours' } },
    },
    { Action: 'ec2:DeleteVpc', Condition: { StringEquals: { 'aws:ResourceTag/Environment': 'ours' } } },
  );
  await expect(make(asAnn, 'theirs')).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  await make(asAnn, 'ours');
  await expect(asAnn.send(new DeleteVpcCommand({ VpcId: theirs }))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: expect.stringContaining(arn('ec2', account, `vpc/${theirs}`)),
  });
  await asAnn.send(new DeleteVpcCommand({ VpcId: ours }));
});

test("Batch's rights hang on the tags of what exists", async () => {
  const { account, ann, allow } = await start();
  const root = new BatchClient(account.client);
  const register = (name: string, Environment: string) =>
    root.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: name,
        type: 'container',
        containerProperties: { image: 'busybox', vcpus: 1, memory: 512 },
        tags: { Environment },
      }),
    );
  const ours = (await register('ours', 'ours')).jobDefinitionArn ?? '';
  const theirs = (await register('theirs', 'theirs')).jobDefinitionArn ?? '';
  await allow({
    Action: 'batch:DeregisterJobDefinition',
    Condition: { StringEquals: { 'aws:ResourceTag/Environment': 'ours' } },
  });
  const deregister = (jobDefinition: string) =>
    new BatchClient(ann).send(new DeregisterJobDefinitionCommand({ jobDefinition }));
  await expect(deregister(theirs)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await deregister(ours);
});

test('CreateSubnet needs rights on the VPC as well as on subnets, and CreateTags for its tags', async () => {
  const { account, ann, allow } = await start();
  const { Vpc } = await new EC2Client(account.client).send(new CreateVpcCommand({ CidrBlock: '192.168.0.0/16' }));
  const create = () =>
    new EC2Client(ann).send(
      new CreateSubnetCommand({
        VpcId: Vpc?.VpcId,
        CidrBlock: '192.168.0.0/18',
        TagSpecifications: [{ ResourceType: 'subnet', Tags: [{ Key: 'Name', Value: 'n' }] }],
      }),
    );
  const subnets = arn('ec2', account, 'subnet/*');
  const vpc = arn('ec2', account, `vpc/${Vpc?.VpcId}`);
  await allow({ Action: 'ec2:CreateSubnet', Resource: subnets });
  await expect(create()).rejects.toMatchObject({ message: expect.stringContaining('ec2:CreateTags') });
  await allow({ Action: ['ec2:CreateSubnet', 'ec2:CreateTags'], Resource: subnets });
  await expect(create()).rejects.toMatchObject({ message: expect.stringContaining(vpc) });
  const condition = { StringEquals: { 'ec2:CreateAction': 'CreateSubnet' } };
  await allow(
    { Action: 'ec2:CreateSubnet', Resource: [subnets, vpc] },
    { Action: 'ec2:CreateTags', Resource: subnets, Condition: condition },
  );
  await create();
});

test('a route table is left with rights on the table and on the subnet', async () => {
  const { account, ann, allow } = await start();
  const root = new EC2Client(account.client);
  const { Vpc } = await root.send(new CreateVpcCommand({ CidrBlock: '192.168.0.0/16' }));
  const VpcId = Vpc?.VpcId;
  const { Subnet } = await root.send(new CreateSubnetCommand({ VpcId, CidrBlock: '192.168.0.0/18' }));
  const { RouteTable } = await root.send(new CreateRouteTableCommand({ VpcId }));
  const both = { SubnetId: Subnet?.SubnetId, RouteTableId: RouteTable?.RouteTableId };
  const { AssociationId } = await root.send(new AssociateRouteTableCommand(both));
  const leave = () => new EC2Client(ann).send(new DisassociateRouteTableCommand({ AssociationId }));
  const table = arn('ec2', account, `route-table/${both.RouteTableId}`);
  const subnet = arn('ec2', account, `subnet/${both.SubnetId}`);
  await allow({ Action: 'ec2:DisassociateRouteTable', Resource: table });
  await expect(leave()).rejects.toMatchObject({ message: expect.stringContaining(subnet) });
  await allow({ Action: 'ec2:DisassociateRouteTable', Resource: [table, subnet] });
  await leave();
});

test('the last use of a key is a right on its user', async () => {
  const { account, ann, allow } = await start();
  const look = () =>
    new IAMClient(ann).send(new GetAccessKeyLastUsedCommand({ AccessKeyId: ann.credentials.accessKeyId }));
  const user = `arn:aws:iam::${account.id}:user/ann`;
  await expect(look()).rejects.toMatchObject({ message: expect.stringContaining(`on resource: ${user} because`) });
  await allow({ Action: 'iam:GetAccessKeyLastUsed', Resource: user });
  expect((await look()).UserName).toBe('ann');
});

test('a policy with an end of its own ends', async () => {
  const { ann, allow } = await start();
  const until = (time: string) => ({
    Action: 'ec2:DescribeVpcs',
    Condition: { DateLessThan: { 'aws:CurrentTime': time } },
  });
  await allow(until('2999-01-01T00:00:00Z'));
  await new EC2Client(ann).send(new DescribeVpcsCommand({}));
  await allow(until('2001-01-01T00:00:00Z'));
  await expect(new EC2Client(ann).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
  });
});

test('a listing is allowed below the own prefix only', async () => {
  const { account, ann, allow } = await start();
  const Bucket = `h-nf-${account.id}`;
  const root = new S3Client(account.client);
  await root.send(new CreateBucketCommand({ Bucket }));
  await root.send(new PutObjectCommand({ Bucket, Key: 'ann/x', Body: 'x' }));
  const condition = { StringLike: { 's3:prefix': ['ann/*'] } };
  await allow({ Action: 's3:ListBucket', Resource: `arn:aws:s3:::${Bucket}`, Condition: condition });
  const list = (Prefix?: string) =>
    new S3Client(ann).send(new ListObjectsV2Command({ Bucket, ...(Prefix && { Prefix }) }));
  expect((await list('ann/')).KeyCount).toBe(1);
  await expect(list('bob/')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(list()).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('a key is reached through its alias with the rights on the key', async () => {
  const { account, ann, allow } = await start();
  const kms = new KMSClient(account.client);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/key-b', TargetKeyId: KeyMetadata?.KeyId }));
  const describe = () => new KMSClient(ann).send(new DescribeKeyCommand({ KeyId: 'alias/key-b' }));
  await allow({ Action: 'kms:DescribeKey', Resource: arn('kms', account, 'alias/key-b') });
  await expect(describe()).rejects.toMatchObject({ message: expect.stringContaining(KeyMetadata?.Arn ?? '') });
  await allow({ Action: 'kms:DescribeKey', Resource: KeyMetadata?.Arn ?? '' });
  expect((await describe()).KeyMetadata?.KeyId).toBe(KeyMetadata?.KeyId);
});

test('a job queue is a right on the queue and on the environments in it', async () => {
  const { account, ann, allow } = await start();
  const create = () =>
    new BatchClient(ann).send(
      new CreateJobQueueCommand({
        jobQueueName: 'mine',
        priority: 0,
        computeEnvironmentOrder: [{ order: 0, computeEnvironment: arn('batch', account, 'compute-environment/nf') }],
      }),
    );
  await allow({ Action: 'batch:CreateJobQueue', Resource: arn('batch', account, 'job-queue/mine') });
  await expect(create()).rejects.toMatchObject({ message: expect.stringContaining('compute-environment/nf') });
});

test('the root of the account needs no policy', async () => {
  const { account } = await start();
  await new EC2Client(account.client).send(new DescribeVpcsCommand({}));
});

test('the root of another account lacks a policy of the bucket, not one of its own', async (t) => {
  const [owner, other] = [await sandboxAccount(t), await sandboxAccount(t)];
  const Bucket = `b-${owner.id}`;
  await new S3Client(owner.client).send(new CreateBucketCommand({ Bucket }));
  await expect(new S3Client(other.client).send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('because no resource-based policy allows the s3:ListBucket action'),
  });
});
