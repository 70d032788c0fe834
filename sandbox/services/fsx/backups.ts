/**
 * Backups of persistent file systems: one at a time, by hand or as the last thing before a deletion. They outlive their
 * file system.
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateBackup.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { listOf, objectOf, type Params, readTags, textOf } from '../../core/params.ts';
import type { FsxDeps } from './context.ts';
import {
  type Backup,
  backupLifecycleOf,
  badRequest,
  type FileSystem,
  fsxError,
  isScratch,
  lifecycleOf,
  mustFindFileSystem,
  newId,
  pageOf,
  type Regional,
} from './state.ts';
import { checkTags } from './tags.ts';
import { knownByToken, rememberToken } from './tokens.ts';
import { shownBackup } from './views.ts';

const DONE_AFTER_MS = 120_000;
const SPREAD = 0.5;

export const backupRules = (deps: FsxDeps): Record<string, Rule> => ({
  CreateBackup: create(deps),
  DescribeBackups: describe(deps),
  DeleteBackup: remove(deps),
});

const newBackup = ({ world, store }: FsxDeps, call: Call, fileSystem: FileSystem, given: unknown): Backup => {
  const at = store.of(call);
  const lifecycle = lifecycleOf(fileSystem, world.now());
  if (isScratch(fileSystem)) throw badRequest('Backups are not supported for scratch file systems.');
  if (fileSystem.lustre.DataRepositoryConfiguration !== undefined) {
    throw badRequest('Backups are not supported for file systems that are linked to a data repository.');
  }
  if (lifecycle !== 'AVAILABLE') throw badRequest(`Cannot take backup while ${fileSystem.id} is in ${lifecycle}`);
  const running = [...at.backups.values()].some(
    (each) => each.fileSystem.id === fileSystem.id && backupLifecycleOf(each, world.now()) === 'CREATING',
  );
  if (running) throw fsxError('BackupInProgress', `A backup of ${fileSystem.id} is already in progress.`);
  const tags = checkTags(given);
  const copies = fileSystem.lustre.CopyTagsToBackups === true && Object.keys(tags).length === 0;
  const backup: Backup = {
    id: newId('backup'),
    createdAt: world.now(),
    fileSystem,
    tags: copies ? { ...fileSystem.tags } : tags,
    doneAt: world.now() + world.delay(DONE_AFTER_MS, SPREAD),
  };
  at.backups.set(backup.id, backup);
  return backup;
};

/** @throws AwsError BadRequest where the file system can't be backed up: it is not deleted then. */
export const takeFinalBackup = (deps: FsxDeps, call: Call, fileSystem: FileSystem): Backup =>
  newBackup(deps, call, fileSystem, objectOf(call.params, 'LustreConfiguration').FinalBackupTags);

const create =
  (deps: FsxDeps): Rule =>
  async (call) => {
    const { world, store } = deps;
    const at = store.of(call);
    const known = at.backups.get(knownByToken(at, call) ?? '');
    const backup =
      known ?? newBackup(deps, call, mustFindFileSystem(at, textOf(call.params, 'FileSystemId')), call.params.Tags);
    rememberToken(at, call, backup.id);
    return world.answer(call, { Backup: shownBackup(world, call, backup) });
  };

const mustFind = (at: Regional, id: string): Backup => {
  const found = at.backups.get(id);
  if (!found) throw fsxError('BackupNotFound', `Backup '${id}' does not exist.`);
  return found;
};

/** @throws AwsError BadRequest for a filter that FSx does not know. */
const fits = ({ fileSystem }: Backup, filter: Params): boolean => {
  const values = listOf(filter, 'Values').map(String);
  const name = textOf(filter, 'Name');
  const members: Readonly<Record<string, string>> = {
    'file-system-id': fileSystem.id,
    'file-system-type': 'LUSTRE',
    'backup-type': 'USER_INITIATED',
  };
  if (!Object.hasOwn(members, name)) throw badRequest(`The filter ${name} is not valid.`);
  return values.includes(members[name] ?? '');
};

const describe =
  ({ world, store }: FsxDeps): Rule =>
  async (call) => {
    const at = store.of(call);
    const ids = listOf(call.params, 'BackupIds').map(String);
    const filters = listOf(call.params, 'Filters').map((each) => each as Params);
    if (ids.length > 0 && filters.length > 0) throw badRequest('Specify either BackupIds or Filters, not both.');
    const all = ids.length > 0 ? ids.map((id) => mustFind(at, id)) : [...at.backups.values()];
    const found = all.filter((backup) => filters.every((filter) => fits(backup, filter)));
    const { page, ...more } = pageOf(found, call.params);
    return world.answer(call, { ...more, Backups: page.map((each) => shownBackup(world, call, each)) });
  };

const remove =
  ({ world, store }: FsxDeps): Rule =>
  async (call) => {
    const at = store.of(call);
    const backup = mustFind(at, textOf(call.params, 'BackupId'));
    if (backupLifecycleOf(backup, world.now()) === 'CREATING') {
      throw fsxError('BackupInProgress', `The backup ${backup.id} is still in progress.`);
    }
    at.backups.delete(backup.id);
    return world.answer(call, { BackupId: backup.id, Lifecycle: 'DELETED' });
  };

/** What is given with a final backup, for those who weigh rights. */
export const finalBackupTags = (params: Params): Record<string, string> | undefined => {
  const configuration = objectOf(params, 'LustreConfiguration');
  return configuration.SkipFinalBackup === false ? readTags(configuration.FinalBackupTags) : undefined;
};
