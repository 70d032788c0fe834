/** The record of a user's storage: `storage/<H>/<escaped user id>.json` in the control bucket. It holds no secret. */

import type { OperationRecord, RecordCodec } from '../core/record.ts';
import type { EmptyingView } from '../resources/emptying.ts';
import type { StorageInput, StorageRemovalMode } from './input.ts';
import type { StorageOperation, StoragePhase } from './view.ts';

export interface StorageRecord extends OperationRecord<StoragePhase, StorageOperation> {
  readonly version: 1;
  /** Pinned at the last set-up: account, bucket, settings. */
  readonly storage: StorageInput;
  /** Of the last set-up. */
  readonly setUpId: string;
  readonly kmsKeyArn: string | null;
  /** What removes the leftovers. */
  readonly remedy: StorageRemovalMode | null;
  readonly emptying: EmptyingView | null;
  readonly heard: string;
}

/** What a workflow writes at its end: the parts of the record that changed. */
export type StorageChange = Partial<
  Omit<StorageRecord, 'version' | 'subject' | 'id' | 'createdAt' | 'updatedAt' | 'heard'>
>;

export const STORAGE_RECORDS: RecordCodec<StorageRecord> = {
  kind: 'storage',
  parse(stored) {
    const record = stored as StorageRecord;
    if (record.version === 1) return record;
    throw new Error('a newer version of Eyrie has written this record of a storage: update this one');
  },
};

/** Phases of a removal. Found without a workflow, they say that it ended half-way, without a word. */
const REMOVING: Readonly<Partial<Record<StoragePhase, StorageRemovalMode>>> = {
  emptying: 'empty',
  deleting: 'dispose',
};

/**
 * What a retry does where nothing runs; undefined where nothing is left to do. Objects go only where their removal was
 * asked for: a retry after a set-up takes what that has left.
 */
export const storageRetryOf = (record: StorageRecord): StorageRemovalMode | undefined => {
  const { phase, operation, leftovers, remedy } = record;
  if (operation) return REMOVING[phase] ?? 'sweep';
  return phase === 'failed' && (leftovers.length > 0 || remedy) ? (remedy ?? 'sweep') : undefined;
};
