/**
 * The end of a Lustre file system, with its data guarded: see `fateOf`. FSx does not tell how full one is, so each counts
 * as full that was ever available, unless the run that made it failed: nobody was given it then.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_DeleteFileSystem.html
 */
import {
  DeleteFileSystemCommand,
  type FileSystem,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-fsx';
import { ignoreNotFound } from '#aws/errors.ts';
import { commandTo } from '#domain/core/commands.ts';
import { codeOf, factsOf, fail } from '#domain/core/failures.ts';
import {
  mayRemove,
  ownerTagKeys,
  RETAINED_TAG,
  type Removal,
  subjectOf,
  tagList,
  tagsOf,
} from '#domain/core/ownership.ts';
import { type Fate, fateOf, type GuardedRemoval, type LustreSpec } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { ensureBackup, findBackups } from './backup.ts';
import { type Fsx, findOwn, listLustre } from './lustre.ts';

type Guard = Pick<GuardedRemoval, 'data' | 'confirmed'>;

export const lustreRemovalActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  /** What the removal may take. */
  const findTaken = async (fsx: Fsx, spec: LustreSpec, removal: Removal): Promise<FileSystem[]> =>
    (await findOwn(fsx, spec)).filter(({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal));
  const isThere = ({ Lifecycle }: FileSystem): boolean => Lifecycle !== 'DELETING';

  /** NotYet until there is a backup of what is to have one. */
  const mustBeBackedUp = async (fsx: Fsx, spec: LustreSpec, found: FileSystem): Promise<void> => {
    const backups = await findBackups(fsx, spec, found);
    if (backups.some(({ Lifecycle }) => Lifecycle === 'AVAILABLE')) return;
    const [last] = backups.toSorted((one, other) => Number(other.CreationTime) - Number(one.CreationTime));
    if (last?.Lifecycle === 'FAILED') {
      const reason = last.FailureDetails?.Message ?? 'FSx gives no reason';
      throw fail(
        'Conflict',
        `${last.BackupId} of ${found.FileSystemId} failed, so the file system was left: ${reason}`,
      );
    }
    const state = last ? `${last.BackupId} is ${last.Lifecycle}` : 'no backup is to be seen yet';
    throw lookAgain(`file system ${found.FileSystemId} waits for its backup: ${state}`, deps);
  };

  return {
    /**
     * Where its data is to be retained, the file system is nobody's from then on, and `kept`. Else nothing happens;
     * `backup`: it may go only once there is one.
     * @throws Conflict where its data may not go.
     */
    async releaseLustre(spec: LustreSpec, guard: Guard, removal: Removal): Promise<{ kept: boolean; backup: boolean }> {
      const { owner } = spec;
      const fsx = deps.aws.fsx(spec.account);
      const taken = (await findTaken(fsx, spec, removal)).filter(isThere);
      if (taken.length === 0) return { kept: await isRetained(fsx, spec), backup: false };
      const fates = taken.map((found) => ({ found, fate: allowedFate(spec, found, { ...removal, guard }) }));
      const kept = fates.filter(({ fate }) => fate === 'keep');
      for (const { found } of kept) {
        const { ResourceARN } = found;
        // In this order: whoever comes after a crash in between still finds it by its owner.
        await fsx.send(new TagResourceCommand({ ResourceARN, Tags: tagList({ [RETAINED_TAG]: owner.id }) }));
        await fsx.send(new UntagResourceCommand({ ResourceARN, TagKeys: ownerTagKeys(owner) }));
      }
      return { kept: kept.length > 0, backup: fates.some(({ fate }) => fate === 'backup') };
    },

    /** Begins the backup of what is to have one. */
    async retireLustre(spec: LustreSpec, guard: Guard, removal: Removal): Promise<void> {
      const fsx = deps.aws.fsx(spec.account);
      for (const found of (await findTaken(fsx, spec, removal)).filter(isThere)) {
        if (allowedFate(spec, found, { ...removal, guard }) === 'backup') await ensureBackup(fsx, spec, found);
      }
    },

    /** One look. @throws NotYet until the backup is there; Conflict with the service's reason where it failed. */
    async awaitLustreBackedUp(spec: LustreSpec, guard: Guard, removal: Removal): Promise<void> {
      const fsx = deps.aws.fsx(spec.account);
      for (const found of (await findTaken(fsx, spec, removal)).filter(isThere)) {
        if (allowedFate(spec, found, { ...removal, guard }) === 'backup') await mustBeBackedUp(fsx, spec, found);
      }
    },

    /** Where its data may go. @throws Conflict as above; NotYet while it is being made, backed up, or may yet appear. */
    async deleteLustre(spec: LustreSpec, guard: Guard, removal: Removal): Promise<void> {
      const fsx = deps.aws.fsx(spec.account);
      const own = await findOwn(fsx, spec);
      if (own.length === 0) return believeAbsent(`file system ${spec.name}`, removal, deps);
      for (const found of (await findTaken(fsx, spec, removal)).filter(isThere)) {
        const fate = allowedFate(spec, found, { ...removal, guard });
        if (fate === 'keep') continue;
        if (fate === 'backup') await mustBeBackedUp(fsx, spec, found);
        const { FileSystemId, Lifecycle } = found;
        const command = new DeleteFileSystemCommand({ FileSystemId, LustreConfiguration: { SkipFinalBackup: true } });
        await fsx.send(command).catch((error: unknown) => {
          if (Lifecycle !== 'CREATING' || codeOf(error) !== 'Invalid') return ignoreNotFound(error);
          throw lookAgain(`file system ${FileSystemId} can't be deleted while it is CREATING`, deps, factsOf(error));
        });
      }
    },

    /** One look. @throws NotYet while it is still there: its interfaces hold the security group. */
    async awaitLustreGone(spec: LustreSpec, removal: Removal): Promise<void> {
      const [left] = await findTaken(deps.aws.fsx(spec.account), spec, removal);
      if (left) throw lookAgain(`file system ${left.FileSystemId} is ${left.Lifecycle}`, deps);
    },

    async findRemainingLustre(spec: LustreSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await findOwn(deps.aws.fsx(spec.account), spec);
      return remainingOf(
        found.map(({ FileSystemId: id, Tags }) => ({ id, name: spec.name, tags: tagsOf(Tags) })),
        spec.owner,
        by,
      );
    },
  };
};

const isRetained = async (fsx: Fsx, { owner }: LustreSpec): Promise<boolean> =>
  (await listLustre(fsx)).some(({ Tags }) => tagsOf(Tags)[RETAINED_TAG] === owner.id);

/** @throws Conflict where its data may not go. */
const allowedFate = (
  { owner }: LustreSpec,
  found: FileSystem,
  { by, guard }: Removal & { readonly guard: Guard },
): Exclude<Fate, 'refuse'> => {
  const { FileSystemId, Lifecycle, LustreConfiguration } = found;
  // It was never available: there is nothing to guard.
  if (Lifecycle === 'CREATING' || Lifecycle === 'FAILED') return 'delete';
  const fate = fateOf(guard, { by, empty: by === 'run' });
  const refuse = (why: string) =>
    fail('Conflict', `file system ${FileSystemId} may hold data and was left as it is: ${why}`);
  if (fate === 'refuse')
    throw refuse(
      `\`${commandTo('remove', subjectOf(owner))} --confirm-data\`, or set the data guard to retain or snapshot`,
    );
  const deployment = LustreConfiguration?.DeploymentType ?? '';
  if (fate === 'backup' && deployment.startsWith('SCRATCH')) {
    const exits = 'set the data guard to retain, or to delete and confirm it';
    throw refuse(`it is of the kind ${deployment}, which has no backups: ${exits}`);
  }
  return fate;
};
