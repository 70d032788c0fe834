import { CreateSecurityGroupCommand, CreateSubnetCommand, DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { ModifyMountTargetSecurityGroupsCommand } from '@aws-sdk/client-efs';
import { expect, type TestContext, test } from 'vitest';
import { attempt, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { BY_OWNER, BY_RUN } from '../compute/cases.ts';
import { DELETE, efsRig, specOf, ZONE } from './rig.ts';

const prepared = async (t: TestContext) => {
  const rig = await efsRig(t);
  const { fileSystemId } = await complete(rig.ensureEfs, rig.spec, ZONE);
  await complete(rig.awaitEfsAvailable, rig.spec, fileSystemId);
  const targets = async () => (await rig.items()).filter(({ type }) => type === 'AWS::EFS::MountTarget');
  const ensure = (run = 'run-1') => complete(rig.ensureMountTarget, specOf(rig, run), fileSystemId, rig.place);
  const remove = async () => {
    await complete(rig.deleteMountTargets, rig.spec, BY_OWNER);
    await complete(rig.awaitMountTargetsGone, rig.spec, BY_OWNER);
  };
  return { ...rig, fileSystemId, targets, ensure, remove };
};

test('made twice it is one, in its subnet, behind the group', async (t) => {
  const { account, ensure, targets, place, spec, fileSystemId, awaitMountTargetAvailable } = await prepared(t);
  const first = await ensure();
  expect(first.made).toMatchObject({ type: 'AWS::EFS::MountTarget', origin: 'created' });
  await complete(awaitMountTargetAvailable, spec, fileSystemId, first.mountTargetId);
  const seq = (await account.journal()).at(-1)?.seq ?? 0;
  expect(await ensure()).toEqual(first);
  expect((await ensure('run-2')).made).toEqual({ ...first.made, origin: 'adopted' });
  expect((await account.journal(seq)).filter(({ mutating }) => mutating)).toEqual([]);
  expect(await targets()).toMatchObject([
    { id: first.mountTargetId, details: { subnetId: place.subnetId, securityGroupIds: [place.securityGroupId] } },
  ]);
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  '%s of the create leaves one, and of the removal none',
  async (fault, t) => {
    const { account, ensure, targets, remove } = await prepared(t);
    await account.faults({ service: 'elasticfilesystem', operation: 'CreateMountTarget', fault });
    await ensure();
    expect(await targets()).toHaveLength(1);
    await account.faults({ service: 'elasticfilesystem', operation: 'DeleteMountTarget', fault });
    await remove();
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
    expect(await targets()).toEqual([]);
  },
);

test('its groups follow the wish', async (t) => {
  const { ec2, efs, vpcId, ensure, targets, place, spec, fileSystemId, awaitMountTargetAvailable } = await prepared(t);
  const { mountTargetId } = await ensure();
  await complete(awaitMountTargetAvailable, spec, fileSystemId, mountTargetId);
  const command = new CreateSecurityGroupCommand({ GroupName: 'other', Description: 'other', VpcId: vpcId });
  const other = String((await ec2.send(command)).GroupId);
  const groups = async () => (await targets())[0]?.details.securityGroupIds;
  const SecurityGroups = [other, place.securityGroupId];
  await efs.send(new ModifyMountTargetSecurityGroupsCommand({ MountTargetId: mountTargetId, SecurityGroups }));
  expect(await groups()).toHaveLength(2);
  await ensure();
  expect(await groups()).toEqual([place.securityGroupId]);
});

test('one that stands in another subnet stays there: a file system in one zone has one', async (t) => {
  const { ec2, vpcId, place, spec, fileSystemId, ensure, ensureMountTarget, targets } = await prepared(t);
  const first = await ensure();
  const CidrBlock = '192.168.64.0/18';
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock, AvailabilityZone: ZONE }));
  const moved = { ...place, subnetId: Subnet?.SubnetId ?? '' };
  expect((await complete(ensureMountTarget, spec, fileSystemId, moved)).mountTargetId).toBe(first.mountTargetId);
  expect(await targets()).toHaveLength(1);
});

test('the file system and the group go only after it, with its interface', async (t) => {
  const rig = await prepared(t);
  const { account, ec2, ensure, spec, group, place } = rig;
  await ensure();
  await account.scale(1);
  await attempt(rig.deleteMountTargets, [spec, BY_RUN]);
  await expect(attempt(rig.deleteEfs, [spec, DELETE, BY_RUN])).rejects.toMatchObject({ type: 'NotYet' });
  await expect(attempt(rig.deleteOwnSecurityGroup, [group, BY_RUN])).rejects.toMatchObject({ type: 'NotYet' });
  await account.pass(HOUR_MS);
  await complete(rig.awaitMountTargetsGone, spec, BY_RUN);
  await complete(rig.deleteEfs, spec, DELETE, BY_RUN);
  await account.pass(HOUR_MS);
  await complete(rig.awaitEfsGone, spec, BY_RUN);
  await complete(rig.deleteOwnSecurityGroup, group, BY_RUN);
  const Filters = [{ Name: 'group-id', Values: [place.securityGroupId] }];
  expect((await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces ?? []).toEqual([]);
  expect(await rig.items()).toEqual([]);
});

test('an undo waits for one that a lost create may still bring', async (t) => {
  const { spec, deleteMountTargets } = await prepared(t);
  const unsure = { by: 'run', unsureSince: new Date().toISOString() } as const;
  await expect(attempt(deleteMountTargets, [spec, unsure])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('may still appear'),
  });
  await attempt(deleteMountTargets, [spec, BY_RUN]);
});

test('those of a file system that is not ours stay, and are not listed', async (t) => {
  const rig = await prepared(t);
  await rig.ensure();
  const stranger = { ...rig.spec, owner: { ...rig.spec.owner, id: 'data-example-org.z9y8x7w6v5u4t3s2r1q0' } };
  expect(await attempt(rig.findRemainingMountTargets, [stranger, 'owner'])).toEqual([]);
  await complete(rig.deleteMountTargets, stranger, BY_OWNER);
  expect(await rig.targets()).toMatchObject([{ state: 'available' }]);
  expect(await attempt(rig.findRemainingMountTargets, [rig.spec, 'owner'])).toHaveLength(1);
});
