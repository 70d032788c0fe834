import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { expect, test } from 'vitest';
import { answersOf, parsePendingCalls } from '#temporal/pending.ts';

const { TIMEOUT_TYPE_HEARTBEAT, TIMEOUT_TYPE_START_TO_CLOSE } = proto.temporal.api.enums.v1.TimeoutType;
const BEAT = { call: 'batch:CreateJobQueue', resource: 'q-1', since: '2026-11-21T12:00:00.000Z' };
const beats = { payloads: [defaultPayloadConverter.toPayload(BEAT)] };

const answerTo = (pending: object) =>
  answersOf(parsePendingCalls([{ activityId: 'job-queue/ensureJobQueue/1', attempt: 2, ...pending } as never]))[0];

test('a call that hangs is Unavailable, by its operation and what it is about', () => {
  expect(answerTo({ heartbeatDetails: beats })).toMatchObject({
    ...{ step: 'job-queue', activity: 'ensureJobQueue', attempt: 2, code: 'Unavailable' },
    message: 'batch:CreateJobQueue of q-1 has not been answered since 2026-11-21T12:00:00.000Z',
  });
  const timeoutFailureInfo = { timeoutType: TIMEOUT_TYPE_START_TO_CLOSE, lastHeartbeatDetails: beats };
  expect(answerTo({ lastFailure: { message: 'activity timeout', timeoutFailureInfo } })).toMatchObject({
    code: 'Unavailable',
    message: 'ensureJobQueue did not finish in time; it was waiting for batch:CreateJobQueue of q-1',
  });
});

test('a worker that died is not taken for a service that does not answer', () => {
  const timeoutFailureInfo = { timeoutType: TIMEOUT_TYPE_HEARTBEAT };
  expect(answerTo({ lastFailure: { timeoutFailureInfo } })?.message).toBe('the worker of ensureJobQueue was lost');
});

test('a call that somebody paused says so, and who', () => {
  const pauseInfo = { manual: { identity: 'olivia@example.org' } };
  const lastFailure = { message: 'rate exceeded', applicationFailureInfo: { type: 'Throttled' } };
  expect(answerTo({ paused: true, pauseInfo, lastFailure })).toMatchObject({
    code: 'Unavailable',
    message: 'ensureJobQueue was paused in Temporal by olivia@example.org: unpause it; last answer: rate exceeded',
  });
});

test('how far something has come is no call, and what a workflow asks about itself no step', () => {
  const told = { payloads: [defaultPayloadConverter.toPayload({ removed: 7 })] };
  expect(answerTo({ heartbeatDetails: told })).toBeUndefined();
  expect(parsePendingCalls([{ activityId: 'answers/observePendingAnswers/1' } as never])).toEqual([]);
});
