import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { continueAsNew, log, ParentClosePolicy, sleep, startChild, workflowInfo } from '@temporalio/workflow';
import { subjectId, subjectWorkflowId } from '#domain/core/subject.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import {
  type IdleDisposalInput,
  type IdleDisposalResult,
  idleVerdict,
  type ParkedWorkspace,
  warnedSince,
} from '#domain/workspace/idle.ts';
import type { WorkspaceMemo } from '#domain/workspace/input.ts';
import { find, record } from '../kernel/calls.ts';
import { scheduledTime } from '../kernel/scheduled-time.ts';
import { inOneStep } from '../kernel/step.ts';
import type { terminateWorkspace } from './terminate.ts';

const HOUR_MS = 3_600_000;
const LISTED_MAX = 100;
const REQUESTED_BY = 'schedule:idle-disposal';

const ACCOUNT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.account, 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

/**
 * Disposes of workspaces that have been parked for long, each after it was shown as due for a while. Decides by the time
 * for which the run was scheduled, and begins a few disposals an hour, so that no account sees a burst of them.
 */
export async function disposeIdleWorkspaces(input: IdleDisposalInput): Promise<IdleDisposalResult> {
  const { environment, perHour, timing, soFar } = input;
  const at = soFar?.at ?? scheduledTime();
  let { parked, due, disposed, disposing } = soFar ?? { parked: 0, due: 0, disposed: 0, disposing: [] };
  let cursor = soFar?.cursor ?? null;
  do {
    const page = await inOneStep('idle', timing, () =>
      find.findIdleWorkspaces({ environment, since: warnedSince(input, at), cursor }),
    );
    parked += page.parked;
    for (const workspace of page.items) {
      const verdict = idleVerdict(workspace, input, at);
      if (verdict.kind === 'warn') await announce(workspace, verdict.dueAt, input);
      if (verdict.kind === 'warn' || verdict.kind === 'wait') due += 1;
      if (verdict.kind !== 'dispose' || !(await dispose(workspace, input))) continue;
      disposed += 1;
      disposing = [...disposing, subjectId(workspace.subject)].slice(0, LISTED_MAX);
      await sleep(HOUR_MS / perHour, { summary: `at most ${perHour} disposals an hour` });
    }
    cursor = page.nextCursor;
    if (cursor !== null && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof disposeIdleWorkspaces>({
        ...input,
        soFar: { at, parked, due, disposed, disposing, cursor },
      });
    }
  } while (cursor !== null);
  return { at, parked, due, disposed, disposing };
}

/**
 * In the record, where everybody sees it. Another operation takes it out again, and one that came between the look and
 * this, which may be hours apart, keeps it from being written.
 */
const announce = async (
  { subject, since }: ParkedWorkspace,
  dueAt: string,
  { timing }: IdleDisposalInput,
): Promise<void> => {
  log.warn('workspace is to be disposed of', { workspace: subjectId(subject), dueAt, parkedSince: since });
  // Records of older versions go by when they were written, which is now.
  await inOneStep('record', timing, () => record.change(subject, { disposalDueAt: dueAt, phaseSince: since }, since));
};

/** False where something else is going on with the workspace: it is not idle. */
const dispose = async (workspace: ParkedWorkspace, { timing }: IdleDisposalInput): Promise<boolean> => {
  const { subject, user, account, region, profile, since } = workspace;
  const memo: WorkspaceMemo = { user, account, region, profile, fingerprint: null, requestedBy: REQUESTED_BY };
  try {
    await startChild<typeof terminateWorkspace>('terminateWorkspace', {
      workflowId: subjectWorkflowId(subject),
      args: [{ subject, mode: 'dispose', requestedBy: REQUESTED_BY, timing, parkedSince: since }],
      memo: { ...memo },
      typedSearchAttributes: [
        { key: ACCOUNT, value: account },
        { key: ENVIRONMENT, value: subject.environment },
      ],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: 'dispose: nobody has used it for long',
    });
    log.warn('workspace is being disposed of', { workspace: subjectId(subject), parkedSince: since });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
};
