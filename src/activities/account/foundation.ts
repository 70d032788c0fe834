/** Joining the workflow that owns what all workspaces of an account share. */

import { activityInfo } from '@temporalio/activity';
import {
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf, fail } from '#domain/failures.ts';
import { foundationWorkflowId } from '#domain/ids.ts';
import type { Foundation, FoundationSpec } from '#domain/workspace/specs.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../look.ts';
import { describeRun, requireOwnQueue } from './own-queue.ts';

export const foundationActivities = (deps: ActivityDeps) => {
  const { temporal } = deps;

  const start = async (workflowId: string, spec: FoundationSpec): Promise<void> => {
    try {
      await temporal.workflow.start('accountFoundation', {
        workflowId,
        taskQueue: activityInfo().taskQueue,
        args: [spec],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `bucket, key and instance profile of ${spec.environment} in ${spec.account.accountId}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error; // somebody else was faster
    }
  };

  return {
    /**
     * One look: starts the foundation where no run has begun since this launch asked first, or gives its result.
     * @throws NotYet while it runs; its failure where it failed.
     */
    async joinFoundation(spec: FoundationSpec): Promise<Foundation> {
      const workflowId = foundationWorkflowId(spec.account.accountId, spec.environment);
      const asked = activityInfo().scheduledTimestampMs;
      const run = await describeRun(temporal, workflowId);
      requireOwnQueue(run, workflowId, activityInfo().taskQueue);
      const running = run?.status.name === 'RUNNING';
      if (!running && (run?.closeTime === undefined || run.closeTime.getTime() < asked)) {
        await start(workflowId, spec);
        throw lookAgain('the account foundation was started', deps);
      }
      if (running) throw lookAgain(`the account foundation is being made${lastErrorOf(run)}`, deps);
      try {
        return await temporal.workflow.getHandle(workflowId, run?.runId).result();
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw error;
        const cause = error.cause?.cause instanceof ApplicationFailure ? error.cause.cause : error.cause;
        const code = codeOf(cause);
        throw fail(
          code === 'Unknown' ? 'Unavailable' : code,
          `the account foundation failed: ${cause?.message}`,
          {},
          cause,
        );
      }
    },
  };
};

/** What its workflow is held up by: an operator looks at the launch, not at the foundation. */
const lastErrorOf = ({ raw }: WorkflowExecutionDescription): string => {
  const message = raw.pendingActivities?.map(({ lastFailure }) => lastFailure?.message).find(Boolean);
  return message ? `; last answer: ${message}` : '';
};
