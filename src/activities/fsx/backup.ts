/**
 * The backup of a Lustre file system that is about to go. It outlives it, and is nobody's from the start. Scratch file
 * systems have none.
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html
 */
import { type Backup, CreateBackupCommand, DescribeBackupsCommand, type FileSystem } from '@aws-sdk/client-fsx';
import { collect } from '#aws/pages.ts';
import { RETAINED_TAG, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { LustreSpec } from '#domain/resources/file-system.ts';
import { clientToken } from '../ec2/client-token.ts';
import type { Fsx } from './lustre.ts';

const TOKEN_LENGTH_MAX = 63;

/** Those that a removal of this owner's made of it. */
export const findBackups = async (fsx: Fsx, { owner }: LustreSpec, { FileSystemId }: FileSystem): Promise<Backup[]> => {
  const backups = await collect(async (NextToken) => {
    const Filters = [{ Name: 'file-system-id' as const, Values: [FileSystemId ?? ''] }];
    const answer = await fsx.send(new DescribeBackupsCommand({ Filters, NextToken }));
    return { items: answer.Backups, next: answer.NextToken };
  });
  return backups.filter(({ Tags }) => tagsOf(Tags)[RETAINED_TAG] === owner.id);
};

/** Another one only where all that there are have failed. */
export const ensureBackup = async (fsx: Fsx, spec: LustreSpec, fileSystem: FileSystem): Promise<void> => {
  const { owner, tags } = spec;
  const { FileSystemId = '' } = fileSystem;
  const found = await findBackups(fsx, spec, fileSystem);
  if (found.some(({ Lifecycle }) => Lifecycle !== 'FAILED')) return;
  const failed = found.map(({ BackupId = '' }) => BackupId).toSorted();
  const command = new CreateBackupCommand({
    FileSystemId,
    // The removal's run is another at each try; the backup is one.
    ClientRequestToken: clientToken({ ...owner, run: '' }, 'backup', FileSystemId, ...failed).slice(
      0,
      TOKEN_LENGTH_MAX,
    ),
    Tags: tagList({ ...tags, [RETAINED_TAG]: owner.id }),
  });
  await fsx.send(command);
};
