import { workflowInfo } from '@temporalio/workflow';
import type { OperationProgress } from '#domain/core/operation.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { WorkspaceMemo } from '#domain/workspace/input.ts';
import type { Phase, WorkspaceView } from '#domain/workspace/view.ts';
import { Progress } from '../kernel/progress.ts';
import type { AnyStep } from '../kernel/step.ts';

interface Parts {
  readonly subject: SubjectRef;
  readonly steps: readonly AnyStep[];
  readonly phase: Phase;
  readonly timing: Timing;
}

/** Of a workspace: who and where come from the memo that every workspace workflow is started with. */
export const workspaceProgress = ({ subject, ...parts }: Parts): Progress<WorkspaceView> => {
  const {
    user = '',
    account = '',
    region = '',
    profile = null,
    requestedBy = '',
  } = (workflowInfo().memo ?? {}) as Partial<WorkspaceMemo>;
  const id = subjectId(subject);
  return new Progress({
    ...parts,
    subject,
    requestedBy,
    view: (progress, times) => ({
      ...(progress as OperationProgress<Phase, NonNullable<WorkspaceView['operation']>['type']>),
      ...times,
      id,
      user,
      environment: subject.environment,
      account,
      region,
      profile,
      // The claims know it better: the API fills it in.
      credential: { state: 'none', accessKeyId: null, createdAt: null, claimedAt: null },
      disposalDueAt: null,
      health: null,
    }),
  });
};
