/** Joining the workflow that owns what all workspaces of an account share. */
import { activityInfo } from '@temporalio/activity';
import {
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf, FAILURES, type FailureCode, fail, isFailureCode } from '#domain/core/failures.ts';
import type { Foundation, FoundationSpec } from '#domain/core/foundation.ts';
import { foundationWorkflowId } from '#domain/core/workflow-ids.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
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

  /** Undefined for an end that says nothing of the account: cut off from outside, or by what may be over by now. */
  const answerOf = async (workflowId: string, runId: string): Promise<Foundation | undefined> => {
    try {
      return await temporal.workflow.getHandle(workflowId, runId).result();
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      const cause = error.cause?.cause instanceof ApplicationFailure ? error.cause.cause : error.cause;
      const code = codeOf(cause);
      if (FAILURES[code].retry) return undefined;
      throw fail(code, `the account foundation failed: ${cause?.message}`, {}, cause);
    }
  };

  return {
    /**
     * One look: takes the answer of a run that began after this launch had asked, and starts one where there is none. What
     * an earlier run found may not be so any more: a right was given since, a property changed. A run under way is waited
     * for, whatever comes of it.
     *
     * @throws NotYet while one runs; its failure where it was refused for good.
     */
    async joinFoundation(spec: FoundationSpec): Promise<Foundation> {
      const workflowId = foundationWorkflowId(spec.account.accountId, spec.environment);
      const asked = activityInfo().scheduledTimestampMs;
      const run = await describeRun(temporal, workflowId);
      requireOwnQueue(run, workflowId, activityInfo().taskQueue);
      if (run && isUnderWay(run)) {
        const { code, told } = heldUpBy(run);
        throw lookAgain(`the account foundation is being made${told}`, deps, {}, code);
      }
      const isOurs = run !== undefined && run.startTime.getTime() >= asked;
      const answer = isOurs ? await answerOf(workflowId, run.runId) : undefined;
      if (answer) return answer;
      await start(workflowId, spec);
      throw lookAgain(
        `the account foundation was started${isOurs ? ` anew: it ended as ${run.status.name}` : ''}`,
        deps,
      );
    },
  };
};

const isUnderWay = ({ status }: WorkflowExecutionDescription): boolean =>
  status.name === 'RUNNING' || status.name === 'PAUSED';

/** What its workflow is held up by: an operator looks at the launch, not at the foundation. */
const heldUpBy = ({ raw }: WorkflowExecutionDescription): { readonly code: FailureCode; readonly told: string } => {
  const last = raw.pendingActivities?.map(({ lastFailure }) => lastFailure).find((failure) => failure?.message);
  if (!last) return { code: 'NotYet', told: '' };
  const type = last.applicationFailureInfo?.type;
  return { code: isFailureCode(type) ? type : 'Unavailable', told: `; last answer: ${last.message}` };
};
