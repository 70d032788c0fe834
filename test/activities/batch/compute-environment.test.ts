import {
  DeleteComputeEnvironmentCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import { CreateLaunchTemplateVersionCommand, CreateSubnetCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete, TIMING } from '../../control/rig.ts';
import { createProfile } from '../../sandbox/batch-rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { adoptedCases } from '../adopted-cases.ts';
import { batchRig, LATE_MS } from './batch-rig.ts';

const updatesOf = async ({ account }: Awaited<ReturnType<typeof batchRig>>): Promise<number> =>
  (await account.journal()).filter(({ operation }) => operation === 'UpdateComputeEnvironment').length;

adoptedCases({
  service: 'batch',
  type: 'AWS::Batch::ComputeEnvironment',
  operation: 'CreateComputeEnvironment',
  deletion: 'DeleteComputeEnvironment',
  open: (t) => batchRig(t),
  prepare: (rig) => ({
    async ensure(plan) {
      const ensured = await rig.ensureComputeEnvironment(plan['compute-environment'], rig.parts);
      await complete(rig.awaitComputeEnvironmentValid, plan['compute-environment']);
      return ensured;
    },
    async remove(plan, removal) {
      await rig.disableComputeEnvironment(plan['compute-environment'], removal);
      await rig.deleteComputeEnvironment(plan['compute-environment'], removal);
      await rig.awaitComputeEnvironmentGone(plan['compute-environment'], removal);
    },
    async seed(tags = {}) {
      await rig.seedEnvironment({ ...rig.spec.tags, ...tags });
      return rig.spec.name;
    },
    untag: async (_, tagKeys) =>
      rig.batch.send(
        new UntagResourceCommand({ resourceArn: (await rig.environment())?.computeEnvironmentArn, tagKeys }),
      ),
    async destroy(computeEnvironment) {
      await rig.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment, state: 'DISABLED' }));
      await rig.batch.send(new DeleteComputeEnvironmentCommand({ computeEnvironment }));
    },
  }),
  strangers: {
    'one without the Name tag': (rig) => rig.seedEnvironment({}),
  },
});

describe('ensuring', () => {
  test('a new EC2 environment takes the strategy, images and template of its plan', async (t) => {
    const rig = await batchRig(t);
    await rig.makeEnvironment();
    expect(await rig.environment()).toMatchObject({
      computeResources: {
        allocationStrategy: 'BEST_FIT_PROGRESSIVE',
        ec2Configuration: ['ECS_AL2', 'ECS_AL2_NVIDIA'].map((imageType) => ({
          imageType,
          imageIdOverride: rig.parts.imageId,
        })),
        launchTemplate: { launchTemplateId: rig.parts.launchTemplate.id, version: '1' },
      },
    });
  });

  test('a new SPOT environment takes the strategy that weighs price and capacity', async (t) => {
    const rig = await batchRig(t, { 'compute-environment-type': 'SPOT' });
    await rig.makeEnvironment();
    expect((await rig.environment())?.computeResources).toMatchObject({
      type: 'SPOT',
      allocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
    });
  });

  test('a relaunch changes neither the owner of what the first launch made nor its workers', async (t) => {
    const rig = await batchRig(t);
    await rig.makeEnvironment();
    const before = await rig.batchItems();
    const again = rig.planOf('launch-2')['compute-environment'];
    const { made } = await complete(rig.ensureComputeEnvironment, again, rig.parts);
    expect(made.origin).toBe('adopted');
    expect(await rig.batchItems()).toEqual(before);
    expect(await updatesOf(rig)).toBe(0);
    await attempt(rig.disableComputeEnvironment, [again, BY_LAUNCH]);
    expect(await rig.batchItems()).toEqual(before);
  });

  test('every property that drifted is put right', async (t) => {
    const rig = await batchRig(t);
    await rig.makeEnvironment();
    const before = await rig.batchItems();
    const { batch, ec2, spec, parts } = rig;
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...parts.subnetIds] }));
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: Subnets[0]?.VpcId, CidrBlock: '192.168.64.0/18' }),
    );
    await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: parts.launchTemplate.id,
        LaunchTemplateData: { EbsOptimized: false },
      }),
    );
    const update = (change: object) =>
      batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: spec.name, ...change }));
    const resources = (change: object) => update({ computeResources: change });
    const drifts = [
      () => update({ state: 'DISABLED' }),
      () => resources({ minvCpus: 2, maxvCpus: 4 }),
      () => resources({ instanceTypes: ['m5.xlarge'] }),
      () => resources({ subnets: [Subnet?.SubnetId] }),
      () => resources({ launchTemplate: { launchTemplateId: parts.launchTemplate.id, version: '2' } }),
      () => resources({ ec2Configuration: [{ imageType: 'ECS_AL2023' }] }),
      () => resources({ tags: { other: 'tag' } }),
      () => resources({ type: 'SPOT', allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED' }),
      () => update({ updatePolicy: { terminateJobsOnUpdate: true, jobExecutionTimeoutMinutes: 60 } }),
    ];
    for (const drift of drifts) {
      await drift();
      await expect.poll(async () => (await rig.environment())?.status).toBe('VALID');
      expect(await rig.batchItems()).not.toEqual(before);
      await complete(rig.ensureComputeEnvironment, spec, parts);
      await complete(rig.awaitComputeEnvironmentValid, spec);
      expect(await rig.batchItems()).toEqual(before);
    }
  });

  test('an update policy of its own follows once the environment is there', async (t) => {
    const rig = await batchRig(t);
    const updatePolicy = { jobExecutionTimeoutMinutes: 45, terminateJobsOnUpdate: true };
    const spec = { ...rig.spec, updatePolicy };
    const { made } = await complete(rig.ensureComputeEnvironment, spec, rig.parts);
    expect(made.origin).toBe('created');
    await complete(rig.awaitComputeEnvironmentValid, spec);
    expect(await rig.environment()).toMatchObject({ updatePolicy });
  });

  test("Hatchery's environment is adopted: sizes and template converge, image types and strategy stay", async (t) => {
    const rig = await batchRig(t);
    await rig.seedEnvironment();
    const parts = { ...rig.parts, imageFamily: 'AL2023' } as const;
    expect((await attempt(rig.ensureComputeEnvironment, [rig.spec, parts])).made.origin).toBe('adopted');
    await complete(rig.awaitComputeEnvironmentValid, rig.spec);
    const found = await rig.environment();
    expect(found).toMatchObject({
      tags: { 'eyrie:workspace': rig.spec.owner.id },
      computeResources: {
        allocationStrategy: 'BEST_FIT_PROGRESSIVE',
        ec2Configuration: [{ imageType: 'ECS_AL2', imageIdOverride: rig.parts.imageId }],
        launchTemplate: { launchTemplateId: rig.parts.launchTemplate.id, version: '1' },
        minvCpus: rig.spec.minvCpus,
        maxvCpus: rig.spec.maxvCpus,
      },
    });
    expect(found?.tags).not.toHaveProperty('eyrie:launch');
    await attempt(rig.disableComputeEnvironment, [rig.spec, BY_LAUNCH]);
    await attempt(rig.deleteComputeEnvironment, [rig.spec, BY_LAUNCH]);
    expect(await rig.environment()).toMatchObject({ state: 'ENABLED', status: 'VALID' });
  });

  test.for([
    ['without the Name tag', {}],
    ['of another workspace', { 'eyrie:workspace': 'other.user', 'eyrie:launch': 'launch-1' }],
  ] as const)('an environment %s stays as it is', async ([what, tags], t) => {
    const rig = await batchRig(t);
    await rig.seedEnvironment({ ...(what === 'of another workspace' && rig.spec.tags), ...tags });
    const before = await rig.batchItems();
    await expect(attempt(rig.ensureComputeEnvironment, [rig.spec, rig.parts])).rejects.toMatchObject({
      type: 'Conflict',
    });
    for (const removal of [BY_LAUNCH, BY_WORKSPACE]) {
      await attempt(rig.disableComputeEnvironment, [rig.spec, removal]);
      await attempt(rig.drainComputeEnvironment, [rig.spec, removal]);
      await attempt(rig.deleteComputeEnvironment, [rig.spec, removal]);
      await attempt(rig.awaitComputeEnvironmentGone, [rig.spec, removal]);
    }
    expect(await rig.batchItems()).toEqual(before);
    // Control: with this workspace's tag the same calls change it.
    await rig.batch.send(
      new TagResourceCommand({
        resourceArn: (await rig.environment())?.computeEnvironmentArn,
        tags: { 'eyrie:workspace': rig.spec.owner.id },
      }),
    );
    await attempt(rig.disableComputeEnvironment, [rig.spec, BY_WORKSPACE]);
    expect(await rig.environment()).toMatchObject({ state: 'DISABLED' });
  });
});

describe('waiting for VALID', () => {
  test('INVALID is a failure with the service’s reason, and is repaired by the next launch', async (t) => {
    const rig = await batchRig(t);
    const missing = { ...rig.parts, launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' } };
    await complete(rig.ensureComputeEnvironment, rig.spec, missing);
    const failure = complete(rig.awaitComputeEnvironmentValid, rig.spec);
    await expect(failure).rejects.toMatchObject({ type: 'ComputeEnvironmentInvalid' });
    await expect(failure).rejects.toThrow(/launch template/i);
    await rig.makeEnvironment();
    expect(await rig.environment()).toMatchObject({ status: 'VALID' });
  });

  test('a profile that Batch does not know yet is waited for by asking it to look again', async (t) => {
    const rig = await batchRig(t, {}, { ...TIMING, propagationMs: 30_000 });
    // The profile is not known yet when the environment is made.
    await rig.account.scale(1);
    const instanceProfileArn = await createProfile(rig.given, 'fresh');
    await rig.account.scale(0);
    await complete(rig.ensureComputeEnvironment, rig.spec, { ...rig.parts, instanceProfileArn });
    await expect(attempt(rig.awaitComputeEnvironmentValid, [rig.spec], LATE_MS)).rejects.toMatchObject({
      type: 'ComputeEnvironmentInvalid',
    });
    // A look changes nothing.
    expect(await updatesOf(rig)).toBe(0);
    await rig.account.pass(HOUR_MS);
    await expect
      .poll(async () => {
        await complete(rig.ensureComputeEnvironmentRevalidated, rig.spec);
        return (await rig.environment())?.status;
      })
      .toBe('VALID');
    const asked = await updatesOf(rig);
    expect(asked).toBeGreaterThan(0);
    // One that is VALID is not asked about again.
    await complete(rig.ensureComputeEnvironmentRevalidated, rig.spec);
    expect(await updatesOf(rig)).toBe(asked);
  });

  test('what is wrong for another reason is not asked about again, and what is foreign stays as it is', async (t) => {
    const rig = await batchRig(t);
    const missing = { ...rig.parts, launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' } };
    await complete(rig.ensureComputeEnvironment, rig.spec, missing);
    await expect.poll(async () => (await rig.environment())?.status).toBe('INVALID');
    const again = complete(rig.ensureComputeEnvironmentRevalidated, rig.spec);
    await expect(again).rejects.toMatchObject({ type: 'ComputeEnvironmentInvalid' });
    const others = { ...rig.spec, owner: { ...rig.spec.owner, id: 'other.user' } };
    await complete(rig.ensureComputeEnvironmentRevalidated, others);
    expect(await updatesOf(rig)).toBe(0);
  });

  test('one that is not there is not valid', async (t) => {
    const rig = await batchRig(t);
    await expect(attempt(rig.awaitComputeEnvironmentValid, [rig.spec])).rejects.toMatchObject({ type: 'NotYet' });
  });
});

describe('removing', () => {
  test('disabled, deleted and gone; each of them twice', async (t) => {
    const rig = await batchRig(t);
    await rig.account.scale(0.01);
    await rig.makeEnvironment();
    for (const step of [
      rig.disableComputeEnvironment,
      rig.disableComputeEnvironment,
      rig.deleteComputeEnvironment,
      rig.deleteComputeEnvironment,
      rig.awaitComputeEnvironmentGone,
      rig.awaitComputeEnvironmentGone,
      rig.disableComputeEnvironment,
      rig.deleteComputeEnvironment,
    ]) {
      await complete(step, rig.spec, BY_LAUNCH);
    }
    expect(await rig.batchItems()).toEqual([]);
  });

  test('it waits while a queue refers to it', async (t) => {
    const rig = await batchRig(t);
    await rig.makeQueue(await rig.makeEnvironment());
    await attempt(rig.disableComputeEnvironment, [rig.spec, BY_LAUNCH]);
    await expect(attempt(rig.deleteComputeEnvironment, [rig.spec, BY_LAUNCH])).rejects.toMatchObject({
      nonRetryable: false,
    });
    await complete(rig.disableJobQueue, rig.queueSpec, BY_LAUNCH);
    await complete(rig.deleteJobQueue, rig.queueSpec, BY_LAUNCH);
    await complete(rig.awaitJobQueueGone, rig.queueSpec, BY_LAUNCH);
    await complete(rig.deleteComputeEnvironment, rig.spec, BY_LAUNCH);
    await complete(rig.awaitComputeEnvironmentGone, rig.spec, BY_LAUNCH);
    expect(await rig.batchItems()).toEqual([]);
  });

  test('while a call that makes it may be under way, one "not found" is not believed', async (t) => {
    const rig = await batchRig(t);
    const unsure = { by: 'run', unsureSince: new Date().toISOString() } as const;
    await expect(attempt(rig.disableComputeEnvironment, [rig.spec, unsure])).rejects.toMatchObject({ type: 'NotYet' });
    await complete(rig.disableComputeEnvironment, rig.spec, unsure);
  });

  test('drained, it keeps no worker without a job', async (t) => {
    const rig = await batchRig(t);
    await rig.seedEnvironment();
    await attempt(rig.ensureComputeEnvironment, [{ ...rig.spec, minvCpus: 4 }, rig.parts]);
    await complete(rig.awaitComputeEnvironmentValid, rig.spec);
    await expect(attempt(rig.awaitComputeEnvironmentDrained, [rig.spec])).rejects.toMatchObject({ type: 'NotYet' });
    await complete(rig.drainComputeEnvironment, rig.spec, BY_WORKSPACE);
    await complete(rig.drainComputeEnvironment, rig.spec, BY_WORKSPACE);
    await complete(rig.awaitComputeEnvironmentDrained, rig.spec);
    expect((await rig.environment())?.computeResources).toMatchObject({ minvCpus: 0, desiredvCpus: 0 });
  });
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  '%s at each of its calls ends the same',
  async (fault, t) => {
    const rig = await batchRig(t);
    const operations = ['CreateComputeEnvironment', 'UpdateComputeEnvironment', 'DeleteComputeEnvironment'];
    await rig.account.faults(...operations.map((operation) => ({ service: 'batch', operation, fault })));
    const { made } = await complete(rig.ensureComputeEnvironment, rig.spec, rig.parts);
    expect(made.origin).toBe('created');
    await complete(rig.awaitComputeEnvironmentValid, rig.spec);
    expect(await rig.batchItems()).toHaveLength(1);
    await complete(rig.disableComputeEnvironment, rig.spec, BY_LAUNCH);
    await complete(rig.deleteComputeEnvironment, rig.spec, BY_LAUNCH);
    await complete(rig.awaitComputeEnvironmentGone, rig.spec, BY_LAUNCH);
    expect(await rig.batchItems()).toEqual([]);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
  },
);
