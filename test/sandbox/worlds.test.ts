/** The two ways in which AWS may behave, each by itself. */
import { BatchClient, CreateComputeEnvironmentCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import { DescribeVpcsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, type TestContext, test } from 'vitest';
import { createProfile, describeEnvironment, type Rig, refusal, rig, someResources, until } from './batch-rig.ts';

/** A dry run as the caller of `ec2`. */
const dryRun = async ({ account }: Pick<Rig, 'account'>, ec2: EC2Client, options: object): Promise<string> => {
  const Name = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';
  const { Parameter } = await new SSMClient(account.client).send(new GetParameterCommand({ Name }));
  const input = { DryRun: true, ImageId: Parameter?.Value, MinCount: 1, MaxCount: 1, ...options };
  return await refusal(ec2.send(new RunInstancesCommand(input)));
};

const policyOf = (...statements: object[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((each) => ({ Effect: 'Allow', Resource: '*', ...each })),
  });

/** A user who may do what the statements say. */
const userOf = async (t: TestContext, ...statements: object[]) => {
  const given = await rig(t);
  await given.iam.send(new CreateUserCommand({ UserName: 'ann' }));
  await given.iam.send(
    new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: policyOf(...statements) }),
  );
  const { AccessKey } = await given.iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  return { ...given, ann: { ...given.account.client, credentials } };
};

const DEFAULT_WORLDS = {
  passedToService: 'user',
  dryRun: 'profile-first',
  describes: 'with-more',
  shareOf: 'queue',
  tagsAfterMs: 0,
  instancesEnd: null,
  guardDuty: false,
  vcpus: {},
  lustreDeleteWhileCreating: 'refused',
  lustreFails: null,
  serviceControlPolicies: [],
};

test('begin as they are documented, change one by one, and take no other name or value', async (t) => {
  const { account } = await rig(t);
  expect(await account.worlds({})).toEqual(DEFAULT_WORLDS);
  expect(await account.worlds({ dryRun: 'rights-only' })).toEqual({ ...DEFAULT_WORLDS, dryRun: 'rights-only' });
  expect(await account.seed('GET worlds', undefined)).toMatchObject({ dryRun: 'rights-only' });
  await expect(account.worlds({ dryRun: 'sometimes' as never })).rejects.toThrow('400');
  await expect(account.worlds({ moon: 'full' } as never)).rejects.toThrow('400');
});

test.for([
  ['user', 'ecs-tasks.amazonaws.com'],
  ['batch', 'batch.amazonaws.com'],
] as const)('passedToService %s: a job role is passed to %s alone', async ([world, service], t) => {
  const pass = (to: string) => ({ Action: 'iam:PassRole', Condition: { StringEquals: { 'iam:PassedToService': to } } });
  const register = (ann: object, account: string) =>
    refusal(
      new BatchClient(ann).send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName: 'd',
          type: 'container',
          containerProperties: { image: 'i', vcpus: 1, memory: 1, jobRoleArn: `arn:aws:iam::${account}:role/r` },
        }),
      ),
    );
  const right = await userOf(t, { Action: 'batch:*' }, pass(service));
  await right.account.worlds({ passedToService: world });
  expect(await register(right.ann, right.account.id)).toBe('accepted');
  await right.account.worlds({ passedToService: world === 'user' ? 'batch' : 'user' });
  expect(await register(right.ann, right.account.id)).toContain('not authorized to perform: iam:PassRole');
});

test('a service control policy refuses what an identity may do, and its condition decides', async (t) => {
  const { account, ann } = await userOf(t, { Action: '*' });
  const ec2 = new EC2Client(ann);
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: 'ec2:RunInstances',
        Resource: 'arn:aws:ec2:*:*:instance/*',
        Condition: { StringNotEquals: { 'ec2:MetadataHttpTokens': 'required' } },
      },
    ],
  };
  await account.worlds({ serviceControlPolicies: [{ name: 'imds-v2', policy }] });
  const run = (options: object) => dryRun({ account }, ec2, options);
  expect(await run({})).toContain('with an explicit deny in a service control policy');
  expect(await run({ MetadataOptions: { HttpTokens: 'required' } })).toMatch(/^DryRunOperation/);
  expect((await ec2.send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
  await account.worlds({ serviceControlPolicies: [] });
  expect(await run({})).toMatch(/^DryRunOperation/);
});

test('a tag counts some time after the authoriser has met it', async (t) => {
  const { account, ann } = await userOf(t, {
    Action: 'iam:CreateAccessKey',
    Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } },
  });
  const root = new IAMClient(account.client);
  await account.worlds({ tagsAfterMs: 1_500 });
  await root.send(new CreateUserCommand({ UserName: 'bob', Tags: [{ Key: 'team', Value: 'a' }] }));
  const create = () => refusal(new IAMClient(ann).send(new CreateAccessKeyCommand({ UserName: 'bob' })));
  expect(await create()).toContain('not authorized to perform: iam:CreateAccessKey');
  await until(async () => expect(await create()).toBe('accepted'));
});

test('a dry run looks at the profile first, last, or not at all', async (t) => {
  const { account, ec2, iam } = await rig(t);
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'empty' }));
  const run = (SubnetId?: string) =>
    dryRun({ account }, ec2, { IamInstanceProfile: { Name: 'empty' }, ...(SubnetId && { SubnetId }) });
  const noRole = /^InvalidParameterValue: IAM Instance Profile ".*" has no associated IAM Roles/;
  const noSubnet = /^InvalidSubnetID.NotFound/;
  expect(await run('subnet-0123456789abcdef0')).toMatch(noRole);
  await account.worlds({ dryRun: 'network-first' });
  expect(await run('subnet-0123456789abcdef0')).toMatch(noSubnet);
  expect(await run()).toMatch(noRole);
  await account.worlds({ dryRun: 'rights-only' });
  expect(await run('subnet-0123456789abcdef0')).toMatch(/^DryRunOperation/);
});

test('EC2 learns of a profile first and of its role later', async (t) => {
  const given = await rig(t);
  await given.account.scale(1);
  await createProfile(given, 'p');
  const run = () => dryRun(given, given.ec2, { IamInstanceProfile: { Name: 'p' } });
  const seen = new Set<string>();
  await until(async () => {
    const said = await run();
    seen.add(said);
    await given.account.pass(1_000); // the moment without a role lasts 3 s
    expect(said).toMatch(/^DryRunOperation/);
  });
  expect(
    [...seen].map((each) => /Invalid IAM Instance Profile|no associated IAM Roles|^DryRun/.exec(each)?.[0]),
  ).toEqual(['Invalid IAM Instance Profile', 'no associated IAM Roles', 'DryRun']);
});

test('Batch shows more than it was sent, or just that', async (t) => {
  const given = await rig(t);
  const computeResources = await someResources(given);
  await given.batch.send(
    new CreateComputeEnvironmentCommand({ computeEnvironmentName: 'env', type: 'MANAGED', computeResources }),
  );
  const resources = async () => (await describeEnvironment(given, 'env'))?.computeResources;
  expect((await resources())?.ec2Configuration?.[0]).toMatchObject({ batchImageStatus: 'LATEST' });
  await given.account.worlds({ describes: 'as-sent' });
  expect((await resources())?.ec2Configuration?.[0]).not.toHaveProperty('batchImageStatus');
});
