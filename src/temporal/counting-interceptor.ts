/** Counts what attempts of activities fail with. */
import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { codeOf, type FailureCode } from '#domain/core/failures.ts';

export interface CountsFailures {
  readonly activityFailed: (activity: string, code: FailureCode) => void;
}

export const countingInterceptor = (
  { info }: Context,
  { activityFailed }: CountsFailures,
): ActivityInboundCallsInterceptor => ({
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      activityFailed(info.activityType, codeOf(error));
      throw error;
    }
  },
});
