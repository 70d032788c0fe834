import { EC2Client } from '@aws-sdk/client-ec2';
import { EFSClient } from '@aws-sdk/client-efs';
import type { TestContext } from 'vitest';
import { ownSecurityGroupActivities } from '#activities/ec2/own-security-group.ts';
import { efsActivities } from '#activities/efs/file-system.ts';
import { mountTargetActivities } from '#activities/efs/mount-target.ts';
import { efsRemovalActivities } from '#activities/efs/removal.ts';
import type { EfsSpec, GuardedRemoval, OwnSecurityGroupSpec } from '#domain/resources/file-system.ts';
import { type ActivityRig, activityRig, complete } from '../../control/rig.ts';
import { createNetwork } from '../../sandbox/batch-rig.ts';
import { baseOf } from '../compute/cases.ts';

export const ZONE = 'us-east-1a';

export type Guard = Pick<GuardedRemoval, 'data' | 'confirmed'>;
export const DELETE: Guard = { data: 'delete', confirmed: false };

export const specOf = (rig: Pick<ActivityRig, 'ref'>, run = 'run-1', more: Partial<EfsSpec> = {}): EfsSpec => ({
  ...baseOf(rig, run),
  creationToken: baseOf(rig).name,
  kmsKeyId: null,
  ...more,
});

const groupOf = (rig: Pick<ActivityRig, 'ref'>): OwnSecurityGroupSpec => ({
  ...baseOf(rig),
  description: 'File system of a compute environment',
  fromMembers: [{ fromPort: 2_049, toPort: 2_049 }],
});

export const activitiesOf = ({ deps }: Pick<ActivityRig, 'deps'>) => ({
  ...efsActivities(deps),
  ...mountTargetActivities(deps),
  ...efsRemovalActivities(deps),
  ...ownSecurityGroupActivities(deps),
});

/** An account with a VPC and the group of a file system, and the activities. */
export const efsRig = async (t: TestContext) => {
  const rig = await activityRig(t);
  const { account } = rig;
  const ec2 = new EC2Client(account.client);
  const network = await createNetwork({ account, ec2 } as Parameters<typeof createNetwork>[0]);
  const activities = activitiesOf(rig);
  const { groupId } = await complete(activities.ensureOwnSecurityGroup, groupOf(rig), network.vpcId);
  const place = { subnetId: network.subnetId, zone: ZONE, securityGroupId: groupId };
  const spec = specOf(rig);
  return {
    ...rig,
    ...network,
    ...activities,
    ec2,
    efs: new EFSClient(account.client),
    place,
    spec,
    group: groupOf(rig),
    items: async () => (await account.inventory()).filter(({ type }) => type.startsWith('AWS::EFS::')),
    /** As the step makes it. */
    async make(wanted = spec): Promise<string> {
      const { fileSystemId } = await complete(activities.ensureEfs, wanted, ZONE);
      await complete(activities.awaitEfsAvailable, wanted, fileSystemId);
      await complete(activities.ensureEfsSettings, wanted, fileSystemId);
      const { mountTargetId } = await complete(activities.ensureMountTarget, wanted, fileSystemId, place);
      await complete(activities.awaitMountTargetAvailable, wanted, fileSystemId, mountTargetId);
      return fileSystemId;
    },
    fill: (id: string, sizeBytes: number) => account.seed('PUT file-systems', { id, sizeBytes }),
  };
};
