/** Descriptions of file systems and backups, as FSx shows them. */
import type { World } from '../../core/world.ts';
import { type Backup, backupLifecycleOf, type FileSystem, fsxArn, lifecycleOf, type Place } from './state.ts';
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
    StorageCapacity: one.storageCapacity,
    StorageType: one.storageType,
    VpcId: one.vpcId,
    SubnetIds: [one.subnetId],
    NetworkInterfaceIds: one.interfaceIds,
    DNSName: `${one.id}.fsx.${at.region}.amazonaws.com`,
    ...(one.kmsKeyId && { KmsKeyId: one.kmsKeyId }),
    ResourceARN: fsxArn(at, 'file-system', one.id),
    Tags: tagList(one.tags),
    LustreConfiguration: one.lustre,
  };
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
