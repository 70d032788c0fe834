/** File systems and backups, in the inventory's words. A backup's type is ours: CloudFormation has none. */
import type { InventoryItem } from '../../core/service.ts';
import { backupLifecycleOf, capacityOf, lifecycleOf, type Regional } from './state.ts';

export const fsxInventory = ({ region, fileSystems, backups }: Regional, now: number): InventoryItem[] => [
  ...[...fileSystems.values()].map((one): InventoryItem => {
    const { MountName: _, ...lustre } = one.lustre;
    return {
      type: 'AWS::FSx::FileSystem',
      id: one.id,
      name: one.tags.Name ?? null,
      region,
      state: lifecycleOf(one, now),
      tags: { ...one.tags },
      details: {
        storageCapacity: capacityOf(one, now),
        storageType: one.storageType,
        version: one.version,
        subnetId: one.subnetId,
        securityGroupIds: one.securityGroupIds.toSorted(),
        kmsKeyId: one.kmsKeyId ?? null,
        lustre,
      },
    };
  }),
  ...[...backups.values()].map(
    (one): InventoryItem => ({
      type: 'AWS::FSx::Backup',
      id: one.id,
      name: one.tags.Name ?? null,
      region,
      state: backupLifecycleOf(one, now),
      tags: { ...one.tags },
      details: { fileSystemId: one.fileSystem.id },
    }),
  ),
];
