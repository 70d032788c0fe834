import {
  CancelJobCommand,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DeleteComputeEnvironmentCommand,
  DeleteJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobStatus,
  ListJobsCommand,
  ListTagsForResourceCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TagResourceCommand,
  TerminateJobCommand,
  UntagResourceCommand,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import { MINUTE_MS } from '../support/sandbox.ts';
import { type Rig, refusal, rig, someResources, until } from './batch-rig.ts';

const environment = async (given: Rig, name: string): Promise<void> => {
  await given.batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: name,
      type: 'UNMANAGED',
    }),
  );
};
const queue = ({ batch }: Rig, name: string, ...environments: [number, string][]) =>
  batch.send(
    new CreateJobQueueCommand({
      jobQueueName: name,
      priority: 0,
      computeEnvironmentOrder: environments.map(([order, computeEnvironment]) => ({ order, computeEnvironment })),
    }),
  );
const listJobs = async ({ batch }: Rig, jobStatus?: JobStatus, jobQueue = 'q') => {
  const { jobSummaryList = [] } = await batch.send(
    new ListJobsCommand({ jobQueue, ...(jobStatus && { jobStatus }), maxResults: 100 }),
  );
  return jobSummaryList;
};
const describeQueue = async ({ batch }: Rig, name: string) =>
  (await batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }))).jobQueues?.[0];

test.concurrent('the 51st queue and the 51st environment are refused, and fit when one has gone', async (t) => {
  const given = await rig(t);
  for (let index = 0; index < 50; index++) {
    await environment(given, `ce-${index}`);
    await queue(given, `q-${index}`, [0, `ce-${index}`]);
  }
  expect(await refusal(environment(given, 'one-more'))).toMatch(/^ClientException: .*[Ll]imit exceeded.* 50/);
  expect(await refusal(queue(given, 'one-more', [0, 'ce-0']))).toMatch(/^ClientException: .*[Ll]imit exceeded.* 50/);

  await given.batch.send(new UpdateJobQueueCommand({ jobQueue: 'q-7', state: 'DISABLED' }));
  await given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q-7' }));
  await queue(given, 'one-more', [0, 'ce-0']);
  await given.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: 'ce-7', state: 'DISABLED' }));
  await given.batch.send(new DeleteComputeEnvironmentCommand({ computeEnvironment: 'ce-7' }));
  await environment(given, 'one-more');

  const names: unknown[] = [];
  let nextToken: string | undefined;
  do {
    const page = await given.batch.send(new DescribeComputeEnvironmentsCommand({ maxResults: 20, nextToken }));
    names.push(...(page.computeEnvironments ?? []).map((each) => each.computeEnvironmentName));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(new Set(names).size).toBe(50);
});

test.concurrent('a queue takes each environment and each order once, by name or ARN, and shows ARNs', async (t) => {
  const given = await rig(t);
  await environment(given, 'one');
  await environment(given, 'two');
  expect(await refusal(queue(given, 'q'))).toMatch(/must not be empty/);
  expect(await refusal(queue(given, 'q', [0, 'one'], [0, 'two']))).toMatch(/unique orders/);
  expect(await refusal(queue(given, 'q', [0, 'one'], [1, 'one']))).toMatch(/each compute environment once/);
  expect(await refusal(queue(given, 'q', [0, 'absent']))).toMatch(/absent does not exist/);
  const arn = `arn:aws:batch:us-east-1:${given.account.id}:compute-environment`;
  await queue(given, 'q', [2, `${arn}/one`], [1, 'two']);
  expect(await refusal(queue(given, 'q', [0, 'one']))).toBe('ClientException: Object already exists');
  expect(await describeQueue(given, 'q')).toMatchObject({
    state: 'ENABLED',
    status: 'VALID',
    computeEnvironmentOrder: [
      { order: 1, computeEnvironment: `${arn}/two` },
      { order: 2, computeEnvironment: `${arn}/one` },
    ],
  });
});

test.concurrent('a queue passes through CREATING, UPDATING and DELETING', async (t) => {
  const given = await rig(t);
  await environment(given, 'ce');
  await given.account.scale(1);
  await queue(given, 'q', [0, 'ce']);
  expect((await describeQueue(given, 'q'))?.status).toBe('CREATING');
  await given.account.pass(MINUTE_MS);
  await until(async () => expect((await describeQueue(given, 'q'))?.status).toBe('VALID'));
  await given.batch.send(new UpdateJobQueueCommand({ jobQueue: 'q', state: 'DISABLED', priority: 3 }));
  expect(await describeQueue(given, 'q')).toMatchObject({ status: 'UPDATING', state: 'DISABLED', priority: 3 });
  expect(await refusal(given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q' })))).toMatch(/being modified/);
  await given.account.pass(MINUTE_MS);
  await until(async () => expect((await describeQueue(given, 'q'))?.status).toBe('VALID'));
  await given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q' }));
  expect((await describeQueue(given, 'q'))?.status).toBe('DELETING');
  await given.account.pass(MINUTE_MS);
  await until(async () => expect(await describeQueue(given, 'q')).toBeUndefined());
});

test.concurrent('seeded jobs stay as they are until they are terminated, and keep the first reason', async (t) => {
  const given = await rig(t);
  await environment(given, 'ce');
  await queue(given, 'q', [0, 'ce']);
  await given.account.seed('POST jobs', { queue: 'q', count: 130, status: 'RUNNING' });
  await given.account.seed('POST jobs', { queue: 'q', count: 2, status: 'RUNNABLE' });

  const first = await given.batch.send(new ListJobsCommand({ jobQueue: 'q' }));
  expect(first.jobSummaryList).toHaveLength(100);
  const second = await given.batch.send(new ListJobsCommand({ jobQueue: 'q', nextToken: first.nextToken }));
  expect(second.jobSummaryList).toHaveLength(30);
  expect(second.nextToken).toBeUndefined();
  const [running] = await listJobs(given);
  const [waiting, other] = await listJobs(given, 'RUNNABLE');

  await given.account.scale(1);
  await given.batch.send(new CancelJobCommand({ jobId: running?.jobId, reason: 'cancelled' }));
  await given.batch.send(new CancelJobCommand({ jobId: other?.jobId, reason: 'cancelled' }));
  for (const { jobId } of [running, waiting].filter((job) => job !== undefined)) {
    await given.batch.send(new TerminateJobCommand({ jobId, reason: 'first' }));
    await given.batch.send(new TerminateJobCommand({ jobId, reason: 'second' }));
  }
  const jobs = [running?.jobId, waiting?.jobId, other?.jobId].map(String);
  const described = async () => (await given.batch.send(new DescribeJobsCommand({ jobs }))).jobs ?? [];
  expect((await described())[0]).toMatchObject({ status: 'RUNNING' });
  await given.account.pass(MINUTE_MS);
  await until(async () =>
    expect((await described()).map(({ status, statusReason }) => [status, statusReason])).toEqual([
      ['FAILED', 'first'],
      ['FAILED', 'first'],
      ['FAILED', 'cancelled'],
    ]),
  );
  expect(await listJobs(given, 'RUNNABLE')).toEqual([]);
});

test.concurrent('the end of a queue is the end of its jobs', async (t) => {
  const given = await rig(t);
  await environment(given, 'ce');
  await queue(given, 'q', [0, 'ce']);
  await given.account.seed('POST jobs', { queue: 'q', count: 1, status: 'STARTING' });
  const [job] = await listJobs(given, 'STARTING');
  const active = async () => (await given.account.inventory()).filter(({ type }) => type === 'AWS::Batch::Job');
  expect(await active()).toHaveLength(1);
  await given.batch.send(new UpdateJobQueueCommand({ jobQueue: 'q', state: 'DISABLED' }));
  await given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q' }));
  const { jobs } = await given.batch.send(new DescribeJobsCommand({ jobs: [String(job?.jobId)] }));
  expect(jobs?.[0]?.status).toBe('FAILED');
  expect(await active()).toEqual([]);
});

test.concurrent('a job needs an active definition and an enabled queue, and runs where an environment can take it', async (t) => {
  const given = await rig(t);
  const resources = await someResources(given);
  await given.batch.send(
    new CreateComputeEnvironmentCommand({ computeEnvironmentName: 'ce', type: 'MANAGED', computeResources: resources }),
  );
  await queue(given, 'q', [0, 'ce']);
  const submit = (jobDefinition: string) =>
    given.batch.send(new SubmitJobCommand({ jobName: 'job', jobQueue: 'q', jobDefinition }));
  expect(await refusal(submit('task'))).toMatch(/task does not exist/);
  const definition = { jobDefinitionName: 'task', type: 'container' } as const;
  expect(await refusal(given.batch.send(new RegisterJobDefinitionCommand(definition)))).toMatch(/containerProperties/);
  const containerProperties = { image: 'busybox', vcpus: 1, memory: 128 };
  await given.batch.send(new RegisterJobDefinitionCommand({ ...definition, containerProperties }));
  const { revision } = await given.batch.send(new RegisterJobDefinitionCommand({ ...definition, containerProperties }));
  expect(revision).toBe(2);
  await submit('task');
  expect(await listJobs(given, 'SUCCEEDED')).toMatchObject([
    { jobName: 'job', jobDefinition: expect.stringMatching(/task:2$/) },
  ]);
  await given.batch.send(new UpdateJobQueueCommand({ jobQueue: 'q', state: 'DISABLED' }));
  expect(await refusal(submit('task:1'))).toMatch(/not ENABLED and VALID/);
});

test.concurrent('tags of a queue can be added, listed and removed', async (t) => {
  const given = await rig(t);
  await environment(given, 'ce');
  const { jobQueueArn: resourceArn } = await queue(given, 'q', [0, 'ce']);
  await given.batch.send(new TagResourceCommand({ resourceArn, tags: { one: '1', two: '2' } }));
  await given.batch.send(new UntagResourceCommand({ resourceArn, tagKeys: ['one'] }));
  const { tags } = await given.batch.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual({ two: '2' });
  expect((await describeQueue(given, 'q'))?.tags).toEqual({ two: '2' });
});
