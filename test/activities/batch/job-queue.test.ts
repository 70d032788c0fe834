import { DescribeJobsCommand, TagResourceCommand, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { batchRig } from './batch-rig.ts';

test('made twice is made once, and nothing is updated that does not differ', async (t) => {
  const rig = await batchRig(t);
  const arn = await rig.makeEnvironment();
  const first = await attempt(rig.ensureJobQueue, [rig.queueSpec, arn]);
  await complete(rig.awaitJobQueueValid, rig.queueSpec);
  const before = await rig.batchItems();
  expect(await complete(rig.ensureJobQueue, rig.queueSpec, arn)).toEqual(first);
  expect(await rig.batchItems()).toEqual(before);
  expect((await rig.account.journal()).filter(({ operation }) => operation === 'UpdateJobQueue')).toEqual([]);
  expect((await rig.queue())?.tags).toMatchObject({ 'eyrie:launch': 'launch-1', ...rig.queueSpec.tags });
});

test('state, priority and tags that drifted are put right', async (t) => {
  const rig = await batchRig(t);
  const arn = await rig.makeEnvironment();
  await rig.makeQueue(arn);
  const before = await rig.batchItems();
  const { name: jobQueue } = rig.queueSpec;
  const drifts = [
    () => rig.batch.send(new UpdateJobQueueCommand({ jobQueue, state: 'DISABLED' })),
    () => rig.batch.send(new UpdateJobQueueCommand({ jobQueue, priority: 9 })),
    async () => {
      const resourceArn = (await rig.queue())?.jobQueueArn;
      await rig.batch.send(new TagResourceCommand({ resourceArn, tags: { Name: 'drifted' } }));
    },
  ];
  for (const drift of drifts) {
    await drift();
    expect(await rig.batchItems()).not.toEqual(before);
    await complete(rig.ensureJobQueue, rig.queueSpec, arn);
    await complete(rig.awaitJobQueueValid, rig.queueSpec);
    expect(await rig.batchItems()).toEqual(before);
  }
});

test("Hatchery's queue is adopted and switched on; only a disposal takes it", async (t) => {
  const rig = await batchRig(t);
  const arn = await rig.makeEnvironment();
  await rig.seedQueue(arn);
  expect((await complete(rig.ensureJobQueue, rig.queueSpec, arn)).made.origin).toBe('adopted');
  await complete(rig.awaitJobQueueValid, rig.queueSpec);
  expect(await rig.queue()).toMatchObject({ state: 'ENABLED', priority: 0 });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) {
    expect(await rig.queue()).toMatchObject({ state: 'ENABLED' });
    for (const step of [rig.disableJobQueue, rig.deleteJobQueue, rig.awaitJobQueueGone]) {
      await complete(step, rig.queueSpec, removal);
    }
  }
  expect((await rig.batchItems()).map(({ type }) => type)).toEqual(['AWS::Batch::ComputeEnvironment']);
});

test.for([
  ['without the Name tag', {}],
  ['of another workspace', { 'eyrie:workspace': 'other.user', 'eyrie:launch': 'launch-1' }],
] as const)('a queue %s stays as it is, and so do its jobs', async ([what, tags], t) => {
  const rig = await batchRig(t);
  const arn = await rig.makeEnvironment();
  await rig.seedQueue(arn, { ...(what === 'of another workspace' && rig.queueSpec.tags), ...tags });
  await rig.account.seed('POST jobs', { queue: rig.queueSpec.name, count: 2, status: 'RUNNING' });
  await expect.poll(async () => (await rig.queue())?.status, { timeout: 20_000 }).toBe('VALID');
  const before = await rig.batchItems();
  await expect(attempt(rig.ensureJobQueue, [rig.queueSpec, arn])).rejects.toMatchObject({ type: 'Conflict' });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) {
    for (const step of [
      rig.terminateJobs,
      rig.awaitJobsEnded,
      rig.disableJobQueue,
      rig.deleteJobQueue,
      rig.awaitJobQueueGone,
    ]) {
      await attempt(step, [rig.queueSpec, removal]);
    }
  }
  expect(await rig.observeActiveJobs(rig.queueSpec)).toBe(0);
  expect(await rig.batchItems()).toEqual(before);
});

test('undone twice leaves nothing', async (t) => {
  const rig = await batchRig(t);
  await rig.makeQueue(await rig.makeEnvironment());
  for (const step of [rig.disableJobQueue, rig.deleteJobQueue, rig.awaitJobQueueGone]) {
    await complete(step, rig.queueSpec, BY_LAUNCH);
    await complete(step, rig.queueSpec, BY_LAUNCH);
  }
  await attempt(rig.disableJobQueue, [rig.queueSpec, BY_LAUNCH]);
  await attempt(rig.deleteJobQueue, [rig.queueSpec, BY_LAUNCH]);
  expect((await rig.batchItems()).map(({ type }) => type)).toEqual(['AWS::Batch::ComputeEnvironment']);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const rig = await batchRig(t);
  const arn = await rig.makeEnvironment();
  const operations = ['CreateJobQueue', 'UpdateJobQueue', 'DeleteJobQueue'];
  await rig.account.faults(...operations.map((operation) => ({ service: 'batch', operation, fault })));
  expect((await complete(rig.ensureJobQueue, rig.queueSpec, arn)).made.origin).toBe('created');
  await complete(rig.awaitJobQueueValid, rig.queueSpec);
  for (const step of [rig.disableJobQueue, rig.deleteJobQueue, rig.awaitJobQueueGone]) {
    await complete(step, rig.queueSpec, BY_LAUNCH);
  }
  expect((await rig.batchItems()).map(({ type }) => type)).toEqual(['AWS::Batch::ComputeEnvironment']);
  expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
});

test('every job is told to end once, on all pages and in every state, with the reason that users know', async (t) => {
  const rig = await batchRig(t);
  await rig.makeQueue(await rig.makeEnvironment());
  const seed = (status: string, count: number) =>
    rig.account.seed('POST jobs', { queue: rig.queueSpec.name, count, status });
  await rig.account.scale(0.2);
  for (const status of ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'SUCCEEDED']) await seed(status, 1);
  await seed('RUNNING', 100);
  const { jobs } = (await seed('RUNNING', 1)) as { jobs: { jobId: string }[] };
  const toldSoFar = async () =>
    (await rig.account.journal()).filter(({ operation }) => operation === 'TerminateJob').length;
  // A look changes nothing.
  await expect(attempt(rig.awaitJobsEnded, [rig.queueSpec, BY_WORKSPACE])).rejects.toMatchObject({ type: 'NotYet' });
  expect(await toldSoFar()).toBe(0);
  // One that starts between two tries is told by the second; the first tells that it may not have been all.
  const first = attempt(rig.terminateJobs, [rig.queueSpec, BY_WORKSPACE]);
  await expect(first).rejects.toMatchObject({ type: 'NotYet', message: expect.stringContaining('105') });
  await seed('RUNNING', 1);
  await complete(rig.terminateJobs, rig.queueSpec, BY_WORKSPACE);
  expect(await toldSoFar()).toBe(106);
  await complete(rig.awaitJobsEnded, rig.queueSpec, BY_WORKSPACE);
  expect((await rig.batchItems()).filter(({ type }) => type === 'AWS::Batch::Job')).toEqual([]);
  const ended = await rig.batch.send(new DescribeJobsCommand({ jobs: jobs.map(({ jobId }) => jobId) }));
  expect(ended.jobs?.map(({ statusReason }) => statusReason)).toEqual(["User's workspace was terminated"]);
  expect(await toldSoFar()).toBe(106);
});

test('an undo of another launch neither ends the jobs of a queue that it found nor waits for them', async (t) => {
  const rig = await batchRig(t);
  await rig.makeQueue(await rig.makeEnvironment());
  await rig.account.seed('POST jobs', { queue: rig.queueSpec.name, count: 2, status: 'RUNNING' });
  const again = rig.planOf('launch-2')['job-queue'];
  await attempt(rig.terminateJobs, [again, BY_LAUNCH]);
  await attempt(rig.awaitJobsEnded, [again, BY_LAUNCH]);
  expect(await rig.observeActiveJobs(again)).toBe(2);
  // Control: its own does both.
  await expect(attempt(rig.awaitJobsEnded, [rig.queueSpec, BY_LAUNCH])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(rig.terminateJobs, rig.queueSpec, BY_LAUNCH);
  await complete(rig.awaitJobsEnded, rig.queueSpec, BY_LAUNCH);
  expect(await rig.observeActiveJobs(again)).toBe(0);
});
