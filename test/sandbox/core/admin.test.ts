import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetUserCommand, IAMClient, SimulateCustomPolicyCommand } from '@aws-sdk/client-iam';
import { ImagebuilderClient, ListInfrastructureConfigurationsCommand } from '@aws-sdk/client-imagebuilder';
import {
  CreateBucketCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  ListBucketsCommand,
  PutBucketMetricsConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { adminCall } from 'eyrie-sandbox/client';
import { expect, test } from 'vitest';
import { createTiming } from '../../../sandbox/endpoint/timing.ts';
import { sandboxAccount, sandboxEndpoints } from '../../support/sandbox.ts';

const admin = async (method: string, path: string, body?: string) => {
  const { aws } = await sandboxEndpoints();
  const response = await fetch(`${aws}/_sandbox/${path}`, { method, ...(body !== undefined && { body }) });
  return { status: response.status, body: (await response.json()) as { error?: string } };
};

test('the journal tells who did what, in order, with the outcome', async (t) => {
  const account = await sandboxAccount(t);
  const ec2 = new EC2Client(account.client);
  await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  await ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-0123456789abcdef0'] })).catch(() => undefined);
  await new IAMClient(account.client).send(new GetUserCommand({ UserName: 'nobody' })).catch(() => undefined);
  const journal = await account.journal();
  const common = { account: account.id, region: 'us-east-1', accessKeyId: account.id, fault: null };
  expect(journal).toEqual(
    [
      { service: 'ec2', operation: 'CreateVpc', mutating: true, resource: null, status: 200, errorCode: null },
      {
        service: 'ec2',
        operation: 'DescribeVpcs',
        mutating: false,
        resource: 'vpc-0123456789abcdef0',
        status: 400,
        errorCode: 'InvalidVpcID.NotFound',
      },
      {
        service: 'iam',
        operation: 'GetUser',
        mutating: false,
        resource: 'nobody',
        status: 404,
        errorCode: 'NoSuchEntity',
      },
    ].map((entry) => ({ ...common, ...entry, seq: expect.any(Number), time: expect.stringMatching(/^\d{4}-.*Z$/) })),
  );
  const seqs = journal.map(({ seq }) => seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  expect(await account.journal(seqs[1])).toEqual([journal[2]]);
});

test('an operation that does not exist behind the layer is a client error that no SDK repeats', async (t) => {
  const { client } = await sandboxAccount(t);
  const simulate = new SimulateCustomPolicyCommand({
    PolicyInputList: ['{}'],
    ActionNames: ['s3:Get'],
  });
  await expect(new IAMClient(client).send(simulate)).rejects.toMatchObject({
    name: 'InvalidAction',
    $metadata: { httpStatusCode: 400 },
  });
  const list = new ListInfrastructureConfigurationsCommand({});
  await expect(new ImagebuilderClient(client).send(list)).rejects.toMatchObject({
    name: 'UnknownOperationException',
    $metadata: { httpStatusCode: 400 },
  });
});

test('an S3 operation that moto takes for another one is refused, and nothing has changed', async (t) => {
  const { client, id } = await sandboxAccount(t);
  const s3 = new S3Client(client);
  const Bucket = `b-${id}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const refused = { name: 'NotImplemented', $metadata: { httpStatusCode: 501, attempts: 1 } };
  // moto would delete the bucket, and make one.
  await expect(
    s3.send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: 'x' })),
  ).rejects.toMatchObject(refused);
  await expect(
    s3.send(
      new PutBucketMetricsConfigurationCommand({ Bucket: `other-${id}`, Id: 'x', MetricsConfiguration: { Id: 'x' } }),
    ),
  ).rejects.toMatchObject(refused);
  expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
});

test.for([
  ['PUT', 'timing', '{"scale": -1}', 'scale'],
  ['PUT', 'timing', '{"speed": 1}', 'speed'],
  ['PUT', 'timing', '{"passMs": 1}', 'account'],
  ['PUT', 'timing', '{"passMs": -1, "account": "111122223333"}', 'passMs'],
  ['PUT', 'timing', 'nonsense', 'not JSON'],
  ['POST', 'faults', '{}', 'expected array'],
  ['POST', 'faults', '[{"service": "iam", "operation": "*", "fault": "explode"}]', '0.fault'],
  ['POST', 'faults', '[{"service": "iam", "operation": "*", "fault": "slow"}]', 'delayMs'],
  ['PUT', 'accounts/12/quotas', '{}', '12 digits'],
  ['PUT', 'accounts/123456789012/quotas', '{"vpcs": -1}', 'vpcs'],
  ['GET', 'journal?after=x', undefined, 'after'],
  ['POST', 'faults', '[{"service": "iam", "operation": "createRole", "fault": "reset"}]', '0.operation'],
  ['POST', 'accounts/123456789012/jobs', '{"queue": "q", "count": -1, "status": "RUNNING"}', 'count'],
  ['POST', 'accounts/123456789012/jobs', '{"queue": "q", "count": 1, "status": "DONE"}', 'status'],
  ['POST', 'accounts/123456789012/jobs', '{"count": 1, "status": "RUNNING"}', 'queue'],
  ['POST', 'accounts/123456789012/jobs', undefined, 'expected object'],
  ['POST', 'accounts/123456789012/images', '[]', 'expected object'],
  ['POST', 'accounts/123456789012/images', '{"image": []}', 'image'],
  ['POST', 'accounts/123456789012/images', '{"images": [{"id": "x", "name": "n"}]}', 'images.0.id'],
  [
    'POST',
    'accounts/123456789012/images',
    '{"images": [{"id": "ami-0123456789abcdef0", "name": "n", "architecture": "z80"}]}',
    'images.0.architecture',
  ],
  ['POST', 'accounts/123456789012/images', '{"pipelines": [{"arn": "p", "images": []}]}', 'pipelines.0.arn'],
  [
    'POST',
    'accounts/123456789012/images',
    '{"pipelines": [{"arn": "arn:aws:imagebuilder:us-east-1:123456789012:image-pipeline/p", "images": [{"state": "AVAILABLE", "dateCreated": "yesterday", "amis": []}]}]}',
    'pipelines.0.images.0.dateCreated',
  ],
] as const)('%s %s with %s is refused and says what is wrong', async ([method, path, body, part]) => {
  const answer = await admin(method, path, body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toContain(part);
});

test('an unknown admin route is 404', async () => {
  expect((await admin('GET', 'nothing')).status).toBe(404);
  expect((await admin('POST', 'accounts/123456789012/nothing')).status).toBe(404);
});

test('quotas begin with the documented values and change one by one', async (t) => {
  const account = await sandboxAccount(t);
  const documented = {
    vpcs: 100,
    queues: 50,
    computeEnvironments: 50,
    gatewayEndpoints: 100,
    addresses: 100,
    natGatewaysPerZone: 100,
  };
  expect(await account.quotas({})).toEqual(documented);
  expect(await account.quotas({ vpcs: 3 })).toEqual({ ...documented, vpcs: 3 });
});

test('delays follow the scale of their account, and the same seed gives the same spread', () => {
  const timing = createTiming(0.5, 7);
  const spread = () => [1, 2, 3].map(() => timing.delay(10_000, 0.2));
  const first = spread();
  timing.change({ seed: 7 });
  expect(spread()).toEqual(first);
  expect(new Set(first).size).toBe(3);
  for (const delay of first) expect(delay).toSatisfy((ms: number) => ms >= 4_000 && ms <= 6_000);
  timing.change({ scale: 0, account: '111122223333' });
  expect(timing.within('111122223333', () => timing.delay(1_000))).toBe(0);
  expect(timing.within('444455556666', () => timing.delay(1_000))).toBe(500);
});

test('time passes at once where it is told to, and nowhere else', () => {
  const timing = createTiming(1);
  const [here, elsewhere] = ['111122223333', '444455556666'];
  timing.change({ account: here, passMs: 3_600_000 });
  timing.change({ account: here, passMs: 3_600_000 });
  const aheadIn = (account: string) => Math.round((timing.within(account, timing.now) - Date.now()) / 60_000);
  expect([aheadIn(here), aheadIn(elsewhere)]).toEqual([120, 0]);
  expect(timing.state().ahead).toEqual({ [here]: 7_200_000 });
});

test('health answers, and timing reads back', async (t) => {
  const account = await sandboxAccount(t);
  expect((await admin('GET', 'health')).status).toBe(200);
  await account.scale(0.25);
  const state = (await adminCall(account.endpoint, 'GET', 'timing')) as { accounts: Record<string, number> };
  expect(state.accounts[account.id]).toBe(0.25);
});

test('a seed that a service refuses is the fault of whoever sent it', async (t) => {
  const account = await sandboxAccount(t);
  const seeded = account.seed('POST jobs', { queue: 'absent', count: 1, status: 'RUNNABLE' });
  await expect(seeded).rejects.toThrow('400');
});
