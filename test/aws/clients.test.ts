import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, type TestContext, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

const EXTERNAL_ID = 'external-1';

/** A role in `target` that `home` may assume with the external id. */
const createRole = async (target: SandboxAccount, home: SandboxAccount): Promise<string> => {
  const iam = new IAMClient(target.client);
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'eyrie-target',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${home.id}:root` },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
          },
        ],
      }),
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'eyrie-target',
      PolicyName: 'network',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }],
      }),
    }),
  );
  return Role?.Arn ?? '';
};

const prepare = async (t: TestContext) => {
  const home = await sandboxAccount(t);
  const target = await sandboxAccount(t);
  const roleArn = await createRole(target, home);
  const aws = createAws({ endpoint: home.endpoint, credentials: async () => home.credentials });
  const account = { accountId: target.id, region: 'us-east-1', roleArn, externalId: EXTERNAL_ID };
  const assumed = async () => (await home.journal()).filter(({ operation }) => operation === 'AssumeRole');
  return { home, target, aws, account, assumed };
};

test('an account is entered once, by its role and external id, for all services and callers', async (t) => {
  const { aws, account, assumed, target } = await prepare(t);
  await Promise.all([
    aws.ec2(account).send(new DescribeVpcsCommand({})),
    aws.ec2(account).send(new DescribeVpcsCommand({})),
    aws.sts(account).send(new GetCallerIdentityCommand({})),
  ]);
  const { Account, Arn } = await aws.sts(account).send(new GetCallerIdentityCommand({}));
  expect(Account).toBe(target.id);
  expect(Arn).toBe(`arn:aws:sts::${target.id}:assumed-role/eyrie-target/eyrie`);
  expect(await assumed()).toHaveLength(1);
});

test('a refused role is told as such, has no unknown outcome, and is asked for again', async (t) => {
  const { aws, account, assumed } = await prepare(t);
  const wrong = { ...account, externalId: 'wrong' };
  const error = await aws
    .ec2(wrong)
    .send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
    .catch((failure: unknown) => failure);
  expect(codeOf(error)).toBe('Denied');
  expect(factsOf(error)).toMatchObject({ operation: 'sts:AssumeRole', awsCode: 'AccessDenied' });
  expect(factsOf(error).outcomeUnknown).toBeUndefined();
  await expect(aws.ec2(wrong).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({ type: 'Denied' });
  expect(await assumed()).toHaveLength(2);
});

test('other credentials see another account through the same endpoint', async (t) => {
  const { aws, account, home } = await prepare(t);
  const own = { ...account, accountId: home.id, roleArn: null, externalId: null };
  const other = await sandboxAccount(t);
  const identify = async (as: typeof aws) => (await as.sts(own).send(new GetCallerIdentityCommand({}))).Account;
  expect(await identify(aws)).toBe(home.id);
  expect(await identify(aws.as(other.credentials))).toBe(other.id);
});

/** An endpoint that holds every call until it is told what to answer. */
const silentEndpoint = async (t: TestContext) => {
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => request.resume().on('end', () => wasAsked(response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const credentials = async () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' });
  const aws = createAws({ endpoint: `http://127.0.0.1:${port}`, credentials });
  return { asked, ec2: aws.ec2({ accountId: '111122223333', region: 'us-east-1', roleArn: null, externalId: null }) };
};

const inActivity = (work: () => Promise<unknown>) => {
  const environment = new MockActivityEnvironment();
  const ended = environment.run(work).then(
    () => 'finished',
    (error: Error) => error.name,
  );
  return { cancel: () => environment.cancel(), ended };
};

test('a cancelled activity stops reading at once', async (t) => {
  const { ec2, asked } = await silentEndpoint(t);
  const reading = inActivity(() => ec2.send(new DescribeVpcsCommand({})));
  await asked;
  reading.cancel();
  expect(await reading.ended).toBe('CancelledFailure'); // though nothing was ever answered
});

test('a cancelled activity finishes what it writes', async (t) => {
  const { ec2, asked } = await silentEndpoint(t);
  const writing = inActivity(() => ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })));
  const answer = await asked;
  writing.cancel();
  answer.writeHead(200, { 'content-type': 'text/xml' });
  answer.end('<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>');
  expect(await writing.ended).toBe('finished');
});
