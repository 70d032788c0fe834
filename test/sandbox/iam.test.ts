import {
  AddRoleToInstanceProfileCommand,
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListInstanceProfileTagsCommand,
  ListUsersCommand,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  SetDefaultPolicyVersionCommand,
  TagInstanceProfileCommand,
  TagPolicyCommand,
  TagRoleCommand,
  TagUserCommand,
  UntagInstanceProfileCommand,
  UntagPolicyCommand,
  UntagRoleCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

const allowing = (...actions: string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

const start = async (): Promise<{ account: SandboxAccount; iam: IAMClient }> => {
  const account = await sandboxAccount();
  return { account, iam: new IAMClient(account.client) };
};

const withKey = ({ client }: SandboxAccount, { AccessKeyId = '', SecretAccessKey = '' }) => ({
  ...client,
  credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey },
});

const makeUser = async (iam: IAMClient, UserName: string) => {
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { AccessKeyId: AccessKey?.AccessKeyId ?? '', SecretAccessKey: AccessKey?.SecretAccessKey ?? '' };
};

test('names are unique whatever their case', async () => {
  const { iam } = await start();
  await iam.send(new CreateUserCommand({ UserName: 'worker' }));
  await expect(iam.send(new CreateUserCommand({ UserName: 'Worker' }))).rejects.toMatchObject({
    name: 'EntityAlreadyExistsException',
    message: 'User with name Worker already exists.',
    $metadata: { httpStatusCode: 409 },
  });
  await iam.send(new CreateRoleCommand({ RoleName: 'jobs', AssumeRolePolicyDocument: TRUST }));
  await expect(
    iam.send(new CreateRoleCommand({ RoleName: 'JOBS', Path: '/p/', AssumeRolePolicyDocument: TRUST })),
  ).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' });
  const policy = { PolicyName: 'client', PolicyDocument: allowing('s3:GetObject') };
  await iam.send(new CreatePolicyCommand(policy));
  await expect(iam.send(new CreatePolicyCommand({ ...policy, Path: '/other/' }))).rejects.toMatchObject({
    name: 'EntityAlreadyExistsException',
    message: 'A policy called client already exists. Duplicate names are not allowed.',
  });
});

test('names that are too long or hold other characters are refused', async () => {
  const { iam } = await start();
  await expect(iam.send(new CreateUserCommand({ UserName: 'u'.repeat(65) }))).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining("at 'userName' failed to satisfy constraint"),
  });
  await expect(iam.send(new CreateUserCommand({ UserName: 'a b' }))).rejects.toMatchObject({ name: 'ValidationError' });
  await iam.send(new CreateUserCommand({ UserName: 'u'.repeat(64) }));
});

test('a user has two keys, and of three asked for at once one is refused', async () => {
  const { iam } = await start();
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const made = await Promise.allSettled([1, 2, 3].map(() => iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  await expect(iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))).rejects.toMatchObject({
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for AccessKeysPerUser: 2',
    $metadata: { httpStatusCode: 409 },
  });
});

test('a fresh key does not work yet, later it does, inactive or deleted it does not', async () => {
  const { account, iam } = await start();
  const identity = async (key: { AccessKeyId?: string; SecretAccessKey?: string }) =>
    (await new STSClient(withKey(account, key)).send(new GetCallerIdentityCommand({}))).Arn;

  await account.scale(1000);
  const early = await makeUser(iam, 'early');
  await expect(identity(early)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await account.scale(0);
  const key = await makeUser(iam, 'ann');
  expect(await identity(key)).toBe(`arn:aws:iam::${account.id}:user/ann`);

  const named = { UserName: 'ann', AccessKeyId: key.AccessKeyId };
  await iam.send(new UpdateAccessKeyCommand({ ...named, Status: 'Inactive' }));
  await expect(identity(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await iam.send(new UpdateAccessKeyCommand({ ...named, Status: 'Active' }));
  expect(await identity(key)).toContain('user/ann');
  await iam.send(new DeleteAccessKeyCommand(named));
  await expect(identity(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
});

test('the last use of a key is known to its account', async () => {
  const { account, iam } = await start();
  const key = await makeUser(iam, 'ann');
  const { AccessKeyId } = key;
  const before = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
  expect(before).toMatchObject({ UserName: 'ann', AccessKeyLastUsed: { ServiceName: 'N/A' } });
  await new STSClient(withKey(account, key)).send(new GetCallerIdentityCommand({}));
  const after = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
  expect(after.AccessKeyLastUsed).toMatchObject({ ServiceName: 'sts', Region: 'us-east-1' });
});

test('a user is deleted only without keys, groups and policies', async () => {
  const { iam } = await start();
  const { AccessKeyId } = await makeUser(iam, 'ann');
  const refusal = async (): Promise<string> =>
    iam.send(new DeleteUserCommand({ UserName: 'ann' })).then(
      () => 'deleted',
      (error: Error) => `${error.name}: ${error.message}`,
    );
  expect(await refusal()).toBe('DeleteConflictException: Cannot delete entity, must delete access keys first.');
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId }));
  await iam.send(new CreateGroupCommand({ GroupName: 'staff' }));
  await iam.send(new AddUserToGroupCommand({ GroupName: 'staff', UserName: 'ann' }));
  expect(await refusal()).toContain('must remove users from group first');
});

test('a policy is deleted only when detached and of one version, a role only when bare', async () => {
  const { iam } = await start();
  const document = allowing('s3:GetObject');
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'jobs', PolicyDocument: document }));
  const PolicyArn = Policy?.Arn ?? '';
  await iam.send(new CreateRoleCommand({ RoleName: 'jobs', AssumeRolePolicyDocument: TRUST }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'jobs', PolicyArn }));
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    message: 'Cannot delete a policy attached to entities.',
  });
  await expect(iam.send(new DeleteRoleCommand({ RoleName: 'jobs' }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
  });
  await iam.send(new DetachRolePolicyCommand({ RoleName: 'jobs', PolicyArn }));
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document }));
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    message: expect.stringContaining('more than one version'),
  });
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  await iam.send(new DeleteRoleCommand({ RoleName: 'jobs' }));
});

test('a profile holds one role, and neither goes while they are together', async () => {
  const { iam } = await start();
  const both = { InstanceProfileName: 'ecs', RoleName: 'ecs' };
  await iam.send(new CreateRoleCommand({ RoleName: 'ecs', AssumeRolePolicyDocument: TRUST }));
  await iam.send(new CreateRoleCommand({ RoleName: 'second', AssumeRolePolicyDocument: TRUST }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'ecs', Tags: [{ Key: 'a', Value: 'b' }] }));
  await iam.send(new AddRoleToInstanceProfileCommand(both));
  await expect(iam.send(new AddRoleToInstanceProfileCommand({ ...both, RoleName: 'second' }))).rejects.toMatchObject({
    name: 'LimitExceededException',
  });
  await expect(iam.send(new DeleteRoleCommand(both))).rejects.toMatchObject({ name: 'DeleteConflictException' });
  await expect(iam.send(new DeleteInstanceProfileCommand(both))).rejects.toMatchObject({
    name: 'DeleteConflictException',
  });
  const { Tags } = await iam.send(new ListInstanceProfileTagsCommand(both));
  expect(Tags).toEqual([{ Key: 'a', Value: 'b' }]);
});

test.each([
  ['that is no JSON', 'nonsense', 'This policy contains invalid Json'],
  ['without statements', '{"Version":"2012-10-17"}', 'Syntax errors in policy.'],
  [
    'with an absent principal',
    TRUST.replace('"Service":"ec2.amazonaws.com"', '"AWS":"arn:aws:iam::111122223333:role/nobody"'),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/nobody"',
  ],
  ['with a resource', TRUST.replace('"Effect"', '"Resource":"*","Effect"'), 'Has prohibited field Resource'],
])('a trust policy %s is refused', async (_, AssumeRolePolicyDocument, message) => {
  const { iam } = await start();
  await expect(iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument }))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
    message,
  });
});

test('policies have five versions, 6,144 characters without white space, and statements that parse', async () => {
  const { iam } = await start();
  const create = (PolicyName: string, PolicyDocument: string) =>
    iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
  const long = allowing(...Array.from({ length: 600 }, (_, index) => `s3:Action${index}`));
  await expect(create('long', long)).rejects.toMatchObject({
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for PolicySize: 6144',
  });
  await expect(create('odd', allowing('s3').replace('Allow', 'Permit'))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
  });
  const spaced = `${allowing('s3:GetObject')}${' '.repeat(7_000)}`;
  const { Policy } = await create('spaced', spaced);
  const PolicyArn = Policy?.Arn ?? '';
  const next = () => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allowing('s3:PutObject') }));
  for (let version = 2; version <= 5; version += 1) await next();
  await expect(next()).rejects.toMatchObject({ name: 'LimitExceededException' });
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  // As AWS: percent-encoded.
  expect(PolicyVersion?.Document).toBe(encodeURIComponent(allowing('s3:PutObject')));
});

test("Batch's service-linked role has AWS's name, and exists once", async () => {
  const { account, iam } = await start();
  const create = () => iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'batch.amazonaws.com' }));
  const { Role } = await create();
  expect(Role?.Arn).toBe(`arn:aws:iam::${account.id}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch`);
  await expect(create()).rejects.toMatchObject({
    name: 'InvalidInputException',
    message: 'Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.',
  });
});

test('AWS-managed policies can be attached, absent ones cannot', async () => {
  const { iam } = await start();
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const attach = (PolicyArn: string) => iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn }));
  await attach('arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess');
  await expect(attach('arn:aws:iam::aws:policy/NoSuchPolicy')).rejects.toMatchObject({ name: 'NoSuchEntityException' });
});

test('the inventory lists users, keys, roles, policies and profiles, the same each time', async () => {
  const { account, iam } = await start();
  expect(await account.inventory()).toEqual([]);
  const tag = [{ Key: 'Name', Value: 'n' }];
  await iam.send(new CreateUserCommand({ UserName: 'ann', Tags: tag }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'in', PolicyDocument: allowing('s3:*') }));
  const document = allowing('s3:GetObject');
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'jobs', Path: '/p/', PolicyDocument: document, Tags: tag }),
  );
  const role = { RoleName: 'jobs', Path: '/p/', AssumeRolePolicyDocument: TRUST, Tags: tag };
  await iam.send(new CreateRoleCommand(role));
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'jobs', PolicyArn: Policy?.Arn }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'ecs' }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'ecs', RoleName: 'jobs' }));

  const inventory = await account.inventory();
  expect(await account.inventory()).toEqual(inventory);
  expect(inventory.map(({ type, name }) => [type, name])).toEqual([
    ['AWS::IAM::AccessKey', null],
    ['AWS::IAM::InstanceProfile', 'ecs'],
    ['AWS::IAM::ManagedPolicy', 'jobs'],
    ['AWS::IAM::Role', 'jobs'],
    ['AWS::IAM::User', 'ann'],
  ]);
  expect(inventory[0]).toMatchObject({ id: AccessKey?.AccessKeyId, state: 'Active', details: { userName: 'ann' } });
  expect(inventory[1]?.details).toMatchObject({ roles: ['jobs'] });
  expect(inventory[2]).toMatchObject({ tags: { Name: 'n' }, details: { path: '/p/', document: JSON.parse(document) } });
  expect(inventory[3]?.details).toMatchObject({
    path: '/p/',
    trust: JSON.parse(TRUST),
    attachedPolicies: [Policy?.Arn],
  });
  expect(inventory[4]?.details).toMatchObject({ inlinePolicies: { in: JSON.parse(allowing('s3:*')) } });
});

test('the root of another account sees none of it', async () => {
  const { iam } = await start();
  const { iam: other } = await start();
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  expect((await other.send(new ListUsersCommand({}))).Users).toEqual([]);
  expect((await iam.send(new ListUsersCommand({}))).Users).toHaveLength(1);
});

test('what the sandbox keeps of an account is what a fresh look at it shows, after every kind of change', async () => {
  const { account, iam } = await start();
  const Tags = [
    { Key: 'Name', Value: 'n' },
    { Key: 'gone', Value: 'x' },
  ];
  const [user, role, group] = [{ UserName: 'ann' }, { RoleName: 'jobs' }, { GroupName: 'staff' }];
  const profile = { InstanceProfileName: 'ecs' };
  const document = { PolicyName: 'in', PolicyDocument: allowing('s3:*', 'ec2:Describe*') };
  const retag = { Tags: [{ Key: 'Name', Value: 'other' }] };
  const untag = { TagKeys: ['gone'] };
  await iam.send(new CreateUserCommand({ ...user, Tags }));
  await iam.send(new CreateGroupCommand(group));
  await iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: TRUST, Description: 'd', Tags }));
  await iam.send(new CreateRoleCommand({ RoleName: 'brief', AssumeRolePolicyDocument: TRUST }));
  await iam.send(new CreateInstanceProfileCommand({ ...profile, Path: '/p/', Tags }));
  const { Policy } = await iam.send(new CreatePolicyCommand({ ...document, Path: '/p/', Tags }));
  const policy = { PolicyArn: Policy?.Arn ?? '' };
  await iam.send(new AttachUserPolicyCommand({ ...user, ...policy }));
  await iam.send(new AttachRolePolicyCommand({ ...role, ...policy }));
  await iam.send(new AttachGroupPolicyCommand({ ...group, ...policy }));
  await iam.send(new DetachGroupPolicyCommand({ ...group, ...policy }));
  await iam.send(new PutUserPolicyCommand({ ...user, ...document }));
  await iam.send(new PutUserPolicyCommand({ ...user, ...document, PolicyName: 'short' }));
  await iam.send(new DeleteUserPolicyCommand({ ...user, PolicyName: 'short' }));
  await iam.send(new PutRolePolicyCommand({ ...role, ...document }));
  await iam.send(new PutGroupPolicyCommand({ ...group, ...document }));
  await iam.send(new AddUserToGroupCommand({ ...user, ...group }));
  await iam.send(new AddRoleToInstanceProfileCommand({ ...role, ...profile }));
  await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...role, ...profile }));
  await iam.send(new AddRoleToInstanceProfileCommand({ ...role, ...profile }));
  await iam.send(new CreatePolicyVersionCommand({ ...policy, PolicyDocument: allowing('kms:*'), SetAsDefault: true }));
  await iam.send(new CreatePolicyVersionCommand({ ...policy, PolicyDocument: allowing('ec2:*') }));
  await iam.send(new DeletePolicyVersionCommand({ ...policy, VersionId: 'v1' }));
  await iam.send(new SetDefaultPolicyVersionCommand({ ...policy, VersionId: 'v3' }));
  await iam.send(new TagUserCommand({ ...user, ...retag }));
  await iam.send(new UntagUserCommand({ ...user, ...untag }));
  await iam.send(new TagRoleCommand({ ...role, ...retag }));
  await iam.send(new UntagRoleCommand({ ...role, ...untag }));
  await iam.send(new TagPolicyCommand({ ...policy, ...retag }));
  await iam.send(new UntagPolicyCommand({ ...policy, ...untag }));
  await iam.send(new TagInstanceProfileCommand({ ...profile, ...retag }));
  await iam.send(new UntagInstanceProfileCommand({ ...profile, ...untag }));
  const trust = TRUST.replace('ec2', 'ecs-tasks');
  await iam.send(new UpdateAssumeRolePolicyCommand({ ...role, PolicyDocument: trust }));
  await iam.send(new DeleteRoleCommand({ RoleName: 'brief' }));
  const kept = await account.inventory();
  expect(kept.map(({ name }) => name)).toEqual(['staff', 'ecs', 'in', 'jobs', 'ann']);
  expect(kept.find(({ name }) => name === 'in')?.details.document).toEqual(JSON.parse(allowing('ec2:*')));
  // This one is not applied: it makes the sandbox read the account anew.
  await iam.send(new UpdateRoleCommand({ ...role, Description: 'd', MaxSessionDuration: 3_600 }));
  expect(await account.inventory()).toEqual(kept);
});
