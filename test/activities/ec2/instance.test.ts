import {
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { ConfigSchema } from '#config/schema.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { resourceCases } from './cases.ts';
import { createWorld, HOST, IMAGE, type World, ZONES } from './world.ts';

const NAME = 'data-example-org-nf-squid-jane';

const prepareNetwork = async ({ activities, plan }: World) => {
  const { network, squid } = plan;
  const { vpcId } = await complete(activities.ensureVpc, network.vpc);
  const { gatewayId } = await complete(activities.ensureInternetGateway, network.gateway, vpcId);
  const { subnetId } = await complete(activities.ensureSubnet, network.firewallSubnet, vpcId, ZONES[0]);
  const { groupId } = await complete(activities.ensureSecurityGroup, squid.securityGroup, vpcId);
  return { vpcId, gatewayId, subnetId, groupId };
};

const seed = async ({ ec2 }: World, { subnetId, tags }: { subnetId: string; tags: Tags }): Promise<string> => {
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGE,
      InstanceType: 't2.micro',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetId,
      TagSpecifications: [{ ResourceType: 'instance', Tags: tagList(tags) }],
    }),
  );
  return Instances[0]?.InstanceId ?? '';
};

const interfaceOf = async ({ ec2 }: World, id: string) => {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = Reservations[0]?.Instances?.[0];
  return { vpcId: instance?.VpcId ?? '', NetworkInterfaceId: instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId };
};

resourceCases({
  type: 'AWS::EC2::Instance',
  operation: 'RunInstances',
  deletion: 'TerminateInstances',
  prepare: async (world) => {
    const { subnetId, groupId } = await prepareNetwork(world);
    return {
      async ensure(plan) {
        const { made } = await world.activities.ensureInstance(plan.squid.instance, subnetId, groupId, IMAGE);
        const [instance] = made;
        if (!instance) throw new Error('an instance was made');
        return { made: instance };
      },
      async remove(plan, removal) {
        await world.activities.terminateInstance(plan.squid.instance, removal);
        await world.activities.awaitInstanceTerminated(plan.squid.instance, removal);
      },
      seed: (tags = {}) => seed(world, { subnetId, tags: { Name: NAME, Environment: HOST, ...tags } }),
      destroy: async (id) => void (await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))),
    };
  },
  drifts: {
    'the source/dest check': async (world, id) => {
      const { NetworkInterfaceId } = await interfaceOf(world, id);
      const SourceDestCheck = { Value: true };
      await world.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck }));
    },
    'its security group': async (world, id) => {
      const { NetworkInterfaceId, vpcId } = await interfaceOf(world, id);
      const { SecurityGroups = [] } = await world.ec2.send(
        new DescribeSecurityGroupsCommand({
          Filters: [
            { Name: 'vpc-id', Values: [vpcId] },
            { Name: 'group-name', Values: ['default'] },
          ],
        }),
      );
      const Groups = SecurityGroups.map(({ GroupId }) => GroupId ?? '');
      await world.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }));
    },
    'metadata without a token': ({ ec2 }, InstanceId) =>
      ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'optional' })),
    'a stop': ({ ec2 }, id) => ec2.send(new StopInstancesCommand({ InstanceIds: [id] })),
  },
  strangers: {
    'one without the Environment tag': async (_, bound) => bound.seed({ Environment: '' }),
    'a pair of the same name': async (_, bound) => {
      await bound.seed();
      await bound.seed();
    },
  },
});

const KMS_DENIED = 'Client error on launch: the key of the volume may not be used';

test('one that EC2 ends at its start is the only one, and its reason is told', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instance } = world.plan.squid;
  await world.account.worlds({ instancesEnd: { code: 'Client.InternalError', message: KMS_DENIED } });
  const failure = { type: 'Invalid', message: expect.stringContaining(KMS_DENIED) };
  await expect(complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE)).rejects.toMatchObject(
    failure,
  );
  // Asked again, long after: another token would make another one.
  const late = attempt(world.activities.ensureInstance, [instance, subnetId, groupId, IMAGE], 600_000);
  await expect(late).rejects.toMatchObject(failure);
  const { Reservations = [] } = await world.ec2.send(new DescribeInstancesCommand({}));
  const made = Reservations.flatMap(({ Instances = [] }) => Instances);
  expect(made.map(({ State, StateReason }) => [State?.Name, StateReason?.Code])).toEqual([
    ['terminated', 'Client.InternalError'],
  ]);
  await expect(
    attempt(world.activities.awaitInstanceReady, [instance, made[0]?.InstanceId ?? '']),
  ).rejects.toMatchObject(failure);

  // Control: it was EC2's reason. A quota is told as one.
  await world.account.worlds({ instancesEnd: { code: 'Client.VolumeLimitExceeded', message: 'too many volumes' } });
  const other = { ...instance, owner: { ...instance.owner, run: 'launch-2' } };
  await expect(complete(world.activities.ensureInstance, other, subnetId, groupId, IMAGE)).rejects.toMatchObject({
    type: 'QuotaExceeded',
  });
  await world.account.worlds({ instancesEnd: null });
  const third = { ...instance, owner: { ...instance.owner, run: 'launch-3' } };
  await complete(world.activities.ensureInstance, third, subnetId, groupId, IMAGE);
});

test('it is what the launch asked for: encrypted, tagged with its parts, forwarding, in its group', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { squid } = world.plan;
  const { made, instanceId } = await complete(
    world.activities.ensureInstance,
    squid.instance,
    subnetId,
    groupId,
    IMAGE,
  );
  const inventory = await world.account.inventory();
  const instance = inventory.find(({ id }) => id === instanceId);
  expect(instance?.details).toMatchObject({
    instanceType: 't3.micro',
    imageId: IMAGE,
    subnetId,
    securityGroupIds: [groupId],
    sourceDestCheck: false,
    publicAddress: true,
    metadataOptions: { HttpTokens: 'required' },
  });
  const parts = inventory.filter(({ details }) => details.instanceId === instanceId);
  expect(parts.map(({ type }) => type).toSorted()).toEqual(['AWS::EC2::NetworkInterface', 'AWS::EC2::Volume']);
  for (const part of parts) expect(part.tags).toMatchObject({ 'eyrie:launch': 'launch-1', Name: NAME });
  expect(parts.find(({ type }) => type === 'AWS::EC2::Volume')?.details).toMatchObject({
    encrypted: true,
    deleteOnTermination: true,
  });
  expect(made.map(({ id }) => id)).toContain(parts[0]?.id);
});

test('it is ready when its checks pass and the proxy has reported', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instance } = world.plan.squid;
  await world.account.scale(1);
  const { instanceId } = await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  await expect(attempt(world.activities.awaitInstanceReady, [instance, instanceId])).rejects.toMatchObject({
    type: 'NotYet',
  });
  await world.account.pass(HOUR_MS);
  await complete(world.activities.awaitInstanceReady, instance, instanceId);

  // Control: with a line that it never writes the same instance is not ready.
  const silent = { ...instance, console: { ...instance.console, ready: 'never written' } };
  await expect(attempt(world.activities.awaitInstanceReady, [silent, instanceId])).rejects.toMatchObject({
    type: 'NotYet',
  });
});

test('of the default type the line shows at once; of a type without Nitro it may never do', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instanceType } = ConfigSchema.shape.squid.parse(undefined);
  const make = async (name: string, type: string) => {
    const instance = { ...world.plan.squid.instance, name, instanceType: type };
    const { instanceId } = await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
    return [instance, instanceId] as const;
  };
  await attempt(world.activities.awaitInstanceReady, [...(await make('by-default', instanceType))]);
  const [instance, instanceId] = await make('without-nitro', 't2.micro');
  // That its checks took an hour to pass says nothing of the line.
  for (const waitedMs of [0, HOUR_MS]) {
    await expect(attempt(world.activities.awaitInstanceReady, [instance, instanceId], waitedMs)).rejects.toMatchObject({
      type: 'NotYet',
    });
  }
  // After a while its checks are believed.
  await complete(world.activities.awaitInstanceReady, instance, instanceId);
});

test("Hatchery's instance writes no line: its status checks are enough", async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instance } = world.plan.squid;
  const seeded = await seed(world, { subnetId, tags: { Name: NAME, Environment: HOST } });
  const { instanceId } = await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  await complete(world.activities.awaitInstanceReady, instance, instanceId);
  // It is kept, with the type that it has.
  expect(instanceId).toBe(seeded);
  const kept = (await world.account.inventory()).find(({ id }) => id === seeded);
  expect(kept?.details.instanceType).toBe('t2.micro');
  expect(instance.instanceType).not.toBe('t2.micro');
});

test('a set-up that has stopped is an error with its own words, not a wait', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const said = 'eyrie: squid could not be set up: line 7, dnf install ended with 1';
  const instance = { ...world.plan.squid.instance, userData: `#!/bin/bash\necho '${said}' > /dev/console\n` };
  const { instanceId } = await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  await expect(complete(world.activities.awaitInstanceReady, instance, instanceId)).rejects.toMatchObject({
    type: 'Invalid',
    message: expect.stringContaining(said),
  });
});

test('one that ended while it was waited for is an error, not a wait', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instance } = world.plan.squid;
  const { instanceId } = await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  await expect(complete(world.activities.awaitInstanceReady, instance, instanceId)).rejects.toMatchObject({
    type: 'Invalid',
  });
});

test("the jobs' default route leads to it, and to its successor", async (t) => {
  const world = await createWorld(t);
  const { activities, plan } = world;
  const { vpcId, gatewayId, subnetId, groupId } = await prepareNetwork(world);
  const { instance, jobRouteTable } = plan.squid;
  // A table that leads past the proxy is put right.
  const { routeTableId } = await complete(activities.ensureRouteTable, jobRouteTable, vpcId, [], gatewayId);
  const target = async () => {
    const table = (await world.account.inventory()).find(({ id }) => id === routeTableId);
    const routes = table?.details.routes as { DestinationCidrBlock: string; InstanceId?: string; GatewayId?: string }[];
    return routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
  };
  expect((await target())?.GatewayId).toBe(gatewayId);

  const first = await complete(activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  await complete(activities.ensureDefaultRoute, jobRouteTable, routeTableId, { InstanceId: first.instanceId });
  expect((await target())?.InstanceId).toBe(first.instanceId);

  await complete(activities.terminateInstance, instance, BY_WORKSPACE);
  await complete(activities.awaitInstanceTerminated, instance, BY_WORKSPACE);
  const next = world.planOf('launch-2').squid.instance;
  const second = await complete(activities.ensureInstance, next, subnetId, groupId, IMAGE);
  expect(second.instanceId).not.toBe(first.instanceId);
  await complete(activities.ensureDefaultRoute, jobRouteTable, routeTableId, { InstanceId: second.instanceId });
  expect((await target())?.InstanceId).toBe(second.instanceId);
});

test('the volume and the interface of an adopted one are tagged, and all goes with a disposal', async (t) => {
  const world = await createWorld(t);
  const { subnetId, groupId } = await prepareNetwork(world);
  const { instance } = world.plan.squid;
  const before = await world.account.inventory();
  const id = await seed(world, { subnetId, tags: { Name: NAME, Environment: HOST } });
  await complete(world.activities.ensureInstance, instance, subnetId, groupId, IMAGE);
  const parts = (await world.account.inventory()).filter(({ details }) => details.instanceId === id);
  expect(parts.length).toBeGreaterThan(1);
  for (const part of parts) {
    expect(part.tags).toMatchObject({ 'eyrie:workspace': 'data-example-org.jane' });
    expect(part.tags).not.toHaveProperty('eyrie:launch');
  }
  await complete(world.activities.terminateInstance, instance, BY_LAUNCH);
  expect((await world.account.inventory()).some((item) => item.id === id)).toBe(true);
  await complete(world.activities.terminateInstance, instance, BY_WORKSPACE);
  expect(await world.account.inventory()).toEqual(before);
});
