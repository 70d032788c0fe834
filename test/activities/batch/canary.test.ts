import {
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, type TestContext, test } from 'vitest';
import { roleActivities } from '#activities/iam/role.ts';
import type { CanarySpec } from '#domain/resources/batch.ts';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { computeRig } from './compute-rig.ts';

const rigOf = async (t: TestContext) => {
  const rig = await computeRig(t);
  await rig.makeQueue();
  const { canary: spec } = rig.specs;
  await new CloudWatchLogsClient(rig.account.client).send(new CreateLogGroupCommand({ logGroupName: spec.logGroup }));
  return {
    ...rig,
    spec,
    definitions: async () =>
      (await rig.batch.send(new DescribeJobDefinitionsCommand({ status: 'ACTIVE' }))).jobDefinitions ?? [],
    jobs: async () => {
      const { jobSummaryList = [] } = await rig.batch.send(
        new ListJobsCommand({ jobQueue: spec.queue, filters: [{ name: 'JOB_NAME', values: [spec.name] }] }),
      );
      return jobSummaryList;
    },
    /** Jobs wait from now on. */
    async disableEnvironment(): Promise<void> {
      const { name: computeEnvironment } = rig.specs.environment;
      await rig.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment, state: 'DISABLED' }));
      await expect.poll(async () => (await rig.environmentNamed(computeEnvironment))?.status).toBe('VALID');
    },
  };
};

test('one job of a definition that is tagged and small runs once, and then nothing of it is left', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  const { arn: executionRoleArn } = await complete(roleActivities(rig.deps).ensureRole, rig.specs.executionRole, []);
  const { jobId } = await complete(rig.ensureCanaryJob, spec, executionRoleArn);
  expect(await complete(rig.ensureCanaryJob, spec, executionRoleArn)).toEqual({ jobId });
  expect(await rig.definitions()).toMatchObject([
    {
      jobDefinitionName: spec.name,
      platformCapabilities: ['EC2'],
      propagateTags: true,
      tags: { 'eyrie:compute-environment': spec.owner.id, 'eyrie:launch': 'run-1' },
      containerProperties: {
        executionRoleArn,
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': spec.logGroup } },
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '128' },
        ],
      },
    },
  ]);
  expect(await complete(rig.awaitCanaryEnded, spec, jobId)).toMatchObject({ succeeded: true, reason: null });
  expect(await rig.findRemainingCanary(spec, 'run')).toMatchObject([{ name: spec.name }]);
  await complete(rig.deleteCanary, spec, BY_LAUNCH);
  await complete(rig.deleteCanary, spec, BY_LAUNCH);
  expect(await rig.definitions()).toEqual([]);
  expect(await rig.findRemainingCanary(spec, 'owner')).toEqual([]);
  const registered = (await rig.account.journal()).filter(({ operation }) =>
    /^(RegisterJobDefinition|SubmitJob)$/.test(operation),
  );
  expect(registered.map(({ operation }) => operation)).toEqual(['RegisterJobDefinition', 'SubmitJob']);
});

test('another try, of this run or of a later one, is another job', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  const later: CanarySpec = { ...spec, owner: { ...spec.owner, run: 'run-2' } };
  const ids = new Set<string>();
  for (const one of [spec, spec, later]) {
    ids.add((await complete(rig.ensureCanaryJob, one, null)).jobId);
    await complete(rig.deleteCanary, one, BY_WORKSPACE);
  }
  // A run that was killed has left its definition: the next one does not take its job for its own.
  ids.add((await complete(rig.ensureCanaryJob, spec, null)).jobId);
  ids.add((await complete(rig.ensureCanaryJob, later, null)).jobId);
  expect(ids.size).toBe(5);
  await complete(rig.deleteCanary, later, BY_WORKSPACE);
  expect(await rig.definitions()).toEqual([]);
});

test('while it waits its job is told of with what Batch says, and an undo ends it', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  await rig.disableEnvironment();
  const { jobId } = await complete(rig.ensureCanaryJob, spec, null);
  await expect.poll(async () => (await rig.jobs())[0]?.status).toBe('RUNNABLE');
  const looked = attempt(rig.awaitCanaryEnded, [spec, jobId]);
  await expect(looked).rejects.toMatchObject({ type: 'NotYet', message: expect.stringContaining('RUNNABLE') });
  expect(await rig.observeCanary(spec, jobId)).toMatch(/RUNNABLE.*No instance has started/);
  await complete(rig.deleteCanary, spec, BY_LAUNCH);
  await expect.poll(async () => (await rig.jobs())[0]?.status).toBe('FAILED');
  // Ended by that: whoever still looks is told so.
  expect(await complete(rig.awaitCanaryEnded, spec, jobId)).toMatchObject({
    succeeded: false,
    reason: expect.stringMatching(/It has told what it was to tell/),
  });
});

test('instances that take no job are told of, with what their consoles say', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  await rig.disableEnvironment();
  const { jobId } = await complete(rig.ensureCanaryJob, spec, null);
  await rig.ec2.send(
    new RunInstancesCommand({
      ImageId: rig.parts.imageId,
      InstanceType: 'm5.large',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: rig.parts.subnetIds[0],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'eyrie:compute-environment', Value: spec.owner.id }] },
      ],
    }),
  );
  await expect
    .poll(() => rig.observeCanary(spec, jobId))
    .toMatch(/RUNNABLE.*none of them takes it.*Instance i-\w+ is \w+.* (says|console)/);
  await complete(rig.deleteCanary, spec, BY_LAUNCH);
});

test.for(['throttle', 'internal', 'lost-answer'] as const)(
  '%s at each of its calls leaves nothing',
  async (fault, t) => {
    const rig = await rigOf(t);
    const { spec } = rig;
    const operations = ['RegisterJobDefinition', 'SubmitJob', 'DeregisterJobDefinition'];
    await rig.account.faults(...operations.map((operation) => ({ service: 'batch', operation, fault })));
    const { jobId } = await complete(rig.ensureCanaryJob, spec, null);
    await complete(rig.awaitCanaryEnded, spec, jobId);
    await complete(rig.deleteCanary, spec, BY_LAUNCH);
    expect(await rig.definitions()).toEqual([]);
    expect(await rig.jobs()).toHaveLength(1);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
  },
);

test('a definition of its name that is not ours is a conflict and stays, and so do its jobs', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  await rig.disableEnvironment();
  await rig.batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: spec.name,
      type: 'container',
      containerProperties: { image: 'theirs', vcpus: 1, memory: 128 },
    }),
  );
  const { jobId = '' } = await rig.batch.send(
    new SubmitJobCommand({ jobName: spec.name, jobQueue: spec.queue, jobDefinition: spec.name }),
  );
  await expect(complete(rig.ensureCanaryJob, spec, null)).rejects.toMatchObject({ type: 'Conflict' });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) await complete(rig.deleteCanary, spec, removal);
  expect(await rig.definitions()).toHaveLength(1);
  const { jobs } = await rig.batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
  expect(jobs).toMatchObject([{ isTerminated: false }]);
});

test('without its queue there is nothing to end, and what was registered goes all the same', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  await complete(rig.ensureCanaryJob, spec, null);
  const elsewhere = { ...spec, queue: 'gone' };
  await complete(rig.deleteCanary, elsewhere, BY_LAUNCH);
  expect(await rig.definitions()).toEqual([]);
});

test('a removal does not believe that nothing was made while a call may be under way', async (t) => {
  const rig = await rigOf(t);
  const unsure = { by: 'run', unsureSince: new Date().toISOString() } as const;
  await expect(attempt(rig.deleteCanary, [rig.spec, unsure])).rejects.toMatchObject({ type: 'NotYet' });
});
