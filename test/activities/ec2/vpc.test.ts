import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcsCommand,
  ModifyVpcAttributeCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { codeOf } from '#domain/core/failures.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { attempt, BY_LAUNCH, complete } from '../../control/rig.ts';
import { resourceCases, tag } from './cases.ts';
import { createWorld, HOST, LAUNCH, type World } from './world.ts';

const NAME = 'data-example-org-nf-vpc-jane';
const HATCHERYS = { Name: NAME, Environment: HOST };

const seed = async ({ ec2 }: World, tags: Tags = {}, CidrBlock = '192.168.0.0/16'): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'vpc' as const, Tags: tagList(tags) }];
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock, TagSpecifications }));
  return Vpc?.VpcId ?? '';
};

resourceCases({
  type: 'AWS::EC2::VPC',
  operation: 'CreateVpc',
  deletion: 'DeleteVpc',
  prepare: async (world) => ({
    ensure: (plan) => world.activities.ensureVpc(plan.network.vpc),
    remove: (plan, removal) => world.activities.deleteVpc(plan.network.vpc, removal),
    seed: (tags = {}) => seed(world, { ...HATCHERYS, ...tags }),
    destroy: async (VpcId) => void (await world.ec2.send(new DeleteVpcCommand({ VpcId }))),
  }),
  drifts: {
    'DNS host names': ({ ec2 }, VpcId) =>
      ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: false } })),
    'DNS support': ({ ec2 }, VpcId) =>
      ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: false } })),
    'its name': (world, id) => tag(world, id, { Name: 'changed' }),
  },
  strangers: {
    'one without the Environment tag': (world) => seed(world, { Name: NAME }),
    'one of another host': (world) => seed(world, { Name: NAME, Environment: 'other.example.org' }),
    'one with another range': (world) => seed(world, HATCHERYS, '10.0.0.0/16'),
    'a pair of the same name': async (world) => {
      await seed(world, HATCHERYS);
      await seed(world, HATCHERYS);
    },
  },
});

test('of two that one launch made the oldest stays', async (t) => {
  const world = await createWorld(t);
  const { made } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const owned = { ...HATCHERYS, 'eyrie:workspace': 'data-example-org.jane', 'eyrie:environment': 'data-example-org' };
  await seed(world, { ...owned, 'eyrie:launch': LAUNCH });
  const again = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const left = (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPC');
  expect(left.map(({ id }) => id)).toEqual([again.vpcId]);
  expect(again.made.type).toBe(made.type);
});

test('a second create waits until the first one must have shown', async (t) => {
  const world = await createWorld(t);
  await world.account.faults({ service: 'ec2', operation: 'CreateVpc', fault: 'reset', times: 1 });
  const ensure = () => attempt(world.activities.ensureVpc, [world.plan.network.vpc]);
  await expect(ensure()).rejects.toMatchObject({ type: 'Unavailable' });
  await expect(ensure()).rejects.toMatchObject({ type: 'NotYet' });
  await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const { Vpcs = [] } = await world.ec2.send(new DescribeVpcsCommand({}));
  expect(Vpcs.filter(({ IsDefault }) => !IsDefault)).toHaveLength(1);
});

test('one that comes into sight between two looks is ours, not a stranger with our name', async (t) => {
  const world = await createWorld(t);
  const { vpc } = world.plan.network;
  await world.account.scale(0.1);
  await world.account.faults(
    { service: 'ec2', operation: 'CreateVpc', fault: 'lost-answer', times: 1 },
    // The first two reads belong to the call whose answer is lost. The third sees nothing and is answered so late that the
    // fourth sees the VPC.
    { service: 'ec2', operation: 'DescribeVpcs', fault: 'slow', delayMs: 1_000, skip: 2, times: 1 },
  );
  await expect(attempt(world.activities.ensureVpc, [vpc])).rejects.toMatchObject({ type: 'Unavailable' });
  const { vpcId } = await complete(world.activities.ensureVpc, vpc);
  const { Vpcs = [] } = await world.ec2.send(new DescribeVpcsCommand({}));
  expect(Vpcs.filter(({ IsDefault }) => !IsDefault).map(({ VpcId }) => VpcId)).toEqual([vpcId]);
});

test('an undo that was told nothing waits by the intent for what may still show', async (t) => {
  const world = await createWorld(t);
  const { vpc } = world.plan.network;
  await world.account.scale(0.1);
  await world.account.faults({ service: 'ec2', operation: 'CreateVpc', fault: 'lost-answer', times: 1 });
  await expect(attempt(world.activities.ensureVpc, [vpc])).rejects.toMatchObject({ type: 'Unavailable' });
  await complete(world.activities.deleteVpc, vpc, BY_LAUNCH);
  await world.account.scale(0);
  expect((await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPC')).toEqual([]);
});

test('a full quota is no matter of waiting, and nothing is left', async (t) => {
  const world = await createWorld(t);
  await world.account.quotas({ vpcs: 1 });
  const error = await complete(world.activities.ensureVpc, world.plan.network.vpc).catch((failure) => failure);
  expect(codeOf(error)).toBe('QuotaExceeded');
  expect((await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPC')).toEqual([]);
  // The refusal is settled: an undo has nothing to wait for.
  await attempt(world.activities.deleteVpc, [world.plan.network.vpc, BY_LAUNCH]);
});

test('it is waited for, and its end too', async (t) => {
  const world = await createWorld(t);
  const { vpc } = world.plan.network;
  // As slow as AWS: on a busy machine the first look is late.
  await world.account.scale(1);
  const { vpcId } = await complete(world.activities.ensureVpc, vpc);
  await expect(attempt(world.activities.awaitVpcAvailable, [vpc, vpcId])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(world.activities.awaitVpcAvailable, vpc, vpcId);
  await expect(attempt(world.activities.awaitVpcGone, [vpc, BY_LAUNCH])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(world.activities.deleteVpc, vpc, BY_LAUNCH);
  await complete(world.activities.awaitVpcGone, vpc, BY_LAUNCH);
});
