import { AllocateAddressCommand, CreateNatGatewayCommand, DeleteNatGatewayCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { codeOf } from '#domain/core/failures.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { attempt, BY_LAUNCH, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { resourceCases, tag } from './cases.ts';
import { createWorld, HOST, type World } from './world.ts';

const NAME = 'data-example-org-nf-nat-jane';

const prepareSubnet = async ({ activities, plan }: World) => {
  const { network } = plan;
  const { vpcId } = await complete(activities.ensureVpc, network.vpc);
  const { subnetId } = await complete(activities.ensureSubnet, network.firewallSubnet, vpcId, 'us-east-1a');
  return { vpcId, subnetId };
};

const preparePlace = async (world: World) => {
  const { vpcId, subnetId } = await prepareSubnet(world);
  await complete(world.activities.ensureInternetGateway, world.plan.network.gateway, vpcId);
  const { allocationId } = await complete(world.activities.ensureElasticIp, world.plan['nat-gateway'].address);
  return { vpcId, subnetId, allocationId };
};

const seed = async ({ ec2 }: World, SubnetId: string, AllocationId: string, tags: Tags): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'natgateway' as const, Tags: tagList(tags) }];
  const made = await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId, TagSpecifications }));
  return made.NatGateway?.NatGatewayId ?? '';
};

const allocate = async ({ ec2 }: World) =>
  (await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))).AllocationId ?? '';

const gateways = async (world: World) =>
  (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::NatGateway');

resourceCases({
  type: 'AWS::EC2::NatGateway',
  operation: 'CreateNatGateway',
  deletion: 'DeleteNatGateway',
  prepare: async (world) => {
    const place = await preparePlace(world);
    const { subnetId, allocationId } = place;
    return {
      ensure: (plan) => world.activities.ensureNatGateway(plan['nat-gateway'].gateway, place),
      async remove(plan, removal) {
        await world.activities.deleteNatGateway(plan['nat-gateway'].gateway, plan.network.vpc, removal);
        await world.activities.awaitNatGatewayGone(plan['nat-gateway'].gateway, plan.network.vpc, removal);
      },
      // Hatchery has none: one that somebody made for this workspace.
      seed: (tags = {}) => seed(world, subnetId, allocationId, { Name: NAME, Environment: HOST, ...tags }),
      async destroy(NatGatewayId) {
        await world.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
      },
    };
  },
  drifts: {
    'its name': (world, id) => tag(world, id, { Name: 'changed' }),
  },
  strangers: {
    "somebody's gateway of the name": async (world) => {
      const { subnetId, allocationId } = await preparePlace(world);
      await seed(world, subnetId, allocationId, { Name: NAME });
    },
    'two of the name': async (world, bound) => {
      const { subnetId } = await preparePlace(world);
      await bound.seed();
      await seed(world, subnetId, await allocate(world), { Name: NAME, Environment: HOST });
    },
  },
});

test("somebody's gateway of another name in the VPC is no concern of ours", async (t) => {
  const world = await createWorld(t);
  const place = await preparePlace(world);
  const other = await seed(world, place.subnetId, await allocate(world), { Name: 'other' });
  const { natGatewayId } = await complete(world.activities.ensureNatGateway, world.plan['nat-gateway'].gateway, place);
  expect((await gateways(world)).map(({ id }) => id).toSorted()).toEqual([other, natGatewayId].toSorted());
});

test('it is waited for until it is there, and until it is gone; only then its address can go', async (t) => {
  const world = await createWorld(t);
  const place = await preparePlace(world);
  const { activities, plan } = world;
  await world.account.scale(0.02);
  const { natGatewayId } = await complete(activities.ensureNatGateway, plan['nat-gateway'].gateway, place);
  await complete(activities.awaitNatGatewayAvailable, plan['nat-gateway'].gateway, natGatewayId);
  expect((await gateways(world)).map(({ state }) => state)).toEqual(['available']);
  await world.account.scale(1);
  const release = [plan['nat-gateway'].address, BY_LAUNCH] as const;
  await attempt(activities.deleteNatGateway, [plan['nat-gateway'].gateway, plan.network.vpc, BY_LAUNCH]);
  expect(codeOf(await attempt(activities.releaseElasticIp, [...release]).catch((error: unknown) => error))).toBe(
    'NotYet',
  );
  // Another one is not made beside the one that goes.
  const again = attempt(activities.ensureNatGateway, [plan['nat-gateway'].gateway, place]);
  await expect(again).rejects.toMatchObject({ type: 'NotYet', message: expect.stringMatching(/is being deleted/) });
  await world.account.pass(HOUR_MS);
  await complete(activities.awaitNatGatewayGone, plan['nat-gateway'].gateway, plan.network.vpc, BY_LAUNCH);
  await complete(activities.releaseElasticIp, ...release);
  expect((await world.account.inventory()).map(({ type }) => type)).not.toContain('AWS::EC2::EIP');
});

test("one that fails says why, and doesn't keep the next one from being made", async (t) => {
  const world = await createWorld(t);
  const { activities, plan } = world;
  const { allocationId } = await complete(activities.ensureElasticIp, plan['nat-gateway'].address);
  const place = { ...(await prepareSubnet(world)), allocationId };
  // The VPC has no internet gateway.
  await attempt(activities.ensureNatGateway, [plan['nat-gateway'].gateway, place]).catch(() => undefined);
  const [failed] = await gateways(world);
  await expect(
    attempt(activities.awaitNatGatewayAvailable, [plan['nat-gateway'].gateway, String(failed?.id)]),
  ).rejects.toMatchObject({
    type: 'Invalid',
    message: expect.stringMatching(/no Internet gateway attached \(Gateway/),
  });
  await complete(activities.ensureInternetGateway, plan.network.gateway, place.vpcId);
  const { natGatewayId } = await complete(activities.ensureNatGateway, plan['nat-gateway'].gateway, place);
  expect(natGatewayId).not.toBe(failed?.id);
  await complete(activities.awaitNatGatewayAvailable, plan['nat-gateway'].gateway, natGatewayId);
  // Both go with the undo.
  await complete(activities.deleteNatGateway, plan['nat-gateway'].gateway, plan.network.vpc, BY_LAUNCH);
  expect(await gateways(world)).toEqual([]);
});

test('a zone that has no room for one is told so', async (t) => {
  const world = await createWorld(t);
  const place = await preparePlace(world);
  await world.account.quotas({ natGatewaysPerZone: 0 });
  const error = await attempt(world.activities.ensureNatGateway, [world.plan['nat-gateway'].gateway, place]).catch(
    (thrown: unknown) => thrown,
  );
  expect(codeOf(error)).toBe('QuotaExceeded');
});
