import type { ComputeResolved, EfsStepSpec } from '#domain/compute/specs.ts';
import type { FileSystemPlace } from '#domain/resources/file-system.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { settleAll } from '../kernel/settle.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import { type Guarded, placeOf } from './file-system-place.ts';

export interface MountedEfs extends Guarded {
  readonly id: string;
}

/** An EFS file system in the zone of the first subnet, mounted from there. */
export const efs = defineStep({
  name: 'efs',
  expectedMs: minutes(5),
  async make(
    { fileSystem, securityGroup }: EfsStepSpec,
    { resolved }: { readonly resolved: ComputeResolved },
  ): Promise<MountedEfs> {
    const { vpcId, subnetId, zone } = placeOf(resolved);
    const system = async () => {
      const { fileSystemId } = await mutate.ensureEfs(fileSystem, zone);
      await look.awaitEfsAvailable(fileSystem, fileSystemId);
      await mutate.ensureEfsSettings(fileSystem, fileSystemId);
      return fileSystemId;
    };
    const [id, { groupId: securityGroupId }] = await settleAll([
      system(),
      mutate.ensureOwnSecurityGroup(securityGroup, vpcId),
    ]);
    const place: FileSystemPlace = { subnetId, zone, securityGroupId };
    const { mountTargetId } = await mutate.ensureMountTarget(fileSystem, id, place);
    await look.awaitMountTargetAvailable(fileSystem, id, mountTargetId);
    return { id, securityGroupId };
  },
  /** Instances that are left may still write to it. */
  heldBy: ['compute-environment-*'],
  removalExpectedMs: minutes(10),
  /** What is retained stays as it can be used: with its mount target, and the group that guards that. */
  async undo(spec: EfsStepSpec, removalFor) {
    const { fileSystem, securityGroup } = spec;
    const removal = removalFor('ensureEfs');
    const { kept } = await undo.releaseEfs(fileSystem, spec, removal);
    if (kept) return await undo.releaseOwnSecurityGroup(securityGroup, removal);
    const ofTarget = removalFor('ensureMountTarget');
    const remove = async () => {
      await undo.deleteMountTargets(fileSystem, ofTarget);
      await undo.awaitMountTargetsGone(fileSystem, ofTarget);
      await undo.deleteEfs(fileSystem, spec, removal);
      await undo.awaitEfsGone(fileSystem, removal);
    };
    await takeAway([remove], [() => undo.deleteOwnSecurityGroup(securityGroup, removalFor('ensureOwnSecurityGroup'))]);
  },
  remaining: ({ fileSystem, securityGroup }: EfsStepSpec) => [
    {
      type: 'AWS::EFS::FileSystem',
      names: [fileSystem.name],
      look: (by) => find.findRemainingEfs(fileSystem, by),
    },
    {
      type: 'AWS::EFS::MountTarget',
      names: [],
      look: (by) => find.findRemainingMountTargets(fileSystem, by),
    },
    {
      type: 'AWS::EC2::SecurityGroup',
      names: [securityGroup.name],
      look: (by) => find.findRemainingOwnSecurityGroup(securityGroup, by),
    },
  ],
});
