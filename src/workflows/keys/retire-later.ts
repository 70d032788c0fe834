import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { retireKeyWorkflowId } from '#domain/core/workflow-ids.ts';
import { type RetireKeyInput, type retireAccessKey, retireUsedSignal } from './retire.ts';

/**
 * The grace of an earlier key outlives the operation that made another one, so a workflow of its own waits for it. Never
 * fails: a key that stays longer than it should does not change what was made.
 */
export const retireLater = async ({
  subject,
  ...input
}: RetireKeyInput & { readonly subject: SubjectRef }): Promise<void> => {
  const { accessKeyId, rotated } = input;
  const workflowId = retireKeyWorkflowId(subject, accessKeyId);
  try {
    await startChild<typeof retireAccessKey>('retireAccessKey', {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `deletes ${accessKeyId} of ${subjectId(subject)} when its grace is over`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
      log.error('an earlier key is not retired', { accessKeyId, reason: String(error) });
    } else if (rotated?.force) {
      // An earlier operation asked for it, and it may wait for the key to fall idle.
      await getExternalWorkflowHandle(workflowId)
        .signal(retireUsedSignal)
        .catch((reason: unknown) =>
          log.error('an earlier key is not retired', { accessKeyId, reason: String(reason) }),
        );
    }
  }
};
