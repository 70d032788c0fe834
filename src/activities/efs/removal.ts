/**
 * The end of an EFS file system, with its data guarded: see `fateOf`. How much it holds is metered, not counted: what was
 * written in the last hours may not show yet.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemSize.html
 */
import {
  DeleteFileSystemCommand,
  type FileSystemDescription,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-efs';
import { ignoreNotFound } from '#aws/errors.ts';
import { commandTo } from '#domain/core/commands.ts';
import { fail } from '#domain/core/failures.ts';
import {
  mayRemove,
  ownerTagKeys,
  RETAINED_TAG,
  type Removal,
  subjectOf,
  tagList,
  tagsOf,
} from '#domain/core/ownership.ts';
import { type EfsSpec, fateOf, type GuardedRemoval } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { findByToken } from './file-system.ts';

/** What AWS meters of one that holds nothing: its own root directory. */
const EMPTY_BYTES = 6_144;

type Guard = Pick<GuardedRemoval, 'data' | 'confirmed'>;

export const efsRemovalActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const find = (spec: EfsSpec) => findByToken(deps.aws.efs(spec.account), spec);

  return {
    /**
     * Where its data is to be retained, the file system is nobody's from then on, and `kept`. Else nothing happens.
     * @throws Conflict where it holds data that may not go.
     */
    async releaseEfs(spec: EfsSpec, guard: Guard, removal: Removal): Promise<{ kept: boolean }> {
      const { owner } = spec;
      const found = await find(spec);
      const tags = tagsOf(found?.Tags);
      if (!found || !mayRemove(tags, owner, removal)) return { kept: tags[RETAINED_TAG] === owner.id };
      if (found.LifeCycleState === 'deleting' || allowedFate(spec, found, { ...removal, guard }) === 'delete')
        return { kept: false };
      const efs = deps.aws.efs(spec.account);
      const ResourceId = found.FileSystemId;
      // In this order: whoever comes after a crash in between still finds it by its owner.
      await efs.send(new TagResourceCommand({ ResourceId, Tags: tagList({ [RETAINED_TAG]: owner.id }) }));
      await efs.send(new UntagResourceCommand({ ResourceId, TagKeys: ownerTagKeys(owner) }));
      return { kept: true };
    },

    /**
     * Where its data may go. @throws Conflict as above; NotYet while it has mount targets, or a create may not be visible
     * yet.
     */
    async deleteEfs(spec: EfsSpec, guard: Guard, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found) return believeAbsent(`file system ${spec.name}`, removal, deps);
      const { FileSystemId, LifeCycleState, Tags } = found;
      if (LifeCycleState === 'deleting' || !mayRemove(tagsOf(Tags), spec.owner, removal)) return;
      if (allowedFate(spec, found, { ...removal, guard }) === 'keep') return;
      const efs = deps.aws.efs(spec.account);
      await efs.send(new DeleteFileSystemCommand({ FileSystemId })).catch(ignoreNotFound);
    },

    /** One look. @throws NotYet while it is still there. */
    async awaitEfsGone(spec: EfsSpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found || !mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      throw lookAgain(`file system ${found.FileSystemId} is ${found.LifeCycleState}`, deps);
    },

    async findRemainingEfs(spec: EfsSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await find(spec);
      const all = found ? [{ id: found.FileSystemId, name: spec.name, tags: tagsOf(found.Tags) }] : [];
      return remainingOf(all, spec.owner, by);
    },
  };
};

/** @throws Conflict where its data may not go. */
const allowedFate = (
  { owner }: EfsSpec,
  found: FileSystemDescription,
  { by, guard }: Removal & { readonly guard: Guard },
): 'keep' | 'delete' => {
  const { LifeCycleState, SizeInBytes } = found;
  // It was never available: there is nothing to guard.
  if (LifeCycleState === 'creating' || LifeCycleState === 'error') return 'delete';
  const bytes = SizeInBytes?.Value ?? Number.POSITIVE_INFINITY;
  const fate = fateOf(guard, { by, empty: bytes <= EMPTY_BYTES });
  if (fate === 'keep' || fate === 'delete') return fate;
  const exits =
    fate === 'backup'
      ? 'EFS is backed up by AWS Backup, not by Eyrie: set the data guard to retain, or to delete and confirm it'
      : `\`${commandTo('remove', subjectOf(owner))} --confirm-data\`, or set the data guard to retain`;
  throw fail('Conflict', `file system ${found.FileSystemId} holds ${bytes} bytes and was left as it is: ${exits}`);
};
