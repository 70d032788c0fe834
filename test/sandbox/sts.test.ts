import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  ListUsersCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type Credentials, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

const allowing = (action: string, resource = '*'): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] });

const trusting = (principal: string, condition?: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: 'sts:AssumeRole',
        ...(condition && { Condition: condition }),
      },
    ],
  });

const rootOf = ({ id }: SandboxAccount): string => `arn:aws:iam::${id}:root`;

const as = ({ client }: SandboxAccount, credentials: Credentials | undefined) => ({
  ...client,
  credentials: {
    accessKeyId: credentials?.AccessKeyId ?? '',
    secretAccessKey: credentials?.SecretAccessKey ?? '',
    ...(credentials?.SessionToken && { sessionToken: credentials.SessionToken }),
  },
});

const makeUser = async (account: SandboxAccount, policy?: string) => {
  const iam = new IAMClient(account.client);
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  if (policy) await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: policy }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  return as(account, AccessKey as unknown as Credentials);
};

const makeRole = async (account: SandboxAccount, trust: string, more: { MaxSessionDuration?: number } = {}) => {
  const iam = new IAMClient(account.client);
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'launcher', AssumeRolePolicyDocument: trust, ...more }),
  );
  return Role?.Arn ?? '';
};

const assume = (client: SandboxAccount['client'], RoleArn: string, more: object = {}) =>
  new STSClient(client).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'eyrie', ...more }));

test("a role of another account is assumed and its session acts in the role's account", async () => {
  const [home, target] = [await sandboxAccount(), await sandboxAccount()];
  const role = await makeRole(target, trusting(rootOf(home)));
  const user = await makeUser(home, allowing('sts:AssumeRole', role));
  const { Credentials: session, AssumedRoleUser } = await assume(user, role);
  const arn = `arn:aws:sts::${target.id}:assumed-role/launcher/eyrie`;
  expect(AssumedRoleUser?.Arn).toBe(arn);
  const identity = await new STSClient(as(target, session)).send(new GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({ Account: target.id, Arn: arn });
  expect(identity.UserId).toMatch(/^AROA.*:eyrie$/);

  const iam = new IAMClient(target.client);
  const policy = { RoleName: 'launcher', PolicyName: 'p' };
  const asRole = new IAMClient(as(target, session));
  await expect(asRole.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
  await iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: allowing('iam:ListUsers') }));
  expect((await asRole.send(new ListUsersCommand({}))).Users).toEqual([]);
  await iam.send(new DeleteRolePolicyCommand(policy));
  await iam.send(new DeleteRoleCommand({ RoleName: 'launcher' }));
  await expect(asRole.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('an absent role, and one that trusts somebody else, look the same: denied', async () => {
  const [home, target, third] = [await sandboxAccount(), await sandboxAccount(), await sandboxAccount()];
  const user = await makeUser(home, allowing('sts:AssumeRole'));
  const role = await makeRole(target, trusting(rootOf(third)));
  for (const arn of [role, `arn:aws:iam::${target.id}:role/absent`]) {
    await expect(assume(user, arn)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${home.id}:user/ann is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      $metadata: { httpStatusCode: 403 },
    });
  }
});

test('a session of the role that a trust names gets in, a session of another role of that account does not', async () => {
  const [home, target] = [await sandboxAccount(), await sandboxAccount()];
  const iam = new IAMClient(home.client);
  const sessionOf = async (RoleName: string) => {
    const AssumeRolePolicyDocument = trusting(rootOf(home));
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    const policy = { PolicyName: 'p', PolicyDocument: allowing('sts:AssumeRole') };
    await iam.send(new PutRolePolicyCommand({ RoleName, ...policy }));
    const { Credentials: session } = await assume(home.client, Role?.Arn ?? '');
    return { arn: Role?.Arn ?? '', client: as(home, session) };
  };
  const [worker, other] = [await sessionOf('worker'), await sessionOf('other')];
  const role = await makeRole(target, trusting(worker.arn));
  expect((await assume(worker.client, role)).AssumedRoleUser?.Arn).toContain(target.id);
  await expect(assume(other.client, role)).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('the trusted account is not enough: the user needs the right as well', async () => {
  const [home, target] = [await sandboxAccount(), await sandboxAccount()];
  const role = await makeRole(target, trusting(rootOf(home)));
  await expect(assume(await makeUser(home), role)).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('an external id has to be the one that the trust asks for', async () => {
  const account = await sandboxAccount();
  const role = await makeRole(account, trusting(rootOf(account), { StringEquals: { 'sts:ExternalId': 'eyrie-7' } }));
  const user = await makeUser(account, allowing('sts:AssumeRole'));
  await expect(assume(user, role)).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(assume(user, role, { ExternalId: 'eyrie-8' })).rejects.toMatchObject({ name: 'AccessDenied' });
  expect((await assume(user, role, { ExternalId: 'eyrie-7' })).Credentials?.SessionToken).toBeTruthy();
});

test('a role that was made a moment ago cannot be assumed yet', async () => {
  const account = await sandboxAccount();
  const user = await makeUser(account, allowing('sts:AssumeRole'));
  await account.scale(1000);
  const role = await makeRole(account, trusting(rootOf(account)));
  await expect(assume(user, role)).rejects.toMatchObject({ name: 'AccessDenied' });
  // Control: made without a delay the same role can be assumed.
  await account.scale(0);
  await new IAMClient(account.client).send(new DeleteRoleCommand({ RoleName: 'launcher' }));
  await makeRole(account, trusting(rootOf(account)));
  await assume(user, role);
});

test('sessions are no longer than the role and role chaining allow', async () => {
  const account = await sandboxAccount();
  const user = await makeUser(account, allowing('sts:AssumeRole'));
  const role = await makeRole(account, trusting(rootOf(account)), { MaxSessionDuration: 7_200 });
  await expect(assume(user, role, { DurationSeconds: 43_200 })).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  });
  await expect(assume(user, role, { DurationSeconds: 60 })).rejects.toMatchObject({ name: 'ValidationError' });
  const { Credentials: session } = await assume(user, role, { DurationSeconds: 7_200 });
  await new IAMClient(account.client).send(
    new PutRolePolicyCommand({ RoleName: 'launcher', PolicyName: 'p', PolicyDocument: allowing('sts:AssumeRole') }),
  );
  await expect(assume(as(account, session), role, { DurationSeconds: 3_601 })).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('role chaining'),
  });
});

test("a session policy narrows the role's rights and never widens them", async () => {
  const account = await sandboxAccount();
  const user = await makeUser(account, allowing('sts:AssumeRole'));
  const role = await makeRole(account, trusting(rootOf(account)));
  await new IAMClient(account.client).send(
    new PutRolePolicyCommand({ RoleName: 'launcher', PolicyName: 'p', PolicyDocument: allowing('iam:ListUsers') }),
  );
  const list = async (Policy?: string) => {
    const { Credentials: session } = await assume(user, role, Policy ? { Policy } : {});
    return new IAMClient(as(account, session)).send(new ListUsersCommand({}));
  };
  expect((await list()).Users).toHaveLength(1);
  expect((await list(allowing('iam:*'))).Users).toHaveLength(1);
  await expect(list(allowing('iam:GetUser'))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('because no session policy allows the iam:ListUsers action'),
  });
});

test('a session without its token, or with another one, is refused', async () => {
  const account = await sandboxAccount();
  const role = await makeRole(account, trusting(rootOf(account)));
  const { Credentials: session } = await assume(account.client, role);
  const identity = (credentials: Credentials | undefined) =>
    new STSClient(as(account, credentials)).send(new GetCallerIdentityCommand({}));
  expect((await identity(session)).Account).toBe(account.id);
  await expect(identity(session && { ...session, SessionToken: undefined })).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  });
  await expect(identity(session && { ...session, SessionToken: 'wrong' })).rejects.toThrow();
});
