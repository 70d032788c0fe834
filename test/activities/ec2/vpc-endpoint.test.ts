import {
  CreateRouteTableCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { resourceCases } from './cases.ts';
import { createWorld, type World } from './world.ts';

const NAME = 'data-example-org-nf-s3-jane';
const S3 = 'com.amazonaws.us-east-1.s3';

const CLOSED = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' }],
});

const tableOf = async ({ ec2 }: World, VpcId: string): Promise<string> =>
  (await ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId ?? '';

const seed = async ({ ec2 }: World, VpcId: string, more: { tags?: Tags; tables?: string[]; policy?: string } = {}) => {
  const Tags = tagList(more.tags ?? {});
  const made = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      ServiceName: S3,
      VpcEndpointType: 'Gateway',
      RouteTableIds: more.tables ?? [],
      ...(more.policy !== undefined && { PolicyDocument: more.policy }),
      ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: 'vpc-endpoint' as const, Tags }] }),
    }),
  );
  return made.VpcEndpoint?.VpcEndpointId ?? '';
};

const prepareVpc = async (world: World) => {
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  return { vpcId, tables: [await tableOf(world, vpcId), await tableOf(world, vpcId)] };
};

const specOf = (plan: World['plan']) => {
  const [spec] = plan.network.gatewayEndpoints;
  if (!spec) throw new Error('no endpoint is planned');
  return spec;
};

const endpoints = async (world: World) =>
  (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPCEndpoint');

resourceCases({
  type: 'AWS::EC2::VPCEndpoint',
  operation: 'CreateVpcEndpoint',
  deletion: 'DeleteVpcEndpoints',
  prepare: async (world) => {
    const { vpcId, tables } = await prepareVpc(world);
    return {
      ensure: (plan) => world.activities.ensureVpcEndpoint(specOf(plan), vpcId, tables),
      async remove(plan, removal) {
        await world.activities.deleteVpcEndpoint(specOf(plan), plan.network.vpc, removal);
        await world.activities.awaitVpcEndpointGone(specOf(plan), plan.network.vpc, removal);
      },
      // Hatchery makes none: one that stands in its VPC was put there by somebody who runs the account.
      seed: (tags = {}) => seed(world, vpcId, { tags: { Name: NAME, ...tags } }),
      async destroy(id) {
        await world.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
      },
    };
  },
  drifts: {
    'a lost route table': async (world, VpcEndpointId) => {
      const [endpoint] = await endpoints(world);
      const routed = (endpoint?.details.routeTableIds ?? []) as string[];
      const RemoveRouteTableIds = routed.slice(0, 1);
      await world.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, RemoveRouteTableIds }));
    },
    'a policy that lets less through': ({ ec2 }, VpcEndpointId) =>
      ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, PolicyDocument: CLOSED })),
  },
  strangers: {},
});

test('one that was there keeps its policy and its name, and serves the tables that it did not', async (t) => {
  const world = await createWorld(t);
  const { vpcId, tables } = await prepareVpc(world);
  const id = await seed(world, vpcId, { tags: { Name: 'door' }, tables: tables.slice(0, 1), policy: CLOSED });
  const { made } = await complete(world.activities.ensureVpcEndpoint, specOf(world.plan), vpcId, tables);
  expect(made).toMatchObject({ id, origin: 'adopted' });
  expect(await endpoints(world)).toMatchObject([
    { name: 'door', details: { policy: JSON.parse(CLOSED), routeTableIds: tables.toSorted() } },
  ]);
});

test('a table that another endpoint serves already is left to it', async (t) => {
  const world = await createWorld(t);
  const { vpcId, tables } = await prepareVpc(world);
  const spec = specOf(world.plan);
  await complete(world.activities.ensureVpcEndpoint, spec, vpcId, tables.slice(0, 1));
  await seed(world, vpcId, { tags: { Name: 'other' }, tables: tables.slice(1) });
  const before = await world.account.inventory();
  await complete(world.activities.ensureVpcEndpoint, spec, vpcId, tables);
  expect(await world.account.inventory()).toEqual(before);
});

test('a way of another kind to the same service is no concern of ours', async (t) => {
  const world = await createWorld(t);
  const { vpcId, tables } = await prepareVpc(world);
  const other = { VpcId: vpcId, ServiceName: S3, VpcEndpointType: 'Interface' as const };
  await world.ec2.send(new CreateVpcEndpointCommand(other));
  const { made } = await complete(world.activities.ensureVpcEndpoint, specOf(world.plan), vpcId, tables);
  expect(made.origin).toBe('created');
  await complete(world.activities.deleteVpcEndpoint, specOf(world.plan), world.plan.network.vpc, BY_WORKSPACE);
  expect((await endpoints(world)).map(({ details }) => details.vpcEndpointType)).toEqual(['Interface']);
});

test('it is waited for until it is there, and until it is gone', async (t) => {
  const world = await createWorld(t);
  const { vpcId, tables } = await prepareVpc(world);
  const [spec, { vpc }] = [specOf(world.plan), world.plan.network];
  await world.account.scale(0.1);
  const { endpointId } = await complete(world.activities.ensureVpcEndpoint, spec, vpcId, tables);
  await complete(world.activities.awaitVpcEndpointAvailable, spec, vpcId, endpointId);
  expect((await endpoints(world)).map(({ state }) => state)).toEqual(['available']);
  await complete(world.activities.deleteVpcEndpoint, spec, vpc, BY_LAUNCH);
  await complete(world.activities.awaitVpcEndpointGone, spec, vpc, BY_LAUNCH);
  expect(await endpoints(world)).toEqual([]);
  await expect(world.activities.awaitVpcEndpointAvailable(spec, vpcId, endpointId)).rejects.toMatchObject({
    type: 'NotYet',
  });
});
