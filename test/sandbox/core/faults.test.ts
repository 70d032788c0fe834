import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateUserCommand, GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../../support/sandbox.ts';

const failureOf = async (call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> => {
  try {
    await call;
  } catch (error) {
    const { name, code, $metadata } = error as { name: string; code?: string; $metadata?: { httpStatusCode?: number } };
    // The SDK calls its class ServiceFailureException where the wire says ServiceFailure.
    return {
      code: (code ?? name).replace(/^ServiceFailureException$/, 'ServiceFailure'),
      status: $metadata?.httpStatusCode,
    };
  }
  throw new Error('the call succeeded');
};

const CALLS = {
  iam: ['CreateUser', (client: object) => new IAMClient(client).send(new CreateUserCommand({ UserName: 'anna' }))],
  ec2: [
    'CreateVpc',
    (client: object) => new EC2Client(client).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })),
  ],
  batch: ['DescribeJobQueues', (client: object) => new BatchClient(client).send(new DescribeJobQueuesCommand({}))],
  s3: ['ListBuckets', (client: object) => new S3Client(client).send(new ListBucketsCommand({}))],
} as const;

test.for([
  ['throttle', 'iam', 'Throttling', 400],
  ['throttle', 'ec2', 'RequestLimitExceeded', 503],
  ['throttle', 'batch', 'TooManyRequestsException', 429],
  ['throttle', 's3', 'SlowDown', 503],
  ['denied', 'iam', 'AccessDenied', 403],
  ['denied', 'ec2', 'UnauthorizedOperation', 403],
  ['denied', 'batch', 'AccessDeniedException', 403],
  ['denied', 's3', 'AccessDenied', 403],
  ['internal', 'iam', 'ServiceFailure', 500],
  ['internal', 'ec2', 'InternalError', 500],
] as const)('%s on %s is answered with %s and has no effect', async ([fault, service, code, status], t) => {
  const account = await sandboxAccount(t);
  const [operation, call] = CALLS[service];
  await account.faults({ service, operation, fault });
  const before = await account.inventory();
  expect(await failureOf(call(account.client))).toEqual({ code, status });
  expect(await account.inventory()).toEqual(before);
  expect((await account.journal()).at(-1)).toMatchObject({ operation, fault, status, errorCode: code });
  await expect(call(account.client)).resolves.toBeDefined(); // once only
});

test('reset cuts the connection and nothing has happened', async (t) => {
  const account = await sandboxAccount(t);
  await account.faults({ service: 'iam', operation: 'CreateUser', fault: 'reset' });
  expect(await failureOf(CALLS.iam[1](account.client))).toMatchObject({ code: 'ECONNRESET', status: undefined });
  expect(await account.inventory()).toEqual([]);
  expect((await account.journal()).at(-1)).toMatchObject({ fault: 'reset', status: null });
});

test('lost-answer cuts the connection after the user has been made', async (t) => {
  const account = await sandboxAccount(t);
  await account.faults({ service: 'iam', operation: 'CreateUser', fault: 'lost-answer' });
  expect(await failureOf(CALLS.iam[1](account.client))).toMatchObject({ code: 'ECONNRESET', status: undefined });
  expect(await account.inventory()).toEqual([expect.objectContaining({ type: 'AWS::IAM::User', name: 'anna' })]);
  expect((await account.journal()).at(-1)).toMatchObject({ fault: 'lost-answer', status: 200 });
  expect(await failureOf(CALLS.iam[1](account.client))).toMatchObject({ code: 'EntityAlreadyExistsException' });
});

test('slow is done at once and answered late', async (t) => {
  const account = await sandboxAccount(t);
  const iam = new IAMClient(account.client);
  await account.faults({ service: 'iam', operation: 'CreateUser', fault: 'slow', delayMs: 6_000 });
  let answered = false;
  const slow = CALLS.iam[1](account.client).then(() => {
    answered = true;
  });
  await expect.poll(() => iam.send(new GetUserCommand({ UserName: 'anna' })).catch(() => undefined)).toBeDefined();
  expect(answered).toBe(false);
  await slow;
});

test('rules count: skip, times, first match wins, and other accounts are left alone', async (t) => {
  const account = await sandboxAccount(t);
  const other = await sandboxAccount(t);
  const ids = await account.faults(
    { service: 'ec2', operation: 'DescribeVpcs', fault: 'throttle', skip: 1, times: 2 },
    { service: 'ec2', operation: '*', fault: 'denied', times: -1 },
  );
  const look = ({ client }: typeof account) => new EC2Client(client).send(new DescribeVpcsCommand({}));
  const codes = [];
  for (let call = 0; call < 4; call += 1) codes.push((await failureOf(look(account))).code);
  expect(codes).toEqual([
    'UnauthorizedOperation',
    'RequestLimitExceeded',
    'RequestLimitExceeded',
    'UnauthorizedOperation',
  ]);
  expect(await account.faultStates()).toEqual([
    expect.objectContaining({ id: ids[0], hits: 2, remaining: 0 }),
    expect.objectContaining({ id: ids[1], hits: 2, remaining: -1 }),
  ]);
  await expect(look(other)).resolves.toBeDefined();
});

test('the rules of one account can be cleared without the others', async (t) => {
  const one = await sandboxAccount(t);
  const other = await sandboxAccount(t);
  for (const account of [one, other]) await account.faults({ service: 'sts', operation: '*', fault: 'denied' });
  await one.clearFaults();
  expect(await one.faultStates()).toEqual([]);
  expect(await other.faultStates()).toHaveLength(1);
});

test('the journal names the code of an answer to HEAD, which has no body', async (t) => {
  const account = await sandboxAccount(t);
  const head = () =>
    new S3Client({ ...account.client, maxAttempts: 1 }).send(new HeadBucketCommand({ Bucket: 'b-any' }));
  await account.faults({ service: 's3', operation: 'HeadBucket', fault: 'throttle' });
  await expect(head()).rejects.toThrow();
  expect((await account.journal()).at(-1)).toMatchObject({ status: 503, errorCode: 'SlowDown', fault: 'throttle' });
});
