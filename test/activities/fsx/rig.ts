import { EC2Client } from '@aws-sdk/client-ec2';
import { FSxClient } from '@aws-sdk/client-fsx';
import type { TestContext } from 'vitest';
import { ownSecurityGroupActivities } from '#activities/ec2/own-security-group.ts';
import { lustreActivities } from '#activities/fsx/lustre.ts';
import { lustreRemovalActivities } from '#activities/fsx/removal.ts';
import type { GuardedRemoval, LustreSpec, OwnSecurityGroupSpec } from '#domain/resources/file-system.ts';
import { type ActivityRig, activityRig, complete } from '../../control/rig.ts';
import { createNetwork } from '../../sandbox/batch-rig.ts';
import { baseOf } from '../compute/cases.ts';

export type Guard = Pick<GuardedRemoval, 'data' | 'confirmed'>;
export const CONFIRMED: Guard = { data: 'delete', confirmed: true };

export const specOf = (rig: Pick<ActivityRig, 'ref'>, run = 'run-1', more: Partial<LustreSpec> = {}): LustreSpec => ({
  ...baseOf(rig, run),
  clientRequestToken: baseOf(rig).name,
  storageCapacity: 1_200,
  deployment: 'SCRATCH_2',
  kmsKeyId: null,
  ...more,
});

const groupOf = (rig: Pick<ActivityRig, 'ref'>): OwnSecurityGroupSpec => ({
  ...baseOf(rig),
  description: 'File system of a compute environment',
  fromMembers: [
    { fromPort: 988, toPort: 988 },
    { fromPort: 1_018, toPort: 1_023 },
  ],
});

/** In any rig: a VPC, the group, and the activities. */
export const lustreOn = async (rig: ActivityRig) => {
  const { account, deps } = rig;
  const ec2 = new EC2Client(account.client);
  const network = await createNetwork({ account, ec2 } as Parameters<typeof createNetwork>[0]);
  const activities = {
    ...lustreActivities(deps),
    ...lustreRemovalActivities(deps),
    ...ownSecurityGroupActivities(deps),
  };
  const { groupId } = await complete(activities.ensureOwnSecurityGroup, groupOf(rig), network.vpcId);
  const place = { subnetId: network.subnetId, zone: 'us-east-1a', securityGroupId: groupId };
  return { ...activities, place, group: groupOf(rig), fsx: new FSxClient(account.client) };
};

export const lustreRig = async (t: TestContext) => {
  const rig = await activityRig(t);
  const on = await lustreOn(rig);
  return {
    ...rig,
    ...on,
    spec: specOf(rig),
    items: async () => (await rig.account.inventory()).filter(({ type }) => type.startsWith('AWS::FSx::')),
    /** As the step makes it. */
    async make(wanted = specOf(rig)): Promise<string> {
      const { fileSystemId } = await complete(on.ensureLustre, wanted, on.place);
      await complete(on.awaitLustreAvailable, wanted, fileSystemId);
      return fileSystemId;
    },
  };
};
