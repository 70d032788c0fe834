/** Pending activities of a workflow, from `describe`: which attempt, and what the last one answered. */
import type { temporal } from '@temporalio/proto';
import { type FailureCode, isFailureCode } from '#domain/failures.ts';

/** One activity that is under way or waits for its next attempt. */
export interface PendingCall {
  readonly step: string;
  readonly activity: string;
  readonly attempt: number;
  readonly lastError: { readonly code: FailureCode; readonly message: string; readonly at: string } | null;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type Timestamp = PendingActivity['lastAttemptCompleteTime'];

/** Activity ids are `<step>/<activity>/<n>`; others (of workflows that name theirs differently) are left out. */
export const parsePendingCalls = (pending: readonly PendingActivity[]): PendingCall[] =>
  pending.flatMap((one) => {
    const [step, activity] = (one.activityId ?? '').split('/');
    if (!step || !activity) return [];
    return [{ step, activity, attempt: one.attempt ?? 1, lastError: lastErrorOf(one) }];
  });

const lastErrorOf = ({
  lastFailure,
  lastAttemptCompleteTime,
  lastStartedTime,
}: PendingActivity): PendingCall['lastError'] => {
  if (!lastFailure) return null;
  const type = lastFailure.applicationFailureInfo?.type;
  return {
    code: isFailureCode(type) ? type : 'Unknown',
    message: lastFailure.message ?? '',
    at: isoOf(lastAttemptCompleteTime) ?? isoOf(lastStartedTime) ?? new Date().toISOString(),
  };
};

const isoOf = (time: Timestamp): string | undefined =>
  time ? new Date(Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6).toISOString() : undefined;
