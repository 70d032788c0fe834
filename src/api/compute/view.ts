/** The compute environment as callers see it where its workflow does not answer: from Temporal alone, or from the record. */
import type { ComputeInput } from '#domain/compute/input.ts';
import { ledgerOf } from '#domain/compute/ledger.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import { type ComputeView, statusOf } from '#domain/compute/view.ts';
import { AT_REST, atRest, operationOf, stepsOf } from '../subjects/enrich.ts';
import type { LocatedRun } from '../subjects/kind.ts';
import type { ComputeKind } from './kind.ts';

const EMPTY = {
  ...{ resources: [], leftovers: [], outputs: null, primary: false, lastValidated: null, ...AT_REST },
  ...{ forgedResources: [], deletedResources: [], retained: [], canaries: [] },
} as const;

/** No worker answers: the memo and the record say as much as they can. */
export const computeViewOfRun = ({ id, subject, record, run }: LocatedRun<ComputeKind>): ComputeView => {
  const { name, description, account, region, made } = run.memo;
  const phase = run.phase ?? 'planned';
  return {
    ...(record ? computeViewOfRecord(record) : { ...EMPTY, ...madeOf(made) }),
    steps: stepsOf(run),
    id,
    forgeId: subject.name,
    ...{ name, account, region, phase },
    // A memo holds no null.
    description: description ?? null,
    platform: 'aws-batch',
    environment: subject.environment,
    status: statusOf[phase],
    message: null,
    operation: operationOf(run),
    error: null,
    createdAt: record?.createdAt ?? run.startedAt,
    updatedAt: record?.updatedAt ?? run.startedAt,
  };
};

/** Nothing runs: what the last operation wrote. */
export const computeViewOfRecord = (record: ComputeRecord): ComputeView => {
  const { id, compute, phase, operation, resources, outputs, deleted, canaries, error, degraded } = record;
  const { forgeId, environment, account, name, description, labels, config } = compute;
  return {
    ...{ id, forgeId, name, description, environment, labels, config, phase, operation, resources, outputs },
    ...{ canaries, error },
    platform: 'aws-batch',
    status: statusOf[phase],
    message: error?.detail ?? degraded,
    account: account.accountId,
    region: account.region,
    primary: record.primary,
    forgedResources: ledgerOf(resources, account),
    deletedResources: ledgerOf(deleted, account),
    leftovers: record.leftovers,
    retained: record.retained,
    lastValidated: record.lastValidated,
    ...atRest(record),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
};

/** Only a create has no record, and its memo says what it makes. */
const madeOf = (made: ComputeInput | null): Pick<ComputeInput, 'labels' | 'config'> => {
  if (!made) throw new Error('an operation on a compute environment without a record');
  const { labels, config } = made;
  return { labels, config };
};
