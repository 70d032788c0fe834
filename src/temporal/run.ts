/** One run of a subject's workflow, as Temporal alone describes it. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { OperationMemo } from '#domain/core/operation.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import { type PendingCall, parsePendingCalls } from './pending.ts';

/** What the operations on one kind of subject have of their own. */
export interface OperationKind {
  /** Its workflow types. */
  readonly type: string;
  readonly phase: string;
  readonly memo: OperationMemo;
  /** What the `progress` query answers. */
  readonly view: unknown;
}

export interface OperationRun<Kind extends OperationKind = OperationKind> {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: Kind['type'];
  readonly running: boolean;
  /** Temporal's own status, for example `TERMINATED`. */
  readonly status: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  readonly memo: Kind['memo'];
  readonly phase: Kind['phase'] | null;
  /** Since when what was made is taken back; null where it is not. */
  readonly unwindingSince: string | null;
  readonly pending: readonly PendingCall[];
  /** Another task queue than the one that this installation's workers serve; null: theirs. */
  readonly foreignQueue: string | null;
}

const PHASE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD');
const ACCOUNT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.account, 'KEYWORD');
const UNWINDING_SINCE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.unwindingSince, 'DATETIME');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

/** What a run is started with, so that operators find it before a worker has taken it up. */
export const firstAttributes = (
  { environment }: SubjectRef,
  { account }: OperationMemo,
  phase: string,
): SearchAttributePair[] => [
  { key: PHASE, value: phase },
  { key: ACCOUNT, value: account },
  { key: ENVIRONMENT, value: environment },
];

/** @param taskQueue the one of this installation */
export const parseRun = <Kind extends OperationKind>(
  described: WorkflowExecutionDescription,
  taskQueue: string,
): OperationRun<Kind> => ({
  workflowId: described.workflowId,
  runId: described.runId,
  type: described.type,
  running: described.status.name === 'RUNNING' || described.status.name === 'PAUSED',
  status: described.status.name,
  startedAt: described.startTime.toISOString(),
  closedAt: described.closeTime?.toISOString() ?? null,
  memo: described.memo as unknown as Kind['memo'],
  phase: described.typedSearchAttributes.get(PHASE) ?? null,
  unwindingSince: described.typedSearchAttributes.get(UNWINDING_SINCE)?.toISOString() ?? null,
  pending: parsePendingCalls(described.raw.pendingActivities ?? []),
  foreignQueue: described.taskQueue === taskQueue ? null : described.taskQueue,
});
