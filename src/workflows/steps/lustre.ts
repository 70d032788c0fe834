import type { ComputeResolved, LustreStepSpec } from '#domain/compute/specs.ts';
import type { FileSystemPlace, Lustre } from '#domain/resources/file-system.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import { type Guarded, placeOf } from './file-system-place.ts';

export interface MountedLustre extends Lustre, Guarded {}

/** A Lustre file system in the first subnet, AVAILABLE. */
export const lustre = defineStep({
  name: 'lustre',
  expectedMs: minutes(20),
  async make(
    { fileSystem, securityGroup }: LustreStepSpec,
    { resolved }: { readonly resolved: ComputeResolved },
  ): Promise<MountedLustre> {
    const { vpcId, subnetId, zone } = placeOf(resolved);
    const { groupId: securityGroupId } = await mutate.ensureOwnSecurityGroup(securityGroup, vpcId);
    const place: FileSystemPlace = { subnetId, zone, securityGroupId };
    const { fileSystemId } = await mutate.ensureLustre(fileSystem, place);
    return { ...(await look.awaitLustreAvailable(fileSystem, fileSystemId)), securityGroupId };
  },
  /** Instances that are left may still write to it. */
  heldBy: ['compute-environment-*'],
  removalExpectedMs: minutes(30),
  /** What is retained stays as it can be used: with the group that guards it. */
  async undo(spec: LustreStepSpec, removalFor) {
    const { fileSystem, securityGroup } = spec;
    const removal = removalFor('ensureLustre');
    const { kept, backup } = await undo.releaseLustre(fileSystem, spec, removal);
    if (backup) {
      await undo.retireLustre(fileSystem, spec, removal);
      await undo.awaitLustreBackedUp(fileSystem, spec, removal);
    }
    const remove = async () => {
      await undo.deleteLustre(fileSystem, spec, removal);
      await undo.awaitLustreGone(fileSystem, removal);
    };
    const group = () =>
      kept
        ? undo.releaseOwnSecurityGroup(securityGroup, removal)
        : undo.deleteOwnSecurityGroup(securityGroup, removalFor('ensureOwnSecurityGroup'));
    await takeAway([remove], [group]);
  },
  remaining: ({ fileSystem, securityGroup }: LustreStepSpec) => [
    {
      type: 'AWS::FSx::FileSystem',
      names: [fileSystem.name],
      look: (by) => find.findRemainingLustre(fileSystem, by),
    },
    {
      type: 'AWS::EC2::SecurityGroup',
      names: [securityGroup.name],
      look: (by) => find.findRemainingOwnSecurityGroup(securityGroup, by),
    },
  ],
});
