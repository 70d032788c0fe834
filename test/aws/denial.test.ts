/** EC2's details of a denial reach operators, and nobody else. */
import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { factsOf } from '#domain/core/failures.ts';
import { sandboxAccount } from '../support/sandbox.ts';

/** A user who may do just this, and what a call of EC2 ends with. */
const deniedCall = async (t: TestContext, Action: string, command: 'CreateVpc' | 'DescribeVpcs' = 'CreateVpc') => {
  const account = await sandboxAccount(t);
  const iam = new IAMClient(account.client);
  const UserName = 'ann';
  await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const aws = createAws({
    endpoint: account.endpoint,
    credentials: async () => ({
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    }),
  });
  const ec2 = aws.ec2({ accountId: account.id, region: account.region, roleArn: null, externalId: null });
  const call =
    command === 'CreateVpc'
      ? ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
      : ec2.send(new DescribeVpcsCommand({}));
  const failure = await call.then(
    () => expect.fail('the call was expected to be denied'),
    (error: unknown) => error as Error,
  );
  return { account, failure, facts: factsOf(failure) };
};

test('with the right to decode, the failure says which action on what was denied, and how', async (t) => {
  const { account, failure, facts } = await deniedCall(t, 'sts:DecodeAuthorizationMessage');
  expect(failure).toMatchObject({ type: 'Denied', nonRetryable: true });
  expect(facts.denial).toEqual({
    explicit: false,
    action: 'ec2:CreateVpc',
    resource: `arn:aws:ec2:us-east-1:${account.id}:vpc/*`,
    statements: [],
  });
  expect(facts).not.toHaveProperty('encodedDenial');
});

test('without it, the code is kept for whoever may', async (t) => {
  const { account, failure, facts } = await deniedCall(t, 's3:ListAllMyBuckets');
  expect(failure).toMatchObject({ type: 'Denied' });
  expect(Buffer.from(facts.encodedDenial ?? '', 'base64url').toString()).toContain('"action":"ec2:CreateVpc"');
  expect((await account.journal()).map(({ operation }) => operation)).toContain('DecodeAuthorizationMessage');
  // Users read messages.
  expect(failure.message).not.toContain(facts.encodedDenial);
  expect(failure.message).not.toMatch(/encoded/i);
});

test('a denial without a code is told as it is, and nothing is asked', async (t) => {
  const { account, failure, facts } = await deniedCall(t, 'sts:DecodeAuthorizationMessage', 'DescribeVpcs');
  expect(failure).toMatchObject({ type: 'Denied' });
  expect(facts).not.toHaveProperty('denial');
  expect((await account.journal()).map(({ operation }) => operation)).not.toContain('DecodeAuthorizationMessage');
});
