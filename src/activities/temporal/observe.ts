/** What Temporal's server knows of the workflow that asks, and the workflow itself can't see. */
import { activityInfo } from '@temporalio/activity';
import type { PendingAnswer } from '#domain/core/pending-answer.ts';
import type { Pressed } from '#domain/core/pressed.ts';
import { answersOf, parsePendingCalls } from '#temporal/pending.ts';
import { identityOf } from '#temporal/pressed.ts';
import type { ActivityDeps } from '../deps.ts';

export const observeOperationActivities = ({ temporal }: ActivityDeps) => {
  /** The run that asks. */
  const asking = (): { readonly workflowId: string; readonly runId?: string } =>
    activityInfo().workflowExecution ?? { workflowId: '' };

  return {
    /** What each step's pending call has answered, the one in front that was tried most often. */
    async observePendingAnswers(): Promise<readonly PendingAnswer[]> {
      const { workflowId, runId } = asking();
      const { raw } = await temporal.workflow.getHandle(workflowId, runId).describe();
      return answersOf(parsePendingCalls(raw.pendingActivities ?? []));
    },

    /** The identity with which somebody asked for an update, or for the cancellation: only the history knows it. */
    observeIdentity: (pressed: Pressed): Promise<string | null> => identityOf(temporal, asking(), pressed),
  };
};
