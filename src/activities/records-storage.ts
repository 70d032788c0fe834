/** The record of a user's storage, pinned when an operation begins. */

import { updating } from '#control/update-record.ts';
import { fail } from '#domain/core/failures.ts';
import type { OperationView } from '#domain/core/operation.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { DeleteInput, SetUpInput, StorageInput } from '#domain/storage/input.ts';
import { STORAGE_RECORDS, type StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { StorageOperation, StoragePhase } from '#domain/storage/view.ts';
import type { ActivityDeps } from './deps.ts';

type Operation = OperationView<StorageOperation>;

/** Phases in which a workflow is at work. Found without one, they say that it ended without a word. */
const BUSY: readonly StoragePhase[] = ['setting-up', 'emptying', 'deleting'];

const PHASE_WHILE = { empty: 'emptying', dispose: 'deleting', sweep: 'failed' } as const;

export const storageRecordActivities = ({ control }: Pick<ActivityDeps, 'control'>) => {
  const update = updating(control.records(STORAGE_RECORDS));

  return {
    /** The record of this set-up, made or taken over. @throws Conflict where it is another user's: escaped names can agree. */
    async openStorage(setUp: SetUpInput, operation: Operation): Promise<{ record: StorageRecord }> {
      const { storage, setUpId } = setUp;
      const first = { ...firstRecord(storage, operation, 'setting-up'), setUpId };
      const record = await update(storageSubject(storage), (found) => {
        if (!found) return first;
        assertSameUser(found, storage);
        if (found.setUpId === setUpId) return undefined;
        return {
          ...found,
          storage: { ...storage, username: storage.username ?? found.storage.username },
          phase: 'setting-up',
          phaseBefore: restOf(found),
          operation,
          heard: operation.runId,
          setUpId,
          steps: [],
          error: null,
          unfinished: withSilent(found),
          updatedAt: new Date().toISOString(),
          disposedAt: null,
        };
      });
      return { record: record ?? first };
    },

    /** Also of a bucket that no set-up has seen: one of gen3-workflow's. @throws Conflict as above */
    async openStorageRemoval(input: DeleteInput, operation: Operation): Promise<{ record: StorageRecord }> {
      const { storage, mode } = input;
      const phase = PHASE_WHILE[mode];
      const first = firstRecord(storage, operation, phase);
      const record = await update(storageSubject(storage), (found) => {
        if (!found) return first;
        assertSameUser(found, storage);
        if (found.phase === phase && found.operation?.runId === operation.runId) return undefined;
        return {
          ...found,
          phase,
          phaseBefore: restOf(found),
          operation,
          heard: operation.runId,
          error: null,
          emptying: input.soFar ? found.emptying : null,
          unfinished: withSilent(found),
          updatedAt: new Date().toISOString(),
        };
      });
      return { record: record ?? first };
    },
  };
};

const firstRecord = (storage: StorageInput, operation: Operation, phase: StoragePhase): StorageRecord => {
  const subject = storageSubject(storage);
  return {
    version: 1,
    subject,
    id: subjectId(subject),
    storage,
    phase,
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
    heard: operation.runId,
    // Before there was a record, callers were told when the run began: it stays what they heard.
    createdAt: operation.startedAt,
    updatedAt: new Date().toISOString(),
    disposedAt: null,
  };
};

/**
 * Where an operation ended without a word, an emptying half-way, or a set-up with leftovers: what was before it. Null where there was nothing, or
 * is no more.
 */
const restOf = ({ phase, phaseBefore, remedy }: StorageRecord): StoragePhase | null => {
  const isHalfDone = phase === 'failed' && (remedy === 'empty' || remedy === 'sweep');
  const rest = BUSY.includes(phase) || isHalfDone ? phaseBefore : phase;
  return rest === 'deleted' ? null : rest;
};

/** A set-up that ended without a word may have left anything. */
const withSilent = ({ phase, unfinished, setUpId }: StorageRecord): readonly string[] =>
  phase === 'setting-up' ? [...new Set([...unfinished, setUpId])] : unfinished;

const assertSameUser = (found: StorageRecord, { user }: StorageInput): void => {
  if (found.storage.user === user) return;
  throw fail('Conflict', `the storage ${found.id} belongs to another user whose id is escaped to the same text`);
};
