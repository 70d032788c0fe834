import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { type SandboxAccount, sandboxAccount, sandboxSecrets } from '../../support/sandbox.ts';

type Options = SandboxAccount['client'] & { readonly systemClockOffset?: number };

const CALLS: Record<string, (options: Options) => Promise<unknown>> = {
  sts: (options) => new STSClient(options).send(new GetCallerIdentityCommand({})),
  ec2: (options) => new EC2Client(options).send(new DescribeVpcsCommand({})),
  kms: (options) => new KMSClient(options).send(new ListKeysCommand({})),
  batch: (options) => new BatchClient(options).send(new DescribeJobQueuesCommand({})),
  s3: (options) => new S3Client(options).send(new ListBucketsCommand({})),
};

test.for([
  ['sts', 'SignatureDoesNotMatch', 'InvalidClientTokenId'],
  ['ec2', 'AuthFailure', 'AuthFailure'],
  ['kms', 'InvalidSignatureException', 'UnrecognizedClientException'],
  ['batch', 'InvalidSignatureException', 'UnrecognizedClientException'],
  ['s3', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'],
] as const)(
  '%s refuses a wrong secret and an unknown key in its own words',
  async ([service, wrongSecret, unknownKey], t) => {
    const { client, id } = await sandboxAccount(t);
    const call = (accessKeyId: string, secretAccessKey: string) =>
      CALLS[service]?.({ ...client, credentials: { accessKeyId, secretAccessKey } });
    await expect(call(id, 'wrong')).rejects.toMatchObject({ name: wrongSecret });
    await expect(call('AKIAUNKNOWN', 'sandbox')).rejects.toMatchObject({ name: unknownKey });
    await expect(call(id, 'sandbox')).resolves.toBeDefined(); // control
  },
);

test('the 12-digit access key id chooses the account', async (t) => {
  const one = await sandboxAccount(t);
  const other = await sandboxAccount(t);
  await new IAMClient(one.client).send(new CreateUserCommand({ UserName: 'anna' }));
  const identity = await new STSClient(other.client).send(new GetCallerIdentityCommand({}));
  expect(identity.Account).toBe(other.id);
  expect((await one.inventory()).map(({ name }) => name)).toContain('anna');
  expect(await other.inventory()).toEqual([]);
});

test('a key of IAM signs for its user until it is deactivated, and its secret is listed', async (t) => {
  const account = await sandboxAccount(t);
  const iam = new IAMClient(account.client);
  await iam.send(new CreateUserCommand({ UserName: 'anna' }));
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: 'anna' }));
  const credentials = { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' };
  const sts = new STSClient({ ...account.client, credentials });
  const identity = await sts.send(new GetCallerIdentityCommand({}));
  expect(identity.Arn).toBe(`arn:aws:iam::${account.id}:user/anna`);
  expect(await sandboxSecrets()).toContain(credentials.secretAccessKey);

  await iam.send(
    new UpdateAccessKeyCommand({ UserName: 'anna', AccessKeyId: credentials.accessKeyId, Status: 'Inactive' }),
  );
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
});

test('a fresh key of IAM is unknown until it has propagated', async (t) => {
  const account = await sandboxAccount(t);
  const iam = new IAMClient(account.client);
  await iam.send(new CreateUserCommand({ UserName: 'anna' }));
  await account.scale(1000); // longer than any test
  const { AccessKey: slow } = await iam.send(new CreateAccessKeyCommand({ UserName: 'anna' }));
  await account.scale(0);
  const { AccessKey: quick } = await iam.send(new CreateAccessKeyCommand({ UserName: 'anna' }));
  const identify = (key = slow) =>
    new STSClient({
      ...account.client,
      credentials: { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' },
    }).send(new GetCallerIdentityCommand({}));
  await expect(identify(slow)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(identify(quick)).resolves.toMatchObject({ Account: account.id });
});

test('a request without a signature is refused as the service does', async (t) => {
  const { endpoint } = await sandboxAccount(t);
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const sts = await fetch(endpoint, { method: 'POST', body });
  expect([sts.status, await sts.text()]).toEqual([
    403,
    expect.stringContaining('<Code>MissingAuthenticationToken</Code>'),
  ]);
  const s3 = await fetch(`${endpoint}/some-bucket/key`);
  expect([s3.status, await s3.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
});

test('a clock that is 16 minutes off is refused, 14 minutes are not', async (t) => {
  const { client } = await sandboxAccount(t);
  const at = (minutes: number, service: 's3' | 'sts') =>
    CALLS[service]?.({ ...client, systemClockOffset: minutes * 60_000 });
  for (const sign of [-1, 1]) {
    await expect(at(16 * sign, 's3')).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    await expect(at(16 * sign, 'sts')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(at(14 * sign, 's3')).resolves.toBeDefined();
    await expect(at(14 * sign, 'sts')).resolves.toBeDefined();
  }
});
