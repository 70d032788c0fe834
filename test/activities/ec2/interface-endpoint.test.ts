import {
  CreateSecurityGroupCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { BY_WORKSPACE, complete } from '../../control/rig.ts';
import { resourceCases } from './cases.ts';
import { createWorld, type World } from './world.ts';

const NAME = 'data-example-org-nf-ecs-agent-jane';
const SERVICE = 'com.amazonaws.us-east-1.ecs-agent';

const CLOSED = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }],
});

const specOf = (plan: World['plan']) => {
  const spec = plan['service-endpoints'].endpoints.find(({ name }) => name === NAME);
  if (!spec) throw new Error('no endpoint is planned');
  return spec;
};

const preparePlace = async ({ activities, plan }: World) => {
  const { network } = plan;
  const { vpcId } = await complete(activities.ensureVpc, network.vpc);
  const [first] = network.jobSubnets;
  if (!first) throw new Error('no subnet is planned');
  const { subnetId } = await complete(activities.ensureSubnet, first, vpcId, 'us-east-1a');
  const groupId = await complete(activities.findDefaultSecurityGroup, network.vpc, vpcId);
  return { vpcId, subnetIds: [subnetId], groupIds: [groupId] };
};

const seed = async ({ ec2 }: World, VpcId: string, more: { tags?: Tags; policy?: string; groups?: string[] } = {}) => {
  const Tags = tagList(more.tags ?? {});
  const made = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      ServiceName: SERVICE,
      VpcEndpointType: 'Interface',
      SecurityGroupIds: more.groups ?? [],
      ...(more.policy !== undefined && { PolicyDocument: more.policy }),
      ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: 'vpc-endpoint' as const, Tags }] }),
    }),
  );
  return made.VpcEndpoint?.VpcEndpointId ?? '';
};

const endpoints = async (world: World) =>
  (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPCEndpoint');

resourceCases({
  type: 'AWS::EC2::VPCEndpoint',
  operation: 'CreateVpcEndpoint',
  deletion: 'DeleteVpcEndpoints',
  prepare: async (world) => {
    const place = await preparePlace(world);
    return {
      ensure: (plan) => world.activities.ensureInterfaceEndpoint(specOf(plan), place),
      async remove(plan, removal) {
        await world.activities.deleteVpcEndpoint(specOf(plan), plan.network.vpc, removal);
        await world.activities.awaitVpcEndpointGone(specOf(plan), plan.network.vpc, removal);
      },
      seed: (tags = {}) => seed(world, place.vpcId, { tags: { Name: NAME, ...tags } }),
      async destroy(id) {
        await world.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
      },
    };
  },
  drifts: {
    'a lost security group': async (world, VpcEndpointId) => {
      const [endpoint] = await endpoints(world);
      const RemoveSecurityGroupIds = (endpoint?.details.securityGroupIds ?? []) as string[];
      await world.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, RemoveSecurityGroupIds }));
    },
    "the service's own name that no longer leads to it": ({ ec2 }, VpcEndpointId) =>
      ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, PrivateDnsEnabled: false })),
    'a policy that lets less through': ({ ec2 }, VpcEndpointId) =>
      ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, PolicyDocument: CLOSED })),
  },
  strangers: {},
});

test('one that was there keeps its policy, its name and its groups, and lets the workers in', async (t) => {
  const world = await createWorld(t);
  const place = await preparePlace(world);
  const group = await world.ec2.send(
    new CreateSecurityGroupCommand({ VpcId: place.vpcId, GroupName: 'doors', Description: 'doors' }),
  );
  const groups = [String(group.GroupId)];
  const id = await seed(world, place.vpcId, { tags: { Name: 'door' }, policy: CLOSED, groups });
  const { made } = await complete(world.activities.ensureInterfaceEndpoint, specOf(world.plan), place);
  expect(made).toMatchObject({ id, origin: 'adopted' });
  expect(await endpoints(world)).toMatchObject([
    {
      name: 'door',
      details: {
        policy: JSON.parse(CLOSED),
        privateDns: true,
        securityGroupIds: [...groups, ...place.groupIds].toSorted(),
      },
    },
  ]);
});

test('the endpoint of another service is left alone by a disposal of this one', async (t) => {
  const world = await createWorld(t);
  const place = await preparePlace(world);
  const [spec, other] = [specOf(world.plan), world.plan['service-endpoints'].endpoints.at(-1)];
  if (!other) throw new Error('no endpoint is planned');
  await complete(world.activities.ensureInterfaceEndpoint, spec, place);
  await complete(world.activities.ensureInterfaceEndpoint, other, place);
  await complete(world.activities.deleteVpcEndpoint, spec, world.plan.network.vpc, BY_WORKSPACE);
  expect((await endpoints(world)).map(({ details }) => details.serviceName)).toEqual([other.serviceName]);
});
