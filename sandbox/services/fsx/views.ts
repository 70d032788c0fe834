/** Descriptions of file systems and backups, as FSx shows them. */
import type { World } from '../../core/world.ts';
import {
  type Backup,
  backupLifecycleOf,
  capacityOf,
  type FileSystem,
  fsxArn,
  type Growth,
  lifecycleOf,
  type Place,
} from './state.ts';
import { tagList } from './tags.ts';

export const shownFileSystem = (world: World, at: Place, one: FileSystem): Record<string, unknown> => {
  const lifecycle = lifecycleOf(one, world.now());
  return {
    OwnerId: at.account,
    CreationTime: one.createdAt,
    FileSystemId: one.id,
    FileSystemType: 'LUSTRE',
    FileSystemTypeVersion: one.version,
    Lifecycle: lifecycle,
    ...(lifecycle === 'FAILED' && { FailureDetails: { Message: one.failure } }),
    StorageCapacity: capacityOf(one, world.now()),
    StorageType: one.storageType,
    VpcId: one.vpcId,
    SubnetIds: [one.subnetId],
    NetworkInterfaceIds: one.interfaceIds,
    DNSName: `${one.id}.fsx.${at.region}.amazonaws.com`,
    ...(one.kmsKeyId && { KmsKeyId: one.kmsKeyId }),
    ResourceARN: fsxArn(at, 'file-system', one.id),
    Tags: tagList(one.tags),
    LustreConfiguration: one.lustre,
    ...(one.growths.length > 0 && {
      AdministrativeActions: one.growths.flatMap((growth) => shownGrowth(growth, world.now())).toReversed(),
    }),
  };
};

/**
 * The update, and once it is done the spreading of data that it ends with.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_AdministrativeAction.html
 */
const shownGrowth = ({ to, requestedAt, doneAt, spreadAt }: Growth, now: number): Record<string, unknown>[] => {
  const isDone = now >= doneAt;
  const isSpread = now >= spreadAt;
  const update = {
    AdministrativeActionType: 'FILE_SYSTEM_UPDATE',
    RequestTime: requestedAt,
    Status: isSpread ? 'COMPLETED' : isDone ? 'UPDATED_OPTIMIZING' : 'IN_PROGRESS',
    TargetFileSystemValues: { StorageCapacity: to },
  };
  if (!isDone) return [update];
  const spreading = {
    AdministrativeActionType: 'STORAGE_OPTIMIZATION',
    RequestTime: doneAt,
    ProgressPercent: isSpread ? 100 : 0,
    Status: isSpread ? 'COMPLETED' : 'IN_PROGRESS',
  };
  return [update, spreading];
};

export const shownBackup = (world: World, at: Place, one: Backup): Record<string, unknown> => {
  const lifecycle = backupLifecycleOf(one, world.now());
  return {
    BackupId: one.id,
    Lifecycle: lifecycle,
    Type: 'USER_INITIATED',
    ResourceType: 'FILE_SYSTEM',
    ProgressPercent: lifecycle === 'AVAILABLE' ? 100 : 0,
    CreationTime: one.createdAt,
    ResourceARN: fsxArn(at, 'backup', one.id),
    OwnerId: at.account,
    Tags: tagList(one.tags),
    FileSystem: shownFileSystem(world, at, one.fileSystem),
  };
};
