/**
 * What a queue does to jobs that can't be placed: they are cancelled after a while, for one of three reasons.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
 */
import type { JobStateTimeLimitAction } from '@aws-sdk/client-batch';
import { BLOCKED_REASONS } from './seed.ts';
import { invalidParameter } from './state.ts';

const SECONDS = { min: 600, max: 86_400 };

/** @throws AwsError ClientException */
export const checkTimeLimits = (actions: readonly JobStateTimeLimitAction[] = []): JobStateTimeLimitAction[] => {
  for (const { state, action, maxTimeSeconds = 0, reason = '' } of actions) {
    if (state !== 'RUNNABLE') throw invalidParameter('state of a jobStateTimeLimitAction can only be RUNNABLE');
    if (action !== 'CANCEL') throw invalidParameter('action of a jobStateTimeLimitAction can only be CANCEL');
    if (!(Number.isInteger(maxTimeSeconds) && maxTimeSeconds >= SECONDS.min && maxTimeSeconds <= SECONDS.max)) {
      throw invalidParameter(`maxTimeSeconds must be between ${SECONDS.min} and ${SECONDS.max}`);
    }
    if (!(BLOCKED_REASONS as readonly string[]).includes(reason)) {
      throw invalidParameter(`reason of a jobStateTimeLimitAction can only be one of [${BLOCKED_REASONS.join(', ')}]`);
    }
  }
  const reasons = actions.map(({ reason }) => reason);
  if (new Set(reasons).size < reasons.length)
    throw invalidParameter('jobStateTimeLimitActions must have unique reasons');
  return structuredClone([...actions]);
};
