/** Which bucket a call takes from. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { AccountRef } from '#domain/core/account.ts';
import type { Lane, Patience } from './governor.ts';

/** IAM has one control plane for all regions. */
const GLOBAL: ReadonlySet<string> = new Set(['iam']);

/**
 * Of Batch's calls those about single jobs have a rate of their own: 50 a second for SubmitJob.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html
 */
const JOBS = /^(SubmitJob|TerminateJob|CancelJob)$/;

export const laneOf = (service: string, operation: string, { accountId, region }: AccountRef): Lane => ({
  name: service === 'batch' && JOBS.test(operation) ? 'batchJobs' : service,
  account: accountId,
  region: GLOBAL.has(service) ? null : region,
});

/** How long a call of the current activity may wait: not longer than leaves the call itself `callMs`. */
export const patienceOf = (callMs: number): Patience => {
  const context = asyncLocalStorage.getStore();
  if (!context) return {};
  const { currentAttemptScheduledTimestampMs, startToCloseTimeoutMs } = context.info;
  return {
    signal: context.cancellationSignal,
    ...(startToCloseTimeoutMs > 0 && { until: currentAttemptScheduledTimestampMs + startToCloseTimeoutMs - callMs }),
  };
};
