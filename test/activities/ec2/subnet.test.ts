import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  ModifySubnetAttributeCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { complete } from '../../control/rig.ts';
import { resourceCases, tag } from './cases.ts';
import { createWorld, HOST, type World, ZONES } from './world.ts';

const NAME = 'data-example-org-nf-subnet-jane-1';

const seed = async ({ ec2 }: World, VpcId: string, tags: Tags, CidrBlock = '192.168.64.0/18'): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'subnet' as const, Tags: tagList(tags) }];
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: ZONES[2], TagSpecifications }),
  );
  return Subnet?.SubnetId ?? '';
};

const specOf = (plan: World['plan']) => {
  const spec = plan.network.jobSubnets[1];
  if (!spec) throw new Error('the plan has three job subnets');
  return spec;
};

resourceCases({
  type: 'AWS::EC2::Subnet',
  operation: 'CreateSubnet',
  deletion: 'DeleteSubnet',
  prepare: async (world) => {
    const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
    return {
      ensure: (plan) => world.activities.ensureSubnet(specOf(plan), vpcId, ZONES[1]),
      remove: (plan, removal) => world.activities.deleteSubnet(specOf(plan), plan.network.vpc, removal),
      seed: (tags = {}) => seed(world, vpcId, { Name: NAME, Environment: HOST, ...tags }),
      destroy: async (SubnetId) => void (await world.ec2.send(new DeleteSubnetCommand({ SubnetId }))),
    };
  },
  drifts: {
    'public addresses': ({ ec2 }, SubnetId) =>
      ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } })),
    'its name': (world, id) => tag(world, id, { Name: 'changed' }),
  },
  strangers: {
    'one of another name on the range': (_, bound) => bound.seed({ Name: 'other' }),
    'one of another host': (_, bound) => bound.seed({ Environment: 'other.example.org' }),
    'its name on another range': async (world) => {
      const vpc = (await world.account.inventory()).find(({ type }) => type === 'AWS::EC2::VPC');
      await seed(world, vpc?.id ?? '', { Name: NAME, Environment: HOST }, '192.168.96.0/24');
    },
  },
});

test('the same name in another VPC is another subnet', async (t) => {
  const world = await createWorld(t);
  const { Vpc } = await world.ec2.send(new CreateVpcCommand({ CidrBlock: '192.168.0.0/16' }));
  const elsewhere = await seed(world, Vpc?.VpcId ?? '', { Name: NAME, Environment: HOST });
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const { made, subnetId } = await complete(world.activities.ensureSubnet, specOf(world.plan), vpcId, ZONES[0]);
  expect(made.origin).toBe('created');
  expect(subnetId).not.toBe(elsewhere);
});

test('an adopted one keeps its zone', async (t) => {
  const world = await createWorld(t);
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const id = await seed(world, vpcId, { Name: NAME, Environment: HOST });
  await complete(world.activities.ensureSubnet, specOf(world.plan), vpcId, ZONES[0]);
  const subnet = (await world.account.inventory()).find((item) => item.id === id);
  expect(subnet?.details).toMatchObject({ availabilityZone: ZONES[2] });
});

test('a range that overlaps with a stranger ends as a conflict', async (t) => {
  const world = await createWorld(t);
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  await seed(world, vpcId, { Name: 'other' }, '192.168.64.0/20');
  await expect(complete(world.activities.ensureSubnet, specOf(world.plan), vpcId, ZONES[0])).rejects.toMatchObject({
    type: 'Conflict',
  });
});
