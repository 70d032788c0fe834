/** Queues with several environments, time limits and fair share, and the policy that the last one needs. */
import { CreateSchedulingPolicyCommand, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import type { JobQueueSpec, SchedulingPolicySpec } from '#domain/resources/batch.ts';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { computeRig } from './compute-rig.ts';

const LIMITS = [
  { reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', maxTimeSeconds: 3_600 },
  { reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', maxTimeSeconds: 600 },
];

type Rig = Awaited<ReturnType<typeof computeRig>>;

const makeQueue = async (
  rig: Rig,
  spec: JobQueueSpec,
  arns: string | readonly string[],
  policy: string | null = null,
) => {
  const { made } = await complete(rig.ensureJobQueue, spec, arns, policy);
  await complete(rig.awaitJobQueueValid, spec);
  return made;
};

const policyOf = ({ specs: { queue } }: Rig): SchedulingPolicySpec => ({
  account: queue.account,
  owner: queue.owner,
  tags: queue.tags,
  adoptable: 'never',
  name: 'TowerForge-fair',
  shareDecaySeconds: 3_600,
  computeReservation: 10,
  shares: [
    { identifier: 'tenanta', weight: 1 },
    { identifier: 'tenantb*', weight: 0.5 },
  ],
});

test('it leads to its environments in their order, which is put right when it drifted', async (t) => {
  const rig = await computeRig(t);
  const { environment, queue } = rig.specs;
  const [first, second] = [
    await rig.make({ ...environment, name: 'one' }),
    await rig.make({ ...environment, name: 'two' }),
  ];
  const order = async () =>
    (await rig.queueNamed(queue.name))?.computeEnvironmentOrder
      ?.toSorted((one, other) => (one.order ?? 0) - (other.order ?? 0))
      .map(({ computeEnvironment }) => computeEnvironment);
  const updates = async () =>
    (await rig.account.journal()).filter(({ operation }) => operation === 'UpdateJobQueue').length;
  for (const [arns, changes] of [
    [[first], 0],
    [[second, first], 1],
    [[second, first], 0],
    [[first, second], 1],
    [[second], 1],
  ] as const) {
    const before = await updates();
    await makeQueue(rig, queue, arns);
    expect(await order()).toEqual(arns);
    expect((await updates()) - before).toBe(changes);
  }
});

test('jobs that can never be placed are cancelled as its limits say, and no more when they are left out', async (t) => {
  const rig = await computeRig(t);
  const arn = await rig.make(rig.specs.environment);
  const plain = rig.specs.queue;
  const limited = { ...plain, jobStateTimeLimits: LIMITS };
  const actions = async () => (await rig.queueNamed(plain.name))?.jobStateTimeLimitActions;
  const wanted = LIMITS.map((limit) => ({ ...limit, state: 'RUNNABLE', action: 'CANCEL' }));
  await makeQueue(rig, limited, arn);
  expect(await actions()).toEqual(wanted);
  await rig.batch.send(new UpdateJobQueueCommand({ jobQueue: plain.name, jobStateTimeLimitActions: [] }));
  await expect.poll(async () => (await rig.queueNamed(plain.name))?.status).toBe('VALID');
  await makeQueue(rig, limited, arn);
  expect(await actions()).toEqual(wanted);
  await makeQueue(rig, plain, arn);
  expect(await actions()).toEqual([]);
});

test('a policy is made once, converged, and goes only when no queue shares by it', async (t) => {
  const rig = await computeRig(t);
  const spec = policyOf(rig);
  const { queue } = rig.specs;
  const first = await complete(rig.ensureSchedulingPolicy, spec);
  expect(first.made.origin).toBe('created');
  expect(await complete(rig.ensureSchedulingPolicy, spec)).toEqual(first);
  const policies = async () =>
    (await rig.account.journal()).filter(({ operation }) => /^(Create|Update)SchedulingPolicy$/.test(operation)).length;
  expect(await policies()).toBe(1);
  await complete(rig.ensureSchedulingPolicy, { ...spec, shareDecaySeconds: 60, shares: spec.shares.slice(1) });
  await complete(rig.ensureSchedulingPolicy, spec);
  expect(await policies()).toBe(3);

  await makeQueue(rig, queue, await rig.make(rig.specs.environment), first.arn);
  expect((await rig.queueNamed(queue.name))?.schedulingPolicyArn).toBe(first.arn);
  const early = attempt(rig.deleteSchedulingPolicy, [spec, BY_LAUNCH]);
  await expect(early).rejects.toMatchObject({ type: 'NotYet', message: expect.stringContaining(queue.name) });
  expect(await rig.findRemainingSchedulingPolicy(spec, 'run')).toEqual([{ id: first.arn, name: spec.name }]);
  for (const step of [rig.disableJobQueue, rig.deleteJobQueue, rig.awaitJobQueueGone]) {
    await complete(step, queue, BY_LAUNCH);
  }
  await complete(rig.deleteSchedulingPolicy, spec, BY_LAUNCH);
  await complete(rig.deleteSchedulingPolicy, spec, BY_LAUNCH);
  expect(await rig.findRemainingSchedulingPolicy(spec, 'owner')).toEqual([]);
});

test('a queue neither begins nor ends to share fairly', async (t) => {
  const rig = await computeRig(t);
  const arn = await rig.make(rig.specs.environment);
  const { arn: policy } = await complete(rig.ensureSchedulingPolicy, policyOf(rig));
  const [plain, fair] = [rig.specs.queue, { ...rig.specs.queue, name: 'fair' }];
  await makeQueue(rig, plain, arn);
  await makeQueue(rig, fair, arn, policy);
  const before = await rig.batchItems();
  await expect(makeQueue(rig, plain, arn, policy)).rejects.toMatchObject({ type: 'DisposeFirst' });
  await expect(makeQueue(rig, fair, arn)).rejects.toMatchObject({ type: 'DisposeFirst' });
  expect(await rig.batchItems()).toEqual(before);
});

test('a policy of the name that is not ours stays as it is', async (t) => {
  const rig = await computeRig(t);
  const spec = policyOf(rig);
  await rig.batch.send(
    new CreateSchedulingPolicyCommand({ name: spec.name, fairsharePolicy: { shareDecaySeconds: 5 }, tags: {} }),
  );
  await expect(complete(rig.ensureSchedulingPolicy, spec)).rejects.toMatchObject({ type: 'Conflict' });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) await attempt(rig.deleteSchedulingPolicy, [spec, removal]);
  const operations = (await rig.account.journal()).map(({ operation }) => operation);
  for (const change of ['UpdateSchedulingPolicy', 'DeleteSchedulingPolicy', 'TagResource']) {
    expect(operations).not.toContain(change);
  }
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  'policy: %s at each of its calls ends the same',
  async (fault, t) => {
    const rig = await computeRig(t);
    const spec = policyOf(rig);
    const operations = ['CreateSchedulingPolicy', 'UpdateSchedulingPolicy', 'DeleteSchedulingPolicy'];
    await rig.account.faults(...operations.map((operation) => ({ service: 'batch', operation, fault })));
    expect((await complete(rig.ensureSchedulingPolicy, spec)).made.origin).toBe('created');
    await complete(rig.ensureSchedulingPolicy, { ...spec, computeReservation: 20 });
    await complete(rig.deleteSchedulingPolicy, spec, BY_LAUNCH);
    expect(await rig.findRemainingSchedulingPolicy(spec, 'owner')).toEqual([]);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
  },
);
