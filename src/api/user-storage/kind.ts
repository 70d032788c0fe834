/** Users' storage as a kind of subject: what the API knows of it and of no other kind. */
import { wholeOrGone } from '#domain/core/commands.ts';
import type { Timing } from '#domain/core/timing.ts';
import { type EmptyingState, emptyingView } from '#domain/resources/emptying.ts';
import type { DeleteInput, SetUpInput, StorageInput, StorageMemo, StorageRemovalMode } from '#domain/storage/input.ts';
import { type StorageRecord, storageRetryOf } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { StorageOperation, StoragePhase, StorageView } from '#domain/storage/view.ts';
import type { Operations, StartOperation } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import type { ApiKind, KindRules, Located } from '../subjects/kind.ts';
import { storageViewOfRecord, storageViewOfRun } from './view.ts';

export interface StorageKind extends ApiKind {
  readonly type: StorageOperation;
  readonly phase: StoragePhase;
  readonly memo: StorageMemo;
  readonly view: StorageView;
  readonly record: StorageRecord;
  readonly mode: StorageRemovalMode;
}

export type StorageOperations = Operations<StorageKind>;
export type StorageRun = OperationRun<StorageKind>;
export type LocatedStorage = Located<StorageKind>;

const memoOf = (
  { user, username, bucket, account }: StorageInput,
  requestedBy: string,
  fingerprint: string | null,
): StorageMemo => ({
  ...{ user, username, bucket, fingerprint, requestedBy },
  account: account.accountId,
  region: account.region,
});

export const setUpOf = (input: SetUpInput): StartOperation<StorageKind> => ({
  subject: storageSubject(input.storage),
  type: 'setUpStorage',
  input,
  memo: memoOf(input.storage, input.requestedBy, input.fingerprint),
  phase: 'setting-up',
  summary: 'set up',
});

const PHASE_WHILE = { empty: 'emptying', dispose: 'deleting', sweep: 'failed' } as const;

export const removalOf = (input: DeleteInput): StartOperation<StorageKind> => ({
  subject: storageSubject(input.storage),
  type: 'deleteStorage',
  input,
  memo: memoOf(input.storage, input.requestedBy, null),
  phase: PHASE_WHILE[input.mode],
  summary: input.mode,
});

export const storageRules = (timing: Timing): KindRules<StorageKind> => ({
  kind: 'storage',
  makes: 'setUpStorage',
  exits: { retry: 'retry', 'abandon-step': 'abandonStep', terminate: 'removeStorage' },
  userOf: ({ storage }) => storage.user,
  userOfRun: ({ user }) => user,

  atRest: ['ready', 'deleted', 'failed'],
  viewOf: storageViewOfRecord,
  viewOfRun: storageViewOfRun,
  whenLost: (_type, subject) => ({ phase: 'failed', remedy: wholeOrGone(subject) }),
  async complete(view, { record, run }, state) {
    if (state === 'at-rest') return view;
    return {
      ...view,
      emptying: emptyingNow(run, view.emptying) ?? view.emptying,
      ...(record && { createdAt: record.createdAt }),
    };
  },

  terminationOf({ record }, mode, requestedBy) {
    if (!record) throw new Error('a storage without a record is removed by what the caller says of it');
    return removalOf({ storage: record.storage, mode, requestedBy, timing });
  },
  // An operation that was ended from outside, or leftovers, are worth another try.
  isTerminated: ({ phase, operation, leftovers }, mode) =>
    mode === 'dispose' && operation === null && leftovers.length === 0 && phase === 'deleted',
  mayTakeOver: (mode) => mode === 'dispose',
  retryOf: storageRetryOf,
});

/** What the slice under way has told since the last one ended. */
const emptyingNow = (run: StorageRun | undefined, before: StorageView['emptying']): StorageView['emptying'] => {
  const told = run?.pending.find(({ activity }) => activity === 'emptyBucket')?.beat as EmptyingState | undefined;
  if (!run || typeof told?.removed !== 'number') return null;
  return emptyingView(told, { startedAt: before?.startedAt ?? run.startedAt, updatedAt: new Date().toISOString() });
};
