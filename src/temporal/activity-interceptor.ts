/**
 * Beats for every activity that takes its time, so that the server notices a dead worker in seconds and a cancellation
 * reaches the activity; and hands failures on with the attempt at which they came.
 */

import type { Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/** A third of the workflows' heartbeat timeout. */
const BEAT_MS = 3_000;

export const beatingInterceptor = (context: Context): ActivityInboundCallsInterceptor => ({
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    if (context.info.heartbeatTimeoutMs === undefined) return await next(input);
    const beat = setInterval(() => context.heartbeat(), BEAT_MS);
    try {
      return await next(input);
    } finally {
      clearInterval(beat);
    }
  },
});
