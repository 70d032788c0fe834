import {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { complete } from '../../control/rig.ts';
import { resourceCases } from './cases.ts';
import { createWorld, HOST, type World, ZONES } from './world.ts';

const NAME = 'data-example-org-nf-fw-rt-jane';

const prepareNetwork = async ({ activities, plan }: World) => {
  const { network } = plan;
  const { vpcId } = await complete(activities.ensureVpc, network.vpc);
  const { gatewayId } = await complete(activities.ensureInternetGateway, network.gateway, vpcId);
  const { subnetId } = await complete(activities.ensureSubnet, network.firewallSubnet, vpcId, ZONES[0]);
  return { vpcId, gatewayId, subnetId };
};

const seed = async ({ ec2 }: World, VpcId: string, tags: Tags): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'route-table' as const, Tags: tagList(tags) }];
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId, TagSpecifications }));
  return RouteTable?.RouteTableId ?? '';
};

const dissociate = async ({ ec2 }: World, RouteTableId: string): Promise<string | undefined> => {
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }));
  const [association] = RouteTables[0]?.Associations ?? [];
  if (!association) return undefined;
  await ec2.send(new DisassociateRouteTableCommand({ AssociationId: association.RouteTableAssociationId }));
  return association.SubnetId;
};

resourceCases({
  type: 'AWS::EC2::RouteTable',
  operation: 'CreateRouteTable',
  deletion: 'DeleteRouteTable',
  prepare: async (world) => {
    const { vpcId, gatewayId, subnetId } = await prepareNetwork(world);
    return {
      ensure: (plan) =>
        world.activities.ensureRouteTable(plan.network.firewallRouteTable, vpcId, [subnetId], gatewayId),
      remove: (plan, removal) =>
        world.activities.deleteRouteTable(plan.network.firewallRouteTable, plan.network.vpc, removal),
      seed: (tags = {}) => seed(world, vpcId, { Name: NAME, Environment: HOST, ...tags }),
      async destroy(RouteTableId) {
        await dissociate(world, RouteTableId);
        await world.ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
      },
    };
  },
  drifts: {
    'a lost association': dissociate,
    'a subnet that was bound to another table': async (world, id) => {
      const SubnetId = await dissociate(world, id);
      const { RouteTables = [] } = await world.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [id] }));
      const main = await world.ec2.send(
        new DescribeRouteTablesCommand({
          Filters: [
            { Name: 'vpc-id', Values: [RouteTables[0]?.VpcId ?? ''] },
            { Name: 'association.main', Values: ['true'] },
          ],
        }),
      );
      const RouteTableId = main.RouteTables?.[0]?.RouteTableId;
      await world.ec2.send(new AssociateRouteTableCommand({ SubnetId, RouteTableId }));
    },
    'a lost default route': ({ ec2 }, RouteTableId) =>
      ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0' })),
  },
  strangers: {
    'one without the Environment tag': async (world) => {
      const vpc = (await world.account.inventory()).find(({ type }) => type === 'AWS::EC2::VPC');
      await seed(world, vpc?.id ?? '', { Name: NAME });
    },
    'a pair of the same name': async (_, bound) => {
      await bound.seed();
      await bound.seed();
    },
  },
});

test('the main route stands on the main table, though another comes first, and is put back', async (t) => {
  const world = await createWorld(t);
  const { vpcId, gatewayId } = await prepareNetwork(world);
  await complete(world.activities.ensureRouteTable, world.plan.network.jobRouteTable, vpcId, [], null);
  const tables = async () => (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::RouteTable');
  const before = await tables();
  await complete(world.activities.ensureMainRoute, world.plan.network.vpc, vpcId, gatewayId);
  const routed = await tables();
  const leads = (table: (typeof routed)[number]) => JSON.stringify(table.details.routes).includes(gatewayId);
  expect(routed.filter(leads).map(({ details }) => details.main)).toEqual([true]);
  expect(before.filter(leads)).toEqual([]);

  const [main] = routed.filter(leads);
  await world.ec2.send(new DeleteRouteCommand({ RouteTableId: main?.id, DestinationCidrBlock: '0.0.0.0/0' }));
  await complete(world.activities.ensureMainRoute, world.plan.network.vpc, vpcId, gatewayId);
  await complete(world.activities.ensureMainRoute, world.plan.network.vpc, vpcId, gatewayId);
  expect(await tables()).toEqual(routed);
});
