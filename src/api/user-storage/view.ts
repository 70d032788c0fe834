/** The storage as callers see it where its workflow does not answer: from Temporal alone, or from the record. */
import { workdirOf } from '#domain/storage/names.ts';
import type { StorageRecord } from '#domain/storage/record.ts';
import type { StorageView } from '#domain/storage/view.ts';
import { AT_REST, atRest, operationOf, stepsOf } from '../subjects/enrich.ts';
import type { LocatedRun } from '../subjects/kind.ts';
import type { StorageKind } from './kind.ts';

const EMPTY = { resources: [], leftovers: [], kmsKeyArn: null, emptying: null, ...AT_REST } as const;

/** No worker answers: the memo and the record say as much as they can. */
export const storageViewOfRun = ({ id, subject, user, record, run }: LocatedRun<StorageKind>): StorageView => ({
  ...(record ? storageViewOfRecord(record) : EMPTY),
  steps: stepsOf(run),
  id,
  user,
  environment: subject.environment,
  account: run.memo.account,
  region: run.memo.region,
  bucket: run.memo.bucket,
  workdir: workdirOf(run.memo.bucket),
  phase: run.phase ?? 'setting-up',
  operation: operationOf(run),
  error: null,
  createdAt: record?.createdAt ?? run.startedAt,
  updatedAt: record?.updatedAt ?? run.startedAt,
});

/** Nothing runs: what the last operation wrote. */
export const storageViewOfRecord = (record: StorageRecord): StorageView => {
  const { id, storage, phase, operation, resources, error, leftovers, kmsKeyArn, emptying } = record;
  const { user, environment, account, bucket } = storage;
  return {
    ...{ id, user, environment, phase, operation, resources, error, leftovers, kmsKeyArn, emptying, bucket },
    account: account.accountId,
    region: account.region,
    workdir: workdirOf(bucket),
    ...atRest(record),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
};
