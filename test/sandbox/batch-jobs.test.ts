/** Jobs that live: states, environments that fit, shares, behaviours that were told, logs. */
import {
  BatchClient,
  type ComputeResource,
  type ContainerProperties,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  type CreateJobQueueCommandInput,
  CreateSchedulingPolicyCommand,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  type JobDetail,
  ListJobsCommand,
  type ListJobsCommandInput,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { expect, type TestContext, test } from 'vitest';
import { createRole, refusal, rig, someResources, until } from './batch-rig.ts';
import { limitedCaller, missingRight } from './caller.ts';

const CONTAINER: ContainerProperties = {
  image: 'busybox',
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '128' },
  ],
};

const start = async (t: TestContext) => {
  const given = await rig(t);
  const { batch } = given;
  const resources = await someResources(given);
  const environment = (name: string, computeResources: ComputeResource = resources) =>
    batch.send(
      new CreateComputeEnvironmentCommand({ computeEnvironmentName: name, type: 'MANAGED', computeResources }),
    );
  const queue = (name: string, computeEnvironment: string, more: Partial<CreateJobQueueCommandInput> = {}) => {
    const computeEnvironmentOrder = [{ order: 0, computeEnvironment }];
    return batch.send(new CreateJobQueueCommand({ jobQueueName: name, priority: 1, computeEnvironmentOrder, ...more }));
  };
  const define = (name: string, container: Partial<ContainerProperties> = {}, more: object = {}) =>
    batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: name,
        type: 'container',
        containerProperties: { ...CONTAINER, ...container },
        ...more,
      }),
    );
  const submit = async (more: Partial<SubmitJobCommandInput> = {}) =>
    String(
      (await batch.send(new SubmitJobCommand({ jobName: 'job', jobQueue: 'q', jobDefinition: 'task', ...more }))).jobId,
    );
  const describe = async (jobId: string): Promise<JobDetail | undefined> =>
    (await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs?.[0];
  const list = async (more: Partial<ListJobsCommandInput>) =>
    (await batch.send(new ListJobsCommand({ jobQueue: 'q', ...more }))).jobSummaryList ?? [];
  return { ...given, resources, environment, queue, define, submit, describe, list };
};

test.concurrent('a job passes through all states, and says in the end how it went', async (t) => {
  const { account, environment, queue, define, submit, describe } = await start(t);
  await environment('ce');
  await queue('q', 'ce');
  await define('task');
  await account.scale(1);
  const id = await submit();
  const seen: string[] = [];
  const done = await until(async () => {
    const job = await describe(id);
    if (seen.at(-1) !== job?.status) seen.push(String(job?.status));
    // PENDING and RUNNABLE may be shorter; an instance takes longer to start, and a job to run.
    await account.pass(5_000);
    expect(job?.status).toBe('SUCCEEDED');
    return job;
  });
  const order = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED'];
  expect(seen).toEqual(order.filter((status) => seen.includes(status)));
  expect(seen).toEqual(expect.arrayContaining(['SUBMITTED', 'RUNNABLE', 'STARTING', 'RUNNING']));
  expect(done).toMatchObject({
    statusReason: 'Essential container in task exited',
    container: { exitCode: 0, logStreamName: expect.stringMatching(/^task\/default\/[0-9a-f]{32}$/) },
    attempts: [{ container: { exitCode: 0 }, statusReason: 'Essential container in task exited' }],
    platformCapabilities: ['EC2'],
  });
  expect(done?.container?.containerInstanceArn).toMatch(/^arn:aws:ecs:.*:container-instance\/AWSBatch-ce-/);
  expect(Number(done?.stoppedAt)).toBeGreaterThan(Number(done?.startedAt));
});

test.concurrent('Fargate takes definitions made for it only', async (t) => {
  const given = await start(t);
  const { batch, resources, environment, queue, define, submit, describe } = given;
  const { subnets, securityGroupIds } = resources;
  await environment('fargate', { type: 'FARGATE', maxvCpus: 4, subnets, securityGroupIds });
  await environment('ec2');
  await queue('q', 'fargate');
  await queue('on-ec2', 'ec2');
  const executionRoleArn = await createRole(given, 'exec', 'ecs-tasks.amazonaws.com');
  const size = (vcpu: string, memory: string): Partial<ContainerProperties> => ({
    resourceRequirements: [
      { type: 'VCPU', value: vcpu },
      { type: 'MEMORY', value: memory },
    ],
  });
  const onFargate = { platformCapabilities: ['FARGATE'] };
  const no = (change: Partial<ContainerProperties>) =>
    refusal(define('bad', { ...size('1', '2048'), executionRoleArn, ...change }, onFargate));
  expect(await no({ executionRoleArn: undefined })).toMatch(/executionRoleArn must be specified/);
  for (const [vcpu, memory] of [
    ['1', '1024'],
    ['0.25', '1536'],
    ['3', '8192'],
    ['8', '17408'],
  ] as const) {
    expect(await no(size(vcpu, memory)), `${vcpu}/${memory}`).toMatch(/not a combination/);
  }
  expect(await no({ privileged: true })).toMatch(/must not be specified for FARGATE/);
  expect(await no({ vcpus: 1 })).toMatch(/resourceRequirements/);
  await define('task', { ...size('0.5', '4096'), executionRoleArn }, onFargate);
  await define('other');
  expect(await refusal(submit({ jobDefinition: 'other' }))).toMatch(/^ClientException: .*do not match/);
  expect(await refusal(submit({ jobQueue: 'on-ec2' }))).toMatch(/^ClientException: .*do not match/);
  const done = await describe(await submit());
  expect(done).toMatchObject({ status: 'SUCCEEDED', container: { exitCode: 0 } });
  expect(done?.container?.containerInstanceArn).toBeUndefined();
  const { jobDefinitions } = await batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: 'task' }));
  expect(jobDefinitions?.[0]?.platformCapabilities).toEqual(['FARGATE']);
});

test.concurrent('the next jobs of a queue go as they are told, then as usual', async (t) => {
  const { account, environment, queue, define, submit, describe } = await start(t);
  await environment('ce');
  await queue('q', 'ce');
  await queue('other', 'ce');
  await define('task');
  const tell = (behaviour: object) => account.seed('PUT jobs-behaviour', { queue: 'q', ...behaviour });
  await tell({ outcome: 'fails', exitCode: 3, jobs: 1 });
  expect((await describe(await submit({ jobQueue: 'other' })))?.status).toBe('SUCCEEDED');
  expect(await describe(await submit())).toMatchObject({ status: 'FAILED', container: { exitCode: 3 } });
  expect((await describe(await submit()))?.status).toBe('SUCCEEDED');
  await tell({ outcome: 'fails', exitCode: null, reason: 'Host EC2 (instance i-0) terminated.' });
  const lost = await describe(await submit({ retryStrategy: { attempts: 3 } }));
  expect(lost).toMatchObject({ status: 'FAILED', statusReason: 'Host EC2 (instance i-0) terminated.' });
  expect(lost?.attempts).toHaveLength(3);
  expect(lost?.container?.exitCode).toBeUndefined();
  await tell({ outcome: 'stuck' });
  const stuck = await submit();
  await tell({ outcome: 'succeeds', slowness: 1000 });
  const slow = await submit({ timeout: { attemptDurationSeconds: 60 } });
  expect((await describe(stuck))?.status).toBe('RUNNABLE');
  expect(await describe(slow)).toMatchObject({
    status: 'FAILED',
    statusReason: 'Job attempt duration exceeded timeout',
  });
  await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'fails', exitCode: 9 });
  expect((await describe(await submit({ jobQueue: 'other' })))?.container?.exitCode).toBe(9);
  await expect(tell({ outcome: 'sings' })).rejects.toThrow('400');
});

test.concurrent('a job that no environment can take says why, and its queue cancels it after a while', async (t) => {
  const { account, environment, queue, define, submit, describe, list } = await start(t);
  await environment('ce');
  const limit = { state: 'RUNNABLE', action: 'CANCEL', maxTimeSeconds: 600 } as const;
  await queue('q', 'ce');
  const reasons = ['CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE'];
  const jobStateTimeLimitActions = reasons.map((reason) => ({ ...limit, reason }));
  await queue('limited', 'ce', { jobStateTimeLimitActions });
  await define('task');
  const big = { containerOverrides: { resourceRequirements: [{ type: 'VCPU' as const, value: '17' }] } };
  const waiting = await submit(big);
  expect(await describe(waiting)).toMatchObject({
    status: 'RUNNABLE',
    statusReason: expect.stringMatching(/^MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - /),
  });
  expect(await list({ jobStatus: 'RUNNABLE' })).toMatchObject([{ jobId: waiting }]);
  await account.scale(0.002);
  await account.seed('PUT jobs-behaviour', { queue: 'limited', outcome: 'stuck', blockedBy: reasons[0] });
  const [short, none] = [await submit({ jobQueue: 'limited', ...big }), await submit({ jobQueue: 'limited' })];
  for (const [id, reason] of [
    [short, reasons[0]],
    [none, reasons[0]],
  ] as const) {
    await until(async () =>
      expect(await describe(id)).toMatchObject({
        status: 'FAILED',
        isCancelled: true,
        statusReason: `Canceled by JobStateTimeLimit action due to reason: ${reason}`,
      }),
    );
  }
  expect((await describe(waiting))?.status).toBe('RUNNABLE');
});

test.concurrent('a job waits for an environment that can take it, and for the jobs it depends on', async (t) => {
  const { account, batch, environment, queue, define, submit, describe } = await start(t);
  await environment('ce');
  await queue('q', 'ce');
  await define('task');
  const set = (state: 'ENABLED' | 'DISABLED') =>
    batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: 'ce', state }));
  await set('DISABLED');
  const first = await submit();
  const second = await submit({ dependsOn: [{ jobId: first }] });
  expect((await describe(first))?.status).toBe('RUNNABLE');
  expect((await describe(second))?.status).toBe('PENDING');
  await account.scale(0);
  await set('ENABLED');
  await until(async () => expect((await describe(first))?.status).toBe('SUCCEEDED'));
  await until(async () => expect((await describe(second))?.status).toBe('SUCCEEDED'));
  await account.seed('PUT jobs-behaviour', { queue: 'q', outcome: 'fails', jobs: 1 });
  const failing = await submit();
  const dependent = await submit({ dependsOn: [{ jobId: failing }] });
  expect(await describe(dependent)).toMatchObject({ status: 'FAILED', statusReason: 'Dependent Job failed' });
  expect(await refusal(submit({ dependsOn: [{ jobId: 'absent' }] }))).toMatch(/absent does not exist/);
});

test.concurrent('a queue of shares needs a share, another one takes none', async (t) => {
  const { batch, environment, queue, define, submit, describe, list } = await start(t);
  await environment('ce');
  const { arn } = await batch.send(new CreateSchedulingPolicyCommand({ name: 'fair' }));
  await queue('q', 'ce', { schedulingPolicyArn: arn });
  await queue('fifo', 'ce');
  await define('task');
  expect(await refusal(submit())).toMatch(/shareIdentifier must be specified/);
  expect(await refusal(submit({ shareIdentifier: 'not-fit' }))).toMatch(/not valid/);
  expect(await refusal(submit({ jobQueue: 'fifo', shareIdentifier: 'a' }))).toMatch(/must not be specified/);
  expect(await refusal(submit({ shareIdentifier: 'a', schedulingPriorityOverride: 10_000 }))).toMatch(/9999/);
  const id = await submit({ shareIdentifier: 'a', schedulingPriorityOverride: 7 });
  await submit({ shareIdentifier: 'b' });
  expect(await describe(id)).toMatchObject({ shareIdentifier: 'a', schedulingPriority: 7 });
  expect(await list({ filters: [{ name: 'SHARE_IDENTIFIER', values: ['a'] }] })).toMatchObject([{ jobId: id }]);
});

test.concurrent('lists go by state or by one filter', async (t) => {
  const { environment, queue, define, submit, list } = await start(t);
  await environment('ce');
  await queue('q', 'ce');
  await define('task');
  await define('other');
  const one = await submit({ jobName: 'Canary-1' });
  const two = await submit({ jobName: 'canary-2', jobDefinition: 'other' });
  const by = async (name: string, value: string) =>
    (await list({ filters: [{ name, values: [value] }] })).map(({ jobId }) => jobId);
  expect(await list({})).toEqual([]); // RUNNING
  expect(await list({ jobStatus: 'SUCCEEDED' })).toMatchObject([{ container: { exitCode: 0 } }, {}]);
  expect(await by('JOB_NAME', 'canary*')).toEqual([two, one]);
  expect(await by('JOB_NAME', 'CANARY-2')).toEqual([two]);
  expect(await by('JOB_DEFINITION', 'other')).toEqual([two]);
  expect(await by('AFTER_CREATED_AT', '0')).toEqual([two, one]);
  expect(await refusal(by('COLOUR', 'blue'))).toMatch(/not a filter/);
});

test.concurrent('a running job is terminated and says why', async (t) => {
  const { account, batch, environment, queue, define, submit, describe } = await start(t);
  await environment('ce');
  await queue('q', 'ce');
  await define('task');
  await account.seed('PUT jobs-behaviour', { queue: 'q', slowness: 1_000_000 });
  await account.scale(0.001);
  const id = await submit();
  await until(async () => expect((await describe(id))?.status).toBe('RUNNING'));
  await batch.send(new TerminateJobCommand({ jobId: id, reason: 'enough' }));
  await until(async () => expect(await describe(id)).toMatchObject({ status: 'FAILED', statusReason: 'enough' }));
});

test.concurrent('what a job writes stands in its log group, which has to be there', async (t) => {
  const { account, environment, queue, define, submit, describe } = await start(t);
  const logs = new CloudWatchLogsClient(account.client);
  await environment('ce');
  await queue('q', 'ce');
  await define('task');
  const options = { 'awslogs-group': '/forge/jobs', 'awslogs-stream-prefix': 'canary' };
  await define('custom', { logConfiguration: { logDriver: 'awslogs', options } });
  await account.seed('PUT jobs-behaviour', { queue: 'q', output: ['hello'] });
  const read = async (logGroupName: string, logStreamName: string | undefined) =>
    (await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName }))).events?.map(({ message }) => message);
  const usual = await describe(await submit());
  expect(await read('/aws/batch/job', usual?.container?.logStreamName)).toEqual(['hello']);
  // AWS's own group is shown, and is nobody's in the inventory.
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  expect(logGroups.map(({ logGroupName }) => logGroupName)).toEqual(['/aws/batch/job']);
  expect((await account.inventory()).filter(({ type }) => type === 'AWS::Logs::LogGroup')).toEqual([]);
  expect(await describe(await submit({ jobDefinition: 'custom' }))).toMatchObject({
    status: 'FAILED',
    statusReason: 'Task failed to start',
    container: { reason: expect.stringContaining('The specified log group does not exist') },
  });
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/forge/jobs' }));
  const custom = await describe(await submit({ jobDefinition: 'custom' }));
  expect(custom?.container?.logStreamName).toMatch(/^canary\/default\//);
  expect(await read('/forge/jobs', custom?.container?.logStreamName)).toEqual(['hello']);
});

test.concurrent('a task whose role is gone fails to start', async (t) => {
  const given = await start(t);
  const { environment, queue, define, submit, describe } = given;
  await environment('ce');
  await queue('q', 'ce');
  const jobRoleArn = `arn:aws:iam::${given.account.id}:role/job`;
  await define('task', { jobRoleArn });
  expect(await describe(await submit())).toMatchObject({
    status: 'FAILED',
    container: { reason: expect.stringContaining(`unable to assume the role '${jobRoleArn}'`) },
  });
  await createRole(given, 'job', 'ecs-tasks.amazonaws.com');
  expect((await describe(await submit()))?.status).toBe('SUCCEEDED');
});

test.concurrent('definitions keep bounds, and go from the inventory when they are deregistered', async (t) => {
  const { account, batch, define } = await start(t);
  expect(await refusal(define('task', {}, { retryStrategy: { attempts: 11 } }))).toMatch(/attempts/);
  expect(await refusal(define('task', {}, { timeout: { attemptDurationSeconds: 59 } }))).toMatch(/at least 60/);
  expect(await refusal(define('task', {}, { schedulingPriority: 10_000 }))).toMatch(/9999/);
  const { jobDefinitionArn } = await define('task', {}, { tags: { owner: 'me' } });
  const held = async () => (await account.inventory()).filter(({ type }) => type === 'AWS::Batch::JobDefinition');
  expect(await held()).toMatchObject([{ id: jobDefinitionArn, state: 'ACTIVE', tags: { owner: 'me' } }]);
  await batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: jobDefinitionArn }));
  expect(await held()).toEqual([]);
  const { jobDefinitions } = await batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: 'task' }));
  expect(jobDefinitions).toMatchObject([{ status: 'INACTIVE' }]);
});

test.concurrent('a share in a policy narrows who may submit', async (t) => {
  const given = await start(t);
  const { batch, environment, queue, define } = given;
  await environment('ce');
  const { arn } = await batch.send(new CreateSchedulingPolicyCommand({ name: 'fair' }));
  await queue('q', 'ce', { schedulingPolicyArn: arn });
  await define('task');
  const caller = await limitedCaller(given);
  await caller.allow({
    Action: 'batch:SubmitJob',
    Resource: ['job-queue/q', 'job-definition/task'].map(
      (each) => `arn:aws:batch:us-east-1:${given.account.id}:${each}`,
    ),
    Condition: { StringEquals: { 'batch:ShareIdentifier': 'tenantA' } },
  });
  const limited = new BatchClient(caller.client);
  const submit = (shareIdentifier: string) =>
    missingRight(
      limited.send(new SubmitJobCommand({ jobName: 'j', jobQueue: 'q', jobDefinition: 'task', shareIdentifier })),
    );
  expect(await submit('tenantA')).toBeUndefined();
  expect(await submit('tenantB')).toBe('batch:SubmitJob');
});
