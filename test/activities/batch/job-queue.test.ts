import {
  DeleteJobQueueCommand,
  DescribeJobsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { MINUTE_MS } from '../../support/sandbox.ts';
import { adoptedCases } from '../adopted-cases.ts';
import { batchRig } from './batch-rig.ts';

adoptedCases({
  service: 'batch',
  type: 'AWS::Batch::JobQueue',
  operation: 'CreateJobQueue',
  deletion: 'DeleteJobQueue',
  open: (t) => batchRig(t),
  async prepare(rig) {
    const arn = await rig.makeEnvironment();
    const { name: jobQueue } = rig.queueSpec;
    return {
      async ensure(plan) {
        const ensured = await rig.ensureJobQueue(plan['job-queue'], arn);
        await complete(rig.awaitJobQueueValid, plan['job-queue']);
        return ensured;
      },
      async remove(plan, removal) {
        await rig.disableJobQueue(plan['job-queue'], removal);
        await rig.deleteJobQueue(plan['job-queue'], removal);
        await rig.awaitJobQueueGone(plan['job-queue'], removal);
      },
      async seed(tags = {}) {
        await rig.seedQueue(arn, { ...rig.queueSpec.tags, ...tags });
        return jobQueue;
      },
      untag: async (_, tagKeys) =>
        rig.batch.send(new UntagResourceCommand({ resourceArn: (await rig.queue())?.jobQueueArn, tagKeys })),
      async destroy() {
        await rig.batch.send(new UpdateJobQueueCommand({ jobQueue, state: 'DISABLED' }));
        await rig.batch.send(new DeleteJobQueueCommand({ jobQueue }));
      },
    };
  },
  drifts: {
    'its state': ({ batch }, jobQueue) => batch.send(new UpdateJobQueueCommand({ jobQueue, state: 'DISABLED' })),
    'its priority': ({ batch }, jobQueue) => batch.send(new UpdateJobQueueCommand({ jobQueue, priority: 9 })),
    'its name': async ({ batch, queue }) =>
      batch.send(new TagResourceCommand({ resourceArn: (await queue())?.jobQueueArn, tags: { Name: 'changed' } })),
  },
  strangers: {
    'one without the Name tag': async (rig) =>
      rig.seedQueue((await rig.environment())?.computeEnvironmentArn ?? '', {}),
  },
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
  await expect.poll(async () => (await rig.queue())?.status).toBe('VALID');
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
  await rig.account.scale(1);
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
  await rig.account.pass(MINUTE_MS);
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
  await rig.account.seed('POST jobs', { queue: rig.queueSpec.name, count: 1, status: 'RUNNABLE' });
  expect([await rig.observeActiveJobs(again), await rig.observeRunningJobs(again)]).toEqual([3, 2]);
  // Control: its own does both.
  await expect(attempt(rig.awaitJobsEnded, [rig.queueSpec, BY_LAUNCH])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(rig.terminateJobs, rig.queueSpec, BY_LAUNCH);
  await complete(rig.awaitJobsEnded, rig.queueSpec, BY_LAUNCH);
  expect(await rig.observeActiveJobs(again)).toBe(0);
});
