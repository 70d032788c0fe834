/**
 * A worker does the work of its own environment only: another one's records, seals and rights are not its own. Work that
 * is met on the wrong task queue is refused in a way that Temporal repeats, so it waits, with its reason in sight, until
 * somebody puts it right.
 */
import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { fail } from '#domain/core/failures.ts';
import { environmentOfWorkflow } from '#domain/core/workflow-ids.ts';

/** @throws Unavailable, before anything was done, for work that is not of this environment. */
export const environmentGuard =
  (environment: string) =>
  ({ info }: Context): ActivityInboundCallsInterceptor => ({
    async execute(input, next) {
      const id = info.workflowExecution?.workflowId ?? '';
      const theirs = environmentOfWorkflow(id);
      if (theirs === environment) return next(input);
      const whose = theirs === undefined ? 'no environment' : `the environment ${theirs}`;
      throw fail(
        'Unavailable',
        `this worker serves the environment ${environment}, but ${id} on its task queue ${info.taskQueue} belongs to ${whose}: ` +
          'start a worker of that environment on this task queue',
      );
    },
  });
