/** Scheduling policies, time limits of jobs that can't be placed, and which environments a queue may have. */
import {
  type ComputeResource,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  type CreateJobQueueCommandInput,
  CreateSchedulingPolicyCommand,
  DeleteJobQueueCommand,
  DeleteSchedulingPolicyCommand,
  DescribeJobQueuesCommand,
  DescribeSchedulingPoliciesCommand,
  type FairsharePolicy,
  ListSchedulingPoliciesCommand,
  TagResourceCommand,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
  UpdateSchedulingPolicyCommand,
} from '@aws-sdk/client-batch';
import { CreateKeyPairCommand } from '@aws-sdk/client-ec2';
import { expect, type TestContext, test } from 'vitest';
import { createRole, describeEnvironment, type Rig, refusal, rig, someResources } from './batch-rig.ts';

const environment = async ({ batch }: Rig, name: string, computeResources?: ComputeResource, serviceRole?: string) => {
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: name,
      type: computeResources ? 'MANAGED' : 'UNMANAGED',
      ...(computeResources && { computeResources }),
      ...(serviceRole && { serviceRole }),
    }),
  );
};

const start = async (t: TestContext) => {
  const given = await rig(t);
  const { batch } = given;
  const policy = async (name: string, fairsharePolicy?: FairsharePolicy) =>
    String((await batch.send(new CreateSchedulingPolicyCommand({ name, fairsharePolicy }))).arn);
  const queue = (name: string, environments: readonly string[], more: Partial<CreateJobQueueCommandInput> = {}) =>
    batch.send(
      new CreateJobQueueCommand({
        jobQueueName: name,
        priority: 1,
        computeEnvironmentOrder: environments.map((computeEnvironment, order) => ({ order, computeEnvironment })),
        ...more,
      }),
    );
  return { ...given, policy, queue };
};

test.concurrent('a scheduling policy is made once, described, changed, and tagged', async (t) => {
  const { account, batch, policy } = await start(t);
  const arn = await policy('fair', { shareDecaySeconds: 3600, computeReservation: 10, shareDistribution: [] });
  expect(arn).toBe(`arn:aws:batch:us-east-1:${account.id}:scheduling-policy/fair`);
  expect(await refusal(policy('fair'))).toBe('ClientException: Object already exists');
  const shareDistribution = [{ shareIdentifier: 'a*', weightFactor: 0.5 }, { shareIdentifier: 'b' }];
  await batch.send(new UpdateSchedulingPolicyCommand({ arn, fairsharePolicy: { shareDistribution } }));
  await batch.send(new TagResourceCommand({ resourceArn: arn, tags: { k: 'v' } }));
  const { schedulingPolicies } = await batch.send(new DescribeSchedulingPoliciesCommand({ arns: [arn, `${arn}x`] }));
  expect(schedulingPolicies).toEqual([{ name: 'fair', arn, tags: { k: 'v' }, fairsharePolicy: { shareDistribution } }]);
  expect((await batch.send(new ListSchedulingPoliciesCommand({}))).schedulingPolicies).toEqual([{ arn }]);
  expect(await account.inventory()).toMatchObject([
    { type: 'AWS::Batch::SchedulingPolicy', name: 'fair', tags: { k: 'v' } },
  ]);
});

test.concurrent('shares have bounds and do not overlap', async (t) => {
  const { policy } = await start(t);
  let count = 0;
  const no = (fairsharePolicy: FairsharePolicy) => {
    count += 1;
    return refusal(policy(`p${count}`, fairsharePolicy));
  };
  const shares = (...ids: string[]) => ({ shareDistribution: ids.map((shareIdentifier) => ({ shareIdentifier })) });
  const ids = (length: number) => Array.from({ length }, (_, index) => `id${String(index).padStart(3, '0')}`);
  expect(await no(shares(...ids(500)))).toBe('accepted');
  expect(await no(shares(...ids(501)))).toMatch(/at most 500/);
  expect(await no(shares('UserA*', 'UserA1'))).toMatch(/overlaps/);
  expect(await no(shares('UserA1', 'UserA1'))).toMatch(/overlaps/);
  expect(await no(shares('with-dash'))).toMatch(/not valid/);
  expect(await no({ computeReservation: 100 })).toMatch(/^ClientException/);
  expect(await no({ shareDecaySeconds: 604_801 })).toMatch(/^ClientException/);
  expect(await no({ shareDistribution: [{ shareIdentifier: 'a', weightFactor: 1000 }] })).toMatch(/weightFactor/);
});

test.concurrent("a queue's policy is replaced, never added or removed, and not deleted under it", async (t) => {
  const given = await start(t);
  const { batch, policy, queue } = given;
  await environment(given, 'ce');
  const [one, two] = [await policy('one'), await policy('two')];
  await queue('fair', ['ce'], { schedulingPolicyArn: one });
  await queue('fifo', ['ce']);
  const change = (jobQueue: string, schedulingPolicyArn: string) =>
    refusal(batch.send(new UpdateJobQueueCommand({ jobQueue, schedulingPolicyArn })));
  expect(await change('fifo', one)).toMatch(/^ClientException: .*cannot be added/);
  expect(await change('fair', '')).toMatch(/^ClientException: .*not removed/);
  expect(await change('fair', `${one}x`)).toMatch(/does not exist/);
  expect(await refusal(queue('lost', ['ce'], { schedulingPolicyArn: `${one}x` }))).toMatch(/does not exist/);
  expect(await change('fair', two)).toBe('accepted');
  const remove = (arn: string) => refusal(batch.send(new DeleteSchedulingPolicyCommand({ arn })));
  expect(await remove(two)).toMatch(/^ClientException: Cannot delete/);
  expect(await remove(one)).toBe('accepted');
  await batch.send(new UpdateJobQueueCommand({ jobQueue: 'fair', state: 'DISABLED' }));
  await batch.send(new DeleteJobQueueCommand({ jobQueue: 'fair' }));
  expect(await remove(two)).toBe('accepted');
  expect((await batch.send(new ListSchedulingPoliciesCommand({}))).schedulingPolicies).toEqual([]);
});

test.concurrent('time limits cancel RUNNABLE jobs after 10 minutes to a day, for one of three reasons', async (t) => {
  const given = await start(t);
  await environment(given, 'ce');
  const good = {
    state: 'RUNNABLE',
    action: 'CANCEL',
    maxTimeSeconds: 600,
    reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  } as const;
  let count = 0;
  const made = (...changes: object[]) => {
    count += 1;
    const jobStateTimeLimitActions = changes.map((change) => ({ ...good, ...change }));
    return refusal(given.queue(`q${count}`, ['ce'], { jobStateTimeLimitActions }));
  };
  expect(await made({}, { reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', maxTimeSeconds: 86_400 })).toBe(
    'accepted',
  );
  const refused = [
    { maxTimeSeconds: 599 },
    { maxTimeSeconds: 86_401 },
    { reason: 'other' },
    { action: 'TERMINATE' },
    { state: 'RUNNING' },
  ];
  for (const change of refused) expect(await made(change), JSON.stringify(change)).toMatch(/^ClientException/);
  expect(await made({}, {})).toMatch(/unique reasons/);
  const update = (maxTimeSeconds: number) =>
    given.batch.send(
      new UpdateJobQueueCommand({ jobQueue: 'q1', jobStateTimeLimitActions: [{ ...good, maxTimeSeconds }] }),
    );
  expect(await refusal(update(1))).toMatch(/^ClientException/);
  await update(1200);
  const { jobQueues } = await given.batch.send(new DescribeJobQueuesCommand({ jobQueues: ['q1'] }));
  expect(jobQueues?.[0]?.jobStateTimeLimitActions).toEqual([{ ...good, maxTimeSeconds: 1200 }]);
});

test.concurrent('a queue keeps to EC2 or Fargate and to one architecture, and so does an environment', async (t) => {
  const given = await start(t);
  const good = await someResources(given);
  const { subnets, securityGroupIds } = good;
  await environment(given, 'x86', good);
  await environment(given, 'arm', { ...good, instanceTypes: ['m6g.large', 'c7gn'] });
  await environment(given, 'fargate', { type: 'FARGATE', maxvCpus: 4, subnets, securityGroupIds });
  await environment(given, 'fargate-spot', { type: 'FARGATE_SPOT', maxvCpus: 4, subnets, securityGroupIds });
  expect(await refusal(given.queue('mixed', ['x86', 'arm']))).toMatch(/different architectures/);
  expect(await refusal(given.queue('mixed', ['x86', 'fargate']))).toMatch(/EC2 and Fargate/);
  await given.queue('arm', ['arm']);
  await given.queue('fargate', ['fargate-spot', 'fargate']);
  const both = environment(given, 'both', { ...good, instanceTypes: ['m5.large', 'm6g.large'] });
  expect(await refusal(both)).toMatch(/different architectures/);
});

test.concurrent('Fargate takes nothing that describes instances, and needs subnets, groups and a size', async (t) => {
  const given = await start(t);
  const { subnets, securityGroupIds } = await someResources(given);
  const fargate: ComputeResource = { type: 'FARGATE', maxvCpus: 4, subnets, securityGroupIds };
  const foreign: Partial<ComputeResource>[] = [
    { minvCpus: 0 },
    { desiredvCpus: 0 },
    { instanceTypes: ['optimal'] },
    { instanceRole: 'r' },
    { allocationStrategy: 'BEST_FIT' },
    { launchTemplate: { launchTemplateName: 't' } },
    { bidPercentage: 100 },
    { ec2KeyPair: 'k' },
    { ec2Configuration: [{ imageType: 'ECS_AL2023' }] },
    { spotIamFleetRole: 'r' },
    { tags: { a: 'b' } },
    { imageId: 'ami-1' },
  ];
  for (const [index, change] of foreign.entries()) {
    const made = refusal(environment(given, `f${index}`, { ...fargate, ...change }));
    expect(await made, JSON.stringify(change)).toMatch(/must not be specified for FARGATE/);
  }
  for (const missing of ['subnets', 'securityGroupIds', 'maxvCpus'] as const) {
    const made = refusal(environment(given, `missing-${missing}`, { ...fargate, [missing]: undefined }));
    expect(await made, missing).toMatch(/^ClientException/);
  }
});

test.concurrent('a key pair and a fleet role have to be there', async (t) => {
  const given = await start(t);
  const good = await someResources(given);
  const reason = async (name: string, change: Partial<ComputeResource>) => {
    await environment(given, name, { ...good, ...change });
    return (await describeEnvironment(given, name))?.statusReason;
  };
  expect(await reason('no-key', { ec2KeyPair: 'mine' })).toBe("CLIENT_ERROR - The key pair 'mine' does not exist");
  await given.ec2.send(new CreateKeyPairCommand({ KeyName: 'mine' }));
  expect(await reason('key', { ec2KeyPair: 'mine' })).toBe('ComputeEnvironment Healthy');
  const spot = { type: 'SPOT', allocationStrategy: undefined } as const;
  expect(await refusal(environment(given, 'no-role', { ...good, ...spot }))).toMatch(/spotIamFleetRole is required/);
  const wrong = await createRole(given, 'wrong', 'batch.amazonaws.com');
  expect(await reason('wrong', { ...spot, spotIamFleetRole: wrong })).toMatch(/IamFleetRole is invalid/);
  const right = await createRole(given, 'right', 'spotfleet.amazonaws.com');
  expect(await reason('right', { ...spot, spotIamFleetRole: right })).toBe('ComputeEnvironment Healthy');
});

test.concurrent('a service role of its own and the service-linked one do not take each other’s place', async (t) => {
  const given = await start(t);
  const good = await someResources(given);
  const [one, two] = [
    await createRole(given, 'one', 'batch.amazonaws.com'),
    await createRole(given, 'two', 'batch.amazonaws.com'),
  ];
  await environment(given, 'own', good, one);
  await environment(given, 'linked', good);
  const change = (computeEnvironment: string, serviceRole: string) =>
    refusal(given.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment, serviceRole })));
  const linked = `arn:aws:iam::${given.account.id}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch`;
  expect(await change('linked', one)).toMatch(/service-linked role cannot be changed/);
  expect(await change('own', linked)).toMatch(/regular IAM role cannot be changed/);
  expect(await change('own', two)).toBe('accepted');
  expect(await change('linked', linked)).toBe('accepted');
});
