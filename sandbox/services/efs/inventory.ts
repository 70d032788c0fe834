/** File systems and mount targets, in the inventory's words. */
import type { InventoryItem } from '../../core/service.ts';
import { type FileSystem, type MountTarget, type Regional, stateOf } from './state.ts';

const fileSystem = (region: string, one: FileSystem, now: number): InventoryItem => ({
  type: 'AWS::EFS::FileSystem',
  id: one.id,
  name: one.tags.Name ?? null,
  region,
  state: stateOf(one, now),
  tags: { ...one.tags },
  details: {
    creationToken: one.creationToken,
    performanceMode: one.performanceMode,
    throughputMode: one.throughputMode,
    encrypted: one.encrypted,
    kmsKeyId: one.kmsKeyId ?? null,
    availabilityZone: one.zone ?? null,
    sizeBytes: one.sizeBytes,
    lifecyclePolicies: one.lifecyclePolicies,
    backup: one.backup ?? null,
  },
});

const mountTarget = (region: string, one: MountTarget, now: number): InventoryItem => ({
  type: 'AWS::EFS::MountTarget',
  id: one.id,
  name: null,
  region,
  state: stateOf(one, now),
  tags: {},
  details: {
    fileSystemId: one.fileSystemId,
    subnetId: one.subnetId,
    availabilityZone: one.zone,
    securityGroupIds: one.securityGroupIds.toSorted(),
  },
});

export const efsInventory = ({ region, fileSystems, mountTargets }: Regional, now: number): InventoryItem[] => [
  ...[...fileSystems.values()].map((each) => fileSystem(region, each, now)),
  ...[...mountTargets.values()].map((each) => mountTarget(region, each, now)),
];
