/** The clients of AWS and the governor: which calls wait for a turn, and what it is told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, type TestContext, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { createGovernor, type Governor, type Lane, type Patience } from '#aws/governor.ts';
import { patienceOf } from '#aws/governor-lanes.ts';
import { codeOf } from '#domain/core/failures.ts';
import { ec2, type Reply } from './replies.ts';

const ACCOUNT = { accountId: '111122223333', region: 'us-east-1', roleArn: null, externalId: null };
const OK: Reply = { status: 200, headers: { 'content-type': 'text/xml' }, body: '<Response></Response>' };

const prepare = async (t: TestContext, reply: Reply) => {
  const log: string[] = [];
  const server = createServer((request, response) => {
    log.push('sent');
    request.resume().on('end', () => response.writeHead(reply.status, reply.headers).end(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const textOf = ({ name, region }: Lane): string => `${name} ${region}`;
  const governor: Governor = {
    admit: async (lane) => void log.push(`admit ${textOf(lane)}`),
    throttled: (lane) => void log.push(`throttled ${textOf(lane)}`),
  };
  const { port } = server.address() as AddressInfo;
  const credentials = async () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' });
  const aws = createAws({ endpoint: `http://127.0.0.1:${port}`, credentials, governor });
  return { aws, log };
};

const createVpc = new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' });

test('a write waits for its turn, a read does not', async (t) => {
  const { aws, log } = await prepare(t, OK);
  await aws.ec2(ACCOUNT).send(new DescribeVpcsCommand({}));
  await aws.ec2(ACCOUNT).send(createVpc);
  expect(log).toEqual(['sent', 'admit ec2 us-east-1', 'sent']);
});

test('a throttled write is told, another refusal is not', async (t) => {
  const throttling = await prepare(t, ec2('RequestLimitExceeded', 'Request limit exceeded.', 503));
  await expect(throttling.aws.ec2(ACCOUNT).send(createVpc)).rejects.toMatchObject({ type: 'Throttled' });
  expect(throttling.log).toEqual(['admit ec2 us-east-1', 'sent', 'throttled ec2 us-east-1']);
  const refusing = await prepare(t, ec2('VpcLimitExceeded', 'Too many.', 400));
  await expect(refusing.aws.ec2(ACCOUNT).send(createVpc)).rejects.toMatchObject({ type: 'QuotaExceeded' });
  expect(refusing.log).toEqual(['admit ec2 us-east-1', 'sent']);
});

test('what is without a rate, as the control bucket, never waits', async () => {
  const governor = createGovernor({ ec2: { perSecond: 1, burst: 1 } });
  const none: Lane = { name: 's3', account: ACCOUNT.accountId, region: 'us-east-1' };
  await Promise.all(Array.from({ length: 1_000 }, () => governor.admit(none)));
});

test('the wait of an activity leaves the call its time, and ends with the activity', async () => {
  const environment = new MockActivityEnvironment({
    currentAttemptScheduledTimestampMs: 1_000_000,
    startToCloseTimeoutMs: 30_000,
  });
  const { until, signal } = (await environment.run(async () => patienceOf(20_000))) as Patience;
  expect(until).toBe(1_010_000);
  environment.cancel();
  expect(signal?.aborted).toBe(true);
  expect(patienceOf(20_000)).toEqual({});
});

test('a write that would have no time left is not sent, and fails as throttled', async (t) => {
  const { aws, log } = await prepare(t, OK);
  const governed = createAws({
    endpoint: 'http://127.0.0.1:9',
    credentials: async () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' }),
    governor: createGovernor({ ec2: { perSecond: 0.001, burst: 0 } }),
  });
  const environment = new MockActivityEnvironment({
    currentAttemptScheduledTimestampMs: Date.now(),
    startToCloseTimeoutMs: 30_000,
  });
  const error = await environment
    .run(async () => await governed.ec2(ACCOUNT).send(createVpc))
    .catch((failure: unknown) => failure);
  expect(codeOf(error)).toBe('Throttled');
  // Control: another lane of the same clients goes through.
  await aws.s3(ACCOUNT).send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: '{}' }));
  expect(log.at(-1)).toBe('sent');
});
