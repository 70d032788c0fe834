import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  DeleteNetworkInterfaceCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { expect, type TestContext, test } from 'vitest';
import { ownSecurityGroupActivities } from '#activities/ec2/own-security-group.ts';
import { createdTags, RETAINED_TAG, tagList } from '#domain/core/ownership.ts';
import type { OwnSecurityGroupSpec } from '#domain/resources/file-system.ts';
import { type ActivityRig, activityRig, attempt, complete } from '../../control/rig.ts';
import { createNetwork } from '../../sandbox/batch-rig.ts';
import { BY_OWNER, BY_RUN, baseOf, ownCases, ownerOf } from '../compute/cases.ts';

const LUSTRE = [
  { fromPort: 988, toPort: 988 },
  { fromPort: 1_018, toPort: 1_023 },
];

const specOf = (rig: Pick<ActivityRig, 'ref'>, run = 'run-1'): OwnSecurityGroupSpec => ({
  ...baseOf(rig, run),
  description: 'File system of a compute environment',
  fromMembers: LUSTRE,
});

const networkOf = async ({ account }: ActivityRig, cidr?: string) => {
  const ec2 = new EC2Client(account.client);
  return { ec2, ...(await createNetwork({ account, ec2 } as Parameters<typeof createNetwork>[0], cidr)) };
};

ownCases({
  type: 'AWS::EC2::SecurityGroup',
  service: 'ec2',
  create: 'CreateSecurityGroup',
  deletion: 'DeleteSecurityGroup',
  async prepare(rig) {
    const { ec2, vpcId } = await networkOf(rig);
    const { ensureOwnSecurityGroup, deleteOwnSecurityGroup } = ownSecurityGroupActivities(rig.deps);
    return {
      ensure: (run) => ensureOwnSecurityGroup(specOf(rig, run), vpcId),
      remove: (removal, run) => deleteOwnSecurityGroup(specOf(rig, run), removal),
      async seed(tags) {
        const { name: GroupName, description: Description } = specOf(rig);
        const Tags = tagList(tags);
        const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'security-group' as const, Tags }] : undefined;
        const command = new CreateSecurityGroupCommand({ GroupName, Description, VpcId: vpcId, TagSpecifications });
        return (await ec2.send(command)).GroupId ?? '';
      },
    };
  },
});

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const network = await networkOf(rig);
  const { ec2 } = network;
  /** `in tcp 988-988 self` */
  const rules = async (groupId: string) => {
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    const { IpPermissions = [], IpPermissionsEgress = [] } = SecurityGroups[0] ?? {};
    const text = (direction: string) => (rule: (typeof IpPermissions)[number]) =>
      [
        ...(rule.UserIdGroupPairs ?? []).map(({ GroupId }) => (GroupId === groupId ? 'self' : GroupId)),
        ...(rule.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
      ].map((source) => `${direction} ${rule.IpProtocol} ${rule.FromPort}-${rule.ToPort} ${source}`);
    return [...IpPermissions.flatMap(text('in')), ...IpPermissionsEgress.flatMap(text('out'))].toSorted();
  };
  return { ...rig, ...network, rules, ...ownSecurityGroupActivities(rig.deps) };
};

const WANTED = ['in tcp 1018-1023 self', 'in tcp 988-988 self', 'out tcp 1018-1023 self', 'out tcp 988-988 self'];

test('its members talk to each other on its ports alone, and what drifted is put right', async (t) => {
  const rig = await rigOf(t);
  const { ec2, vpcId, rules, ensureOwnSecurityGroup } = rig;
  const { groupId } = await complete(ensureOwnSecurityGroup, specOf(rig), vpcId);
  expect(await rules(groupId)).toEqual(WANTED);

  const world = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  const self = { IpProtocol: 'tcp', FromPort: 988, ToPort: 988, UserIdGroupPairs: [{ GroupId: groupId }] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [world] }));
  await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: groupId, IpPermissions: [world] }));
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [self] }));
  // Control: the drift shows.
  expect(await rules(groupId)).not.toEqual(WANTED);
  await complete(ensureOwnSecurityGroup, specOf(rig), vpcId);
  expect(await rules(groupId)).toEqual(WANTED);
});

test.for(['AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress', 'RevokeSecurityGroupEgress'])(
  'an answer of %s that is lost leaves its rules as they are wished',
  async (operation, t) => {
    const rig = await rigOf(t);
    await rig.account.faults({ service: 'ec2', operation, fault: 'lost-answer' });
    const { groupId } = await complete(rig.ensureOwnSecurityGroup, specOf(rig), rig.vpcId);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1]);
    expect(await rig.rules(groupId)).toEqual(WANTED);
  },
);

test('it is found in whatever VPC it stands, and groups of other names stay', async (t) => {
  const rig = await rigOf(t);
  const { vpcId, account, ensureOwnSecurityGroup, deleteOwnSecurityGroup, findRemainingOwnSecurityGroup } = rig;
  const other = await networkOf(rig, '10.0.0.0/16');
  await complete(ensureOwnSecurityGroup, { ...specOf(rig), name: 'TowerForge-x-lustre' }, vpcId);
  const before = await account.inventory();
  const ids = [
    (await complete(ensureOwnSecurityGroup, specOf(rig), vpcId)).groupId,
    (await complete(ensureOwnSecurityGroup, specOf(rig), other.vpcId)).groupId,
  ];
  const remaining = await attempt(findRemainingOwnSecurityGroup, [specOf(rig, 'run-2'), 'owner']);
  expect(remaining.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(await attempt(findRemainingOwnSecurityGroup, [specOf(rig, 'run-2'), 'run'])).toEqual([]);
  await complete(deleteOwnSecurityGroup, specOf(rig, 'run-2'), BY_OWNER);
  expect(await account.inventory()).toEqual(before);
  expect(await attempt(findRemainingOwnSecurityGroup, [specOf(rig), 'owner'])).toEqual([]);
});

test('whoever waits for it reads what holds it', async (t) => {
  const rig = await rigOf(t);
  const { ec2, vpcId, subnetId, ensureOwnSecurityGroup, deleteOwnSecurityGroup } = rig;
  const { groupId } = await complete(ensureOwnSecurityGroup, specOf(rig), vpcId);
  const { NetworkInterface } = await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId: subnetId, Groups: [groupId], Description: 'EFS mount target' }),
  );
  const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
  await expect(attempt(deleteOwnSecurityGroup, [specOf(rig), BY_RUN])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(`held by interface ${NetworkInterfaceId} (EFS mount target)`),
  });
  await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
  await complete(deleteOwnSecurityGroup, specOf(rig), BY_RUN);
});

test("released it stays and is nobody's, however often, also where the answer is lost between its tags", async (t) => {
  const rig = await rigOf(t);
  const { account, vpcId, ensureOwnSecurityGroup, releaseOwnSecurityGroup, deleteOwnSecurityGroup } = rig;
  const { groupId } = await complete(ensureOwnSecurityGroup, specOf(rig), vpcId);
  await account.faults(
    { service: 'ec2', operation: 'CreateTags', fault: 'lost-answer' },
    { service: 'ec2', operation: 'DeleteTags', fault: 'throttle' },
  );
  await complete(releaseOwnSecurityGroup, specOf(rig, 'run-2'), BY_OWNER);
  await complete(releaseOwnSecurityGroup, specOf(rig, 'run-2'), BY_OWNER);
  const group = async () => (await account.inventory()).find(({ id }) => id === groupId);
  const owner = ownerOf('run-1');
  expect((await group())?.tags).toMatchObject({ [RETAINED_TAG]: owner.id, team: 'genomics' });
  for (const key of Object.keys(createdTags(owner))) expect((await group())?.tags).not.toHaveProperty(key);
  await complete(deleteOwnSecurityGroup, specOf(rig), BY_OWNER);
  expect(await group()).toBeDefined();
});
