/**
 * Beats for every activity that takes its time, so that the server notices a dead worker in seconds and a cancellation
 * reaches the activity; and says of a failure whether the activity can have changed anything.
 */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { hasWritten } from '#aws/writes.ts';
import { factsOf } from '#domain/core/failures.ts';
import { beatAgain } from './heartbeat.ts';

/** A third of the workflows' heartbeat timeout. */
const BEAT_MS = 3_000;

export const beatingInterceptor = (context: Context): ActivityInboundCallsInterceptor => ({
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const beats = context.info.heartbeatTimeoutMs !== undefined;
    const beat = beats ? setInterval(() => beatAgain(context), BEAT_MS) : undefined;
    try {
      return await next(input);
    } catch (error) {
      throw context.info.attempt === 1 && !hasWritten(context) ? nothingDone(error) : error;
    } finally {
      clearInterval(beat);
    }
  },
});

const nothingDone = (error: unknown): unknown => {
  if (!(error instanceof ApplicationFailure)) return error;
  const { type, message, nonRetryable, nextRetryDelay, category, cause } = error;
  return ApplicationFailure.create({
    message,
    details: [{ ...factsOf(error), nothingDone: true }],
    ...(type && { type }),
    ...(nonRetryable !== undefined && nonRetryable !== null && { nonRetryable }),
    ...(nextRetryDelay && { nextRetryDelay }),
    ...(category && { category }),
    ...(cause && { cause }),
  });
};
