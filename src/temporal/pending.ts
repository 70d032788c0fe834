/** Pending activities of a workflow, from `describe`: which attempt, and what the last one answered. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { type FailureCode, isFailureCode } from '#domain/failures.ts';

/** One activity that is under way or waits for its next attempt. */
export interface PendingCall {
  readonly step: string;
  readonly activity: string;
  readonly attempt: number;
  /** What its last heartbeat told; undefined where it told nothing. */
  readonly beat?: unknown;
  readonly lastError: { readonly code: FailureCode; readonly message: string; readonly at: string } | null;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type Timestamp = PendingActivity['lastAttemptCompleteTime'];

/** Activity ids are `<step>/<activity>/<n>`; others (of workflows that name theirs differently) are left out. */
export const parsePendingCalls = (pending: readonly PendingActivity[]): PendingCall[] =>
  pending.flatMap((one) => {
    const [step, activity] = (one.activityId ?? '').split('/');
    if (!step || !activity) return [];
    const beat = beatOf(one);
    const lastError = lastErrorOf(one);
    return [{ step, activity, attempt: one.attempt ?? 1, ...(beat !== undefined && { beat }), lastError }];
  });

const beatOf = ({ heartbeatDetails }: PendingActivity): unknown => {
  const [payload] = heartbeatDetails?.payloads ?? [];
  try {
    return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  } catch {
    return undefined; // It is for show: what can't be read is not shown.
  }
};

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
