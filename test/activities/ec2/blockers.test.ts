/** What keeps a network from going: GuardDuty's and our own goes along, everything else is named. */
import {
  CreateNetworkInterfaceCommand,
  DeleteNetworkInterfaceCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, type TestContext, test } from 'vitest';
import { createdTags, tagList } from '#domain/core/ownership.ts';
import { attempt, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { createWorld, IMAGE, TIMING, type World, ZONES } from './world.ts';

const prepare = async (t: TestContext) => {
  const world = await createWorld(t);
  const { activities, plan } = world;
  const { network, squid } = plan;
  const { vpcId } = await complete(activities.ensureVpc, network.vpc);
  await complete(activities.ensureInternetGateway, network.gateway, vpcId);
  const { subnetId } = await complete(activities.ensureSubnet, network.firewallSubnet, vpcId, ZONES[0]);
  const { groupId } = await complete(activities.ensureSecurityGroup, squid.securityGroup, vpcId);
  return { ...world, vpcId, subnetId, groupId };
};

/** The order of the undo. */
const removeAll = async ({ activities, plan: { network, squid } }: World): Promise<void> => {
  await complete(activities.terminateInstance, squid.instance, BY_WORKSPACE);
  await complete(activities.awaitInstanceTerminated, squid.instance, BY_WORKSPACE);
  await complete(activities.deleteSecurityGroup, squid.securityGroup, network.vpc, BY_WORKSPACE);
  await complete(activities.deleteSubnet, network.firewallSubnet, network.vpc, BY_WORKSPACE);
  await complete(activities.deleteInternetGateway, network.gateway, BY_WORKSPACE);
  await complete(activities.deleteVpc, network.vpc, BY_WORKSPACE);
};

const typesOf = async ({ account }: World): Promise<string[]> => (await account.inventory()).map(({ type }) => type);

test("GuardDuty's endpoint and group go with the VPC, also from an instance that nobody of ours made", async (t) => {
  const world = await prepare(t);
  await world.account.worlds({ guardDuty: true });
  const { instance } = world.plan.squid;
  await complete(world.activities.ensureInstance, instance, world.subnetId, world.groupId, IMAGE);
  expect(await typesOf(world)).toEqual(expect.arrayContaining(['AWS::EC2::VPCEndpoint']));
  await removeAll(world);
  expect(await world.account.inventory()).toEqual([]);
});

test('an unattached interface of ours goes too; one of somebody else stays and is named', async (t) => {
  const world = await prepare(t);
  const { activities, ec2, plan, subnetId } = world;
  const { firewallSubnet, vpc } = plan.network;
  const create = async (tags: Record<string, string>, Description: string): Promise<string> => {
    const TagSpecifications = [{ ResourceType: 'network-interface' as const, Tags: tagList(tags) }];
    const made = await ec2.send(
      new CreateNetworkInterfaceCommand({ SubnetId: subnetId, Description, TagSpecifications }),
    );
    return made.NetworkInterface?.NetworkInterfaceId ?? '';
  };
  const ours = await create({ ...createdTags(firewallSubnet.owner) }, 'left over');
  const theirs = await create({ Name: 'lambda' }, "somebody's function");
  const remove = (waitedMs: number) => attempt(activities.deleteSubnet, [firewallSubnet, vpc, BY_WORKSPACE], waitedMs);

  // At first it may pass by itself.
  const early = await remove(0).catch((error: Error) => error);
  expect(early).toMatchObject({ type: 'NotYet', message: expect.stringContaining('has dependencies') });
  const late = await remove(TIMING.propagationMs + 1_000).catch((error: Error) => error);
  expect(late).toMatchObject({
    type: 'NotYet',
    message: `subnet ${subnetId} is held by interface ${theirs} (available, somebody's function)`,
  });
  const left = (await world.account.inventory()).filter(({ type }) => type === 'AWS::EC2::NetworkInterface');
  expect(left.map(({ id }) => id)).toEqual([theirs]);
  expect(left.map(({ id }) => id)).not.toContain(ours);

  await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: theirs }));
  await remove(0);
});

test('an instance of somebody else is named by its interface, and the VPC by what is in it', async (t) => {
  const world = await prepare(t);
  const { activities, ec2, plan, subnetId, vpcId } = world;
  const { network } = plan;
  const stranger = { ...plan.squid.instance, name: 'stranger', owner: { ...plan.squid.instance.owner } };
  const { instanceId } = await complete(activities.ensureInstance, stranger, subnetId, world.groupId, IMAGE);
  const late = TIMING.propagationMs + 1_000;
  const ofVpc = await attempt(activities.deleteVpc, [network.vpc, BY_WORKSPACE], late).catch((error: Error) => error);
  expect(ofVpc).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(`VPC ${vpcId} is held by interface eni-`),
  });
  expect((ofVpc as Error).message).toContain(instanceId);
  expect((ofVpc as Error).message).toContain(`security group ${world.groupId}`);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
});
