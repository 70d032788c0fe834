/** Options of an environment that is its owner's down to the last setting, and what can't be changed. */
import { UpdateComputeEnvironmentCommand } from '@aws-sdk/client-batch';
import { CreateKeyPairCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import type { ComputeEnvironmentSpec } from '#domain/resources/batch.ts';
import { BY_LAUNCH, complete } from '../../control/rig.ts';
import { createRole } from '../../sandbox/batch-rig.ts';
import { computeRig } from './compute-rig.ts';

test('the strategy is what fits the type, unless another is wanted', async (t) => {
  const rig = await computeRig(t);
  const { environment } = rig.specs;
  const strategies = [
    [{ type: 'SPOT' }, 'SPOT_PRICE_CAPACITY_OPTIMIZED'],
    [{ type: 'EC2' }, 'BEST_FIT_PROGRESSIVE'],
    [{ type: 'SPOT', allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED' }, 'SPOT_CAPACITY_OPTIMIZED'],
    [{ type: 'EC2', allocationStrategy: 'BEST_FIT' }, 'BEST_FIT'],
  ] as const;
  for (const [at, [options, allocationStrategy]] of strategies.entries()) {
    const spec = { ...environment, ...options, name: `${environment.name}-${at}` };
    await rig.make(spec);
    expect((await rig.environmentNamed(spec.name))?.computeResources).toMatchObject({
      type: options.type,
      allocationStrategy,
    });
  }
});

const keyPairs = async ({ ec2 }: Awaited<ReturnType<typeof computeRig>>): Promise<void> => {
  for (const KeyName of ['ops', 'others']) await ec2.send(new CreateKeyPairCommand({ KeyName }));
};

test('price, key pair, tags of instances and an image for GPUs are what is made, and made twice nothing changes', async (t) => {
  const rig = await computeRig(t);
  await keyPairs(rig);
  const spec: ComputeEnvironmentSpec = {
    ...rig.specs.environment,
    bidPercentage: 60,
    keyPair: 'ops',
    instanceTypes: ['g4dn.xlarge'],
    instanceTags: { cost: 'centre' },
    gpu: true,
  };
  await rig.make(spec);
  const before = await rig.batchItems();
  const found = await rig.environmentNamed(spec.name);
  expect(found).toMatchObject({
    tags: { ...spec.tags, 'eyrie:launch': 'run-1' },
    computeResources: {
      bidPercentage: 60,
      ec2KeyPair: 'ops',
      ec2Configuration: [{ imageType: 'ECS_AL2023_NVIDIA', imageIdOverride: rig.parts.imageId }],
    },
  });
  expect(found?.computeResources?.tags).toEqual({
    cost: 'centre',
    'eyrie:compute-environment': spec.owner.id,
    'eyrie:environment': spec.owner.environment,
  });
  await rig.make(spec);
  expect(await rig.batchItems()).toEqual(before);
  expect(await rig.updates()).toBe(0);
});

test('each option is changed in place, and one that is left out again has its default', async (t) => {
  const rig = await computeRig(t);
  await keyPairs(rig);
  const plain = rig.specs.environment;
  const full: ComputeEnvironmentSpec = { ...plain, bidPercentage: 60, keyPair: 'ops', instanceTags: { a: 'b' } };
  const changes: (readonly [ComputeEnvironmentSpec, object])[] = [
    [
      { ...full, maxvCpus: 64, minvCpus: 2 },
      { maxvCpus: 64, minvCpus: 2 },
    ],
    [{ ...full, bidPercentage: 80 }, { bidPercentage: 80 }],
    [{ ...full, keyPair: 'others' }, { ec2KeyPair: 'others' }],
    [{ ...full, instanceTypes: ['c5.large'] }, { instanceTypes: ['c5.large'] }],
    [{ ...full, allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED' }, { allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED' }],
    [{ ...full, gpu: true, instanceTypes: ['g4dn.xlarge'] }, { instanceTypes: ['g4dn.xlarge'] }],
    [plain, { bidPercentage: 100, ec2KeyPair: '', instanceTypes: plain.instanceTypes, maxvCpus: plain.maxvCpus }],
  ];
  await rig.make(full);
  for (const [spec, resources] of changes) {
    const before = await rig.updates();
    await rig.make(spec);
    expect((await rig.environmentNamed(spec.name))?.computeResources).toMatchObject(resources);
    await rig.make(spec);
    expect(await rig.updates()).toBe(before + 1);
  }
});

test('it works as a service role of its own where it is given one, and Spot with BEST_FIT as its fleet role', async (t) => {
  const rig = await computeRig(t);
  const serviceRoleArn = await rig.makeServiceRole();
  const spec: ComputeEnvironmentSpec = { ...rig.specs.environment, allocationStrategy: 'BEST_FIT' };
  const spotFleetRoleArn = await createRole(rig.given, 'fleet', 'spotfleet.amazonaws.com');
  await rig.make(spec, { serviceRoleArn, spotFleetRoleArn });
  expect(await rig.environmentNamed(spec.name)).toMatchObject({
    serviceRole: serviceRoleArn,
    computeResources: { allocationStrategy: 'BEST_FIT', spotIamFleetRole: spotFleetRoleArn },
  });
  await rig.make(spec, { serviceRoleArn, spotFleetRoleArn });
  expect(await rig.updates()).toBe(0);
  // Sizes change all the same.
  await rig.make({ ...spec, maxvCpus: 64 }, { serviceRoleArn, spotFleetRoleArn });
  expect((await rig.environmentNamed(spec.name))?.computeResources?.maxvCpus).toBe(64);
});

test('what Batch never changes is refused before anything is touched', async (t) => {
  const rig = await computeRig(t);
  const serviceRoleArn = await rig.makeServiceRole();
  const { environment, fargate } = rig.specs;
  const named = (name: string, more: Partial<ComputeEnvironmentSpec> = {}): ComputeEnvironmentSpec => ({
    ...environment,
    type: 'EC2',
    name,
    ...more,
  });
  const bestFit = named('best-fit', { allocationStrategy: 'BEST_FIT' });
  await rig.make(named('linked'));
  await rig.make(named('own'), { serviceRoleArn });
  await rig.make(bestFit);
  await rig.makeFargate();
  const before = await rig.batchItems();
  const refused: (() => Promise<unknown>)[] = [
    () => rig.make(named('linked'), { serviceRoleArn }),
    () => rig.make(named('linked', { allocationStrategy: 'BEST_FIT' })),
    () => rig.make(named('own')),
    () => rig.make(named('own', { instanceTypes: ['c5.large'] }), { serviceRoleArn }),
    () => rig.make({ ...bestFit, instanceTypes: ['c5.large'] }),
    () => rig.make(named('best-fit')),
    () => rig.make(named(fargate.name)),
    () => complete(rig.ensureFargateEnvironment, { ...fargate, name: 'linked' }, rig.fargateParts),
    () => complete(rig.ensureFargateEnvironment, fargate, { ...rig.fargateParts, serviceRoleArn }),
  ];
  for (const [nth, change] of refused.entries()) {
    await expect(change(), `change ${nth}`).rejects.toMatchObject({ type: 'DisposeFirst' });
  }
  expect(await rig.batchItems()).toEqual(before);
  expect(await rig.updates()).toBe(0);
});

test('Fargate: made twice is made once, and its size, subnets and state are put right', async (t) => {
  const rig = await computeRig(t);
  const { fargate } = rig.specs;
  await rig.makeFargate();
  const before = await rig.batchItems();
  expect(before).toMatchObject([{ name: fargate.name, tags: { ...fargate.tags, 'eyrie:launch': 'run-1' } }]);
  await rig.makeFargate();
  expect(await rig.updates()).toBe(0);
  const drifts = [{ state: 'DISABLED' as const }, { computeResources: { maxvCpus: 4 } }];
  for (const drift of drifts) {
    await rig.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: fargate.name, ...drift }));
    await expect.poll(async () => (await rig.environmentNamed(fargate.name))?.status).toBe('VALID');
    expect(await rig.batchItems()).not.toEqual(before);
    await rig.makeFargate();
    expect(await rig.batchItems()).toEqual(before);
  }
  for (const step of [rig.disableComputeEnvironment, rig.deleteComputeEnvironment, rig.awaitComputeEnvironmentGone]) {
    await complete(step, fargate, BY_LAUNCH);
    await complete(step, fargate, BY_LAUNCH);
  }
  expect(await rig.batchItems()).toEqual([]);
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  'Fargate: %s at each of its calls ends the same',
  async (fault, t) => {
    const rig = await computeRig(t);
    const { fargate } = rig.specs;
    const operations = ['CreateComputeEnvironment', 'UpdateComputeEnvironment', 'DeleteComputeEnvironment'];
    await rig.account.faults(...operations.map((operation) => ({ service: 'batch', operation, fault })));
    await rig.makeFargate();
    for (const step of [rig.disableComputeEnvironment, rig.deleteComputeEnvironment, rig.awaitComputeEnvironmentGone]) {
      await complete(step, fargate, BY_LAUNCH);
    }
    expect(await rig.batchItems()).toEqual([]);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
  },
);
