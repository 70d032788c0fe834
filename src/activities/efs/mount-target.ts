/**
 * Where a file system is reached from: an interface in a subnet. A file system in one zone has one. It carries no tags, so
 * it is whose its file system is.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
 */
import {
  CreateMountTargetCommand,
  DeleteMountTargetCommand,
  DescribeMountTargetSecurityGroupsCommand,
  DescribeMountTargetsCommand,
  ModifyMountTargetSecurityGroupsCommand,
  type MountTargetDescription,
} from '@aws-sdk/client-efs';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { type Made, mayRemove, originOf, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { EfsSpec, FileSystemPlace } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Efs, findById, findByToken } from './file-system.ts';

const TYPE = 'AWS::EFS::MountTarget';

export const mountTargetActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const ensure = async (
    spec: EfsSpec,
    fileSystemId: string,
    place: FileSystemPlace,
  ): Promise<{ made: Made; mountTargetId: string }> => {
    const efs = deps.aws.efs(spec.account);
    const SecurityGroups = [place.securityGroupId];
    const [found] = await listMountTargets(efs, fileSystemId);
    if (!found) {
      const where = { FileSystemId: fileSystemId, SubnetId: place.subnetId, SecurityGroups };
      const { MountTargetId: id = '' } = await efs.send(new CreateMountTargetCommand(where));
      return { made: { type: TYPE, id, name: null, origin: 'created' }, mountTargetId: id };
    }
    const { MountTargetId: id = '', LifeCycleState: state } = found;
    if (state === 'deleting') throw lookAgain(`mount target ${id} is being deleted; another is made then`, deps);
    // EFS shows and changes the groups of an available one alone; one that is being made has those that it was made with.
    if (state === 'available') await convergeGroups(efs, id, SecurityGroups);
    const tags = tagsOf((await findById(efs, fileSystemId))?.Tags);
    return { made: { type: TYPE, id, name: null, origin: originOf(tags, spec.owner) }, mountTargetId: id };
  };

  /** Of the file system of the spec. Undefined where there is none, or none that the removal may take. */
  const findTaken = async (spec: EfsSpec, removal: Removal): Promise<MountTargetDescription[] | undefined> => {
    const efs = deps.aws.efs(spec.account);
    const fileSystem = await findByToken(efs, spec);
    if (!fileSystem || !mayRemove(tagsOf(fileSystem.Tags), spec.owner, removal)) return undefined;
    return await listMountTargets(efs, fileSystem.FileSystemId ?? '');
  };

  return {
    /**
     * The one of the file system, with this group and no other. One that is there stays in its subnet.
     * @throws AlreadyExists while it is not visible yet; QuotaExceeded where the subnet has no free address.
     */
    ensureMountTarget: (spec: EfsSpec, fileSystemId: string, place: FileSystemPlace) =>
      whenVisible(`file system ${fileSystemId}`, deps, () => ensure(spec, fileSystemId, place)),

    /** One look. @throws NotYet until it is available; Invalid where it never will be. */
    async awaitMountTargetAvailable(spec: EfsSpec, fileSystemId: string, mountTargetId: string): Promise<void> {
      const found = await listMountTargets(deps.aws.efs(spec.account), fileSystemId);
      const state = found.find(({ MountTargetId }) => MountTargetId === mountTargetId)?.LifeCycleState;
      if (state === 'available' || state === 'updating') return;
      if (state === 'error' || state === 'deleting') {
        throw fail('Invalid', `mount target ${mountTargetId} of ${fileSystemId} is in the state ${state}`);
      }
      throw lookAgain(`mount target ${mountTargetId} is ${state ?? 'not visible yet'}`, deps);
    },

    /** @throws NotYet where a create may not be visible yet. */
    async deleteMountTargets(spec: EfsSpec, removal: Removal): Promise<void> {
      const found = await findTaken(spec, removal);
      if (found === undefined) return;
      if (found.length === 0) return believeAbsent(`the mount target of ${spec.name}`, removal, deps);
      const efs = deps.aws.efs(spec.account);
      for (const { MountTargetId, LifeCycleState } of found) {
        if (LifeCycleState === 'deleting') continue;
        await efs.send(new DeleteMountTargetCommand({ MountTargetId })).catch(ignoreNotFound);
      }
    },

    /** One look. @throws NotYet while one is left: it holds the file system, and its interface the security group. */
    async awaitMountTargetsGone(spec: EfsSpec, removal: Removal): Promise<void> {
      const [left] = (await findTaken(spec, removal)) ?? [];
      if (left) throw lookAgain(`mount target ${left.MountTargetId} is ${left.LifeCycleState}`, deps);
    },

    async findRemainingMountTargets(spec: EfsSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = (await findTaken(spec, { by, unsureSince: null })) ?? [];
      return found.map(({ MountTargetId }) => ({ id: MountTargetId ?? null, name: null }));
    },
  };
};

/** Over all pages; of a file system that does not exist, none. Those that were deleted count as gone. */
export const listMountTargets = async (efs: Efs, FileSystemId: string): Promise<MountTargetDescription[]> => {
  const found = await collect(async (Marker) => {
    const answer = await efs.send(new DescribeMountTargetsCommand({ FileSystemId, Marker })).catch(ignoreNotFound);
    return { items: answer?.MountTargets, next: answer?.NextMarker };
  });
  return found.filter(({ LifeCycleState }) => LifeCycleState !== 'deleted');
};

const convergeGroups = async (efs: Efs, MountTargetId: string, wanted: string[]): Promise<void> => {
  const { SecurityGroups = [] } = await efs.send(new DescribeMountTargetSecurityGroupsCommand({ MountTargetId }));
  if (SecurityGroups.length === wanted.length && wanted.every((id) => SecurityGroups.includes(id))) return;
  await efs.send(new ModifyMountTargetSecurityGroupsCommand({ MountTargetId, SecurityGroups: wanted }));
};
