/** Pending activities of a workflow, from `describe`: which attempt, and what the last one answered. */
import { defaultPayloadConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { type CallUnderWay, isCallUnderWay, renderCall } from '#domain/core/call-under-way.ts';
import { type FailureCode, isFailureCode } from '#domain/core/failures.ts';
import type { PendingAnswer } from '#domain/core/pending-answer.ts';

const { TIMEOUT_TYPE_HEARTBEAT } = proto.temporal.api.enums.v1.TimeoutType;

/** One activity that is under way or waits for its next attempt. */
export interface PendingCall {
  readonly step: string;
  readonly activity: string;
  readonly attempt: number;
  /** When it was asked for. */
  readonly since: string;
  /** What its last heartbeat told; undefined where it told nothing. */
  readonly beat?: unknown;
  readonly lastError: Failure | null;
}

interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly at: string;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type TimeoutType = temporal.api.enums.v1.TimeoutType;
type Timestamp = PendingActivity['lastAttemptCompleteTime'];

/** What a workflow asks about itself is no work of a step. */
const OWN_QUESTIONS: readonly string[] = ['observePendingAnswers', 'observeIdentity'];

/** Activity ids are `<step>/<activity>/<n>`; others (of workflows that name theirs differently) are left out. */
export const parsePendingCalls = (pending: readonly PendingActivity[]): PendingCall[] =>
  pending.flatMap((one) => {
    const [step, activity] = (one.activityId ?? '').split('/');
    if (!step || !activity || OWN_QUESTIONS.includes(activity)) return [];
    const beat = beatOf(one.heartbeatDetails);
    const lastError = pausedOf(one, activity) ?? lastErrorOf(one, activity);
    const since = isoOf(one.scheduledTime) ?? new Date().toISOString();
    return [{ step, activity, attempt: one.attempt ?? 1, since, ...(beat !== undefined && { beat }), lastError }];
  });

/** Of each call that has failed or hangs; of each step, the one in front that was tried most often. */
export const answersOf = (calls: readonly PendingCall[]): PendingAnswer[] =>
  calls
    .toSorted((one, other) => other.attempt - one.attempt)
    .flatMap(({ step, activity, attempt, lastError, beat }) => {
      const heard = lastError ?? (isCallUnderWay(beat) ? unanswered(beat) : null);
      return heard ? [{ step, activity, attempt, ...heard }] : [];
    });

const unanswered = (call: CallUnderWay): Failure => ({
  code: 'Unavailable',
  message: `${renderCall(call)} has not been answered since ${call.since}`,
  at: call.since,
});

const beatOf = (details: PendingActivity['heartbeatDetails']): unknown => {
  const [payload] = details?.payloads ?? [];
  try {
    return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  } catch {
    return undefined; // It is for show: what can't be read is not shown.
  }
};

/** *Pause* in Temporal's UI: no attempt is made, and nothing of the workflow's own hears of it. */
const pausedOf = ({ paused, pauseInfo, lastFailure }: PendingActivity, activity: string): Failure | null => {
  if (!paused) return null;
  const by = pauseInfo?.manual?.identity ? ` by ${pauseInfo.manual.identity}` : '';
  const last = lastFailure?.message ? `; last answer: ${lastFailure.message}` : '';
  return {
    code: 'Unavailable',
    message: `${activity} was paused in Temporal${by}: unpause it${last}`,
    at: isoOf(pauseInfo?.pauseTime) ?? new Date().toISOString(),
  };
};

const lastErrorOf = (
  { lastFailure, lastAttemptCompleteTime, lastStartedTime, heartbeatDetails }: PendingActivity,
  activity: string,
): Failure | null => {
  if (!lastFailure) return null;
  const at = isoOf(lastAttemptCompleteTime) ?? isoOf(lastStartedTime) ?? new Date().toISOString();
  const { applicationFailureInfo, timeoutFailureInfo, message } = lastFailure;
  if (timeoutFailureInfo) {
    const beat = beatOf(timeoutFailureInfo.lastHeartbeatDetails) ?? beatOf(heartbeatDetails);
    return { code: 'Unavailable', message: timedOut(activity, timeoutFailureInfo.timeoutType, beat), at };
  }
  const type = applicationFailureInfo?.type;
  return { code: isFailureCode(type) ? type : 'Unknown', message: message ?? '', at };
};

/** The worker that made the attempt has gone, or what it waited for never came. */
const timedOut = (activity: string, timeout: TimeoutType | null | undefined, beat: unknown): string => {
  const at = isCallUnderWay(beat) ? `; it was waiting for ${renderCall(beat)}` : '';
  return timeout === TIMEOUT_TYPE_HEARTBEAT
    ? `the worker of ${activity} was lost${at}`
    : `${activity} did not finish in time${at}`;
};

const isoOf = (time: Timestamp): string | undefined =>
  time ? new Date(Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6).toISOString() : undefined;
