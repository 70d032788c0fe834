/** Activities of users' storage without AWS: a record, and a bucket with so many pages of objects. */

import { subjectId } from '#domain/core/subject.ts';
import { EMPTYING_BEGINS, type EmptyingState } from '#domain/resources/emptying.ts';
import type { DeleteInput, SetUpInput, StorageInput } from '#domain/storage/input.ts';
import type { StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import { createFakes, type Fake } from './fake-activities.ts';

const NOW = '2026-01-01T00:00:00.000Z';
const ALIVE = ['setting-up', 'emptying', 'deleting'];

const firstRecord = (storage: StorageInput, operation: StorageRecord['operation']): StorageRecord => ({
  version: 1,
  subject: storageSubject(storage),
  id: subjectId(storageSubject(storage)),
  storage,
  phase: 'setting-up',
  phaseBefore: null,
  operation,
  setUpId: '',
  kmsKeyArn: null,
  steps: [],
  resources: [],
  error: null,
  leftovers: [],
  unfinished: [],
  remedy: null,
  emptying: null,
  heard: operation?.runId ?? '',
  createdAt: NOW,
  updatedAt: NOW,
  disposedAt: null,
});

export const storageFakes = () => {
  let record: StorageRecord | null = null;
  const bucket = {
    /** Slices that are still to be emptied. */
    slices: 0,
    refused: 0,
    /** How long each slice was to take. */
    forMs: [] as number[],
    /** Told after each slice; may hold it up. */
    each: async (_nth: number): Promise<void> => undefined,
    /** ARN of the key that the bucket encrypts with by default. */
    defaultKey: null as string | null,
    /** So many times somebody writes while the bucket is deleted. */
    refilled: 0,
  };

  const opened = (storage: StorageInput, operation: StorageRecord['operation'], phase: StorageRecord['phase']) => {
    const found = record ?? firstRecord(storage, operation);
    const isHalf =
      ALIVE.includes(found.phase) || (found.phase === 'failed' && ['empty', 'sweep'].includes(found.remedy ?? ''));
    const phaseBefore = record ? (isHalf ? found.phaseBefore : found.phase) : null;
    record = { ...found, phase, phaseBefore: phaseBefore === 'deleted' ? null : phaseBefore, operation };
    return { record };
  };

  const activities = (exists: Set<string>): Readonly<Record<string, Fake>> => ({
    openStorage: async (input: never, operation: never) =>
      opened((input as SetUpInput).storage, operation, 'setting-up'),
    openStorageRemoval: async (input: never, operation: never) => {
      const { storage, mode } = input as DeleteInput;
      const phase = ({ empty: 'emptying', dispose: 'deleting', sweep: 'failed' } as const)[mode];
      return opened(storage, operation, phase);
    },
    changeRecord: async (_subject: never, change: never) => {
      if (record) record = { ...record, ...(change as object) };
    },
    findKmsKeyArn: async () => bucket.defaultKey,
    findDefaultKeyArn: async () => bucket.defaultKey,
    emptyBucket: async (_spec: never, from: never, forMs: never): Promise<EmptyingState> => {
      const state: EmptyingState = from ?? EMPTYING_BEGINS;
      bucket.forMs.push(forMs);
      bucket.slices = Math.max(0, bucket.slices - 1);
      const removed = state.removed + 1_000;
      await bucket.each(removed / 1_000);
      const refused = Array.from({ length: bucket.refused }, (_, nth) => ({
        key: `k${nth}`,
        version: null,
        why: 'no',
      }));
      const done = bucket.slices === 0;
      return { ...state, removed, done, ...(done && { refused, refusedCount: refused.length }) };
    },
    deleteOwnBucket: async (spec: never) => {
      if (bucket.refilled > 0) {
        bucket.refilled -= 1;
        bucket.slices = 1;
        return { gone: false };
      }
      exists.delete(`OwnBucket ${(spec as { name: string }).name}`);
      return { gone: true };
    },
  });

  return { ...createFakes(activities), bucket, stored: () => record };
};
