import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DetachInternetGatewayCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { BY_LAUNCH, complete } from '../../control/rig.ts';
import { resourceCases, tag } from './cases.ts';
import { createWorld, HOST, type World } from './world.ts';

const NAME = 'data-example-org-nf-vpc-jane';

const seed = async ({ ec2 }: World, vpcId: string, tags: Tags): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'internet-gateway' as const, Tags: tagList(tags) }];
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({ TagSpecifications }));
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }));
  return InternetGatewayId;
};

resourceCases({
  type: 'AWS::EC2::InternetGateway',
  operation: 'CreateInternetGateway',
  deletion: 'DeleteInternetGateway',
  prepare: async (world) => {
    const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
    return {
      ensure: (plan) => world.activities.ensureInternetGateway(plan.network.gateway, vpcId),
      remove: (plan, removal) => world.activities.deleteInternetGateway(plan.network.gateway, removal),
      seed: (tags = {}) => seed(world, vpcId, { Name: NAME, Environment: HOST, ...tags }),
      async destroy(InternetGatewayId) {
        await world.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }));
        await world.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
      },
    };
  },
  drifts: {
    'a lost attachment': async (world, InternetGatewayId) => {
      const vpc = (await world.account.inventory()).find(({ type }) => type === 'AWS::EC2::VPC');
      await world.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc?.id }));
    },
    'its name': (world, id) => tag(world, id, { Name: 'changed' }),
  },
  strangers: {
    "somebody's gateway on the VPC": async (_, bound) => bound.seed({ Name: 'other' }),
  },
});

test('one whose attachment was refused is attached later, not made again', async (t) => {
  const world = await createWorld(t);
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  await world.account.faults({ service: 'ec2', operation: 'AttachInternetGateway', fault: 'internal', times: 2 });
  const { gatewayId } = await complete(world.activities.ensureInternetGateway, world.plan.network.gateway, vpcId);
  const gateways = (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::InternetGateway');
  expect(gateways.map(({ id, details }) => ({ id, details }))).toEqual([{ id: gatewayId, details: { vpcId } }]);
  await complete(world.activities.deleteInternetGateway, world.plan.network.gateway, BY_LAUNCH);
});
