/** Starts workspace workflows as the API does, and waits for what a test wants to see. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { DEFAULT_TIMING, scaleTiming, type Timing } from '#domain/core/timing.ts';
import type {
  LaunchInput,
  RemovalMode,
  TerminateInput,
  WorkspaceInput,
  WorkspaceMemo,
} from '#domain/workspace/input.ts';
import type { RotateInput } from '#domain/workspace/rotation.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { launchWorkspace } from '../../src/workflows/workspace/launch.ts';
import type { rotateKeys } from '../../src/workflows/workspace/rotate.ts';
import type { terminateWorkspace } from '../../src/workflows/workspace/terminate.ts';
import { aWorkspace } from '../domain/workspace-input.ts';
import type { Rig } from './workflow-rig.ts';

/** The windows of scale 0, and half a second of insisting. */
export const TIMING: Timing = { ...scaleTiming(DEFAULT_TIMING, 0), undoGiveUpMs: 500 };

export const aLaunch = (
  workspace: WorkspaceInput = aWorkspace({ user: `${randomUUID()}@example.org` }),
): LaunchInput => ({
  workspace,
  launchId: randomUUID(),
  fingerprint: 'f',
  requestedBy: workspace.user,
  timing: TIMING,
});

const memoOf = ({ user, account, profile }: WorkspaceInput, fingerprint: string | null): Record<string, unknown> => {
  const memo: WorkspaceMemo = {
    user,
    account: account.accountId,
    region: account.region,
    profile,
    fingerprint,
    requestedBy: user,
  };
  return { ...memo };
};

export const startLaunch = async (rig: Rig, input: LaunchInput = aLaunch()) =>
  rig.watch(
    await rig.client.workflow.start<typeof launchWorkspace>('launchWorkspace', {
      workflowId: subjectWorkflowId(workspaceSubject(input.workspace)),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: memoOf(input.workspace, input.fingerprint),
    }),
  );

export const startTerminate = async (
  rig: Rig,
  { workspace, timing }: LaunchInput,
  mode: RemovalMode,
  changes: Partial<TerminateInput> = {},
) => {
  const subject = workspaceSubject(workspace);
  const input: TerminateInput = { subject, mode, requestedBy: 'someone', timing, ...changes };
  return rig.watch(
    await rig.client.workflow.start<typeof terminateWorkspace>('terminateWorkspace', {
      workflowId: subjectWorkflowId(subject),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: memoOf(workspace, null),
    }),
  );
};

export const startRotate = async (rig: Rig, { workspace, timing }: LaunchInput, changes: Partial<RotateInput> = {}) => {
  const subject = workspaceSubject(workspace);
  const input: RotateInput = {
    ...{ subject, rotationId: randomUUID(), force: false, requestedBy: 'someone', timing },
    ...changes,
  };
  return rig.watch(
    await rig.client.workflow.start<typeof rotateKeys>('rotateKeys', {
      workflowId: subjectWorkflowId(subject),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: memoOf(workspace, null),
    }),
  );
};

/** The failure that a workflow ended with. @throws where it did not fail. */
export const failureOf = async (handle: WorkflowHandle): Promise<Error & { type?: string; details?: unknown[] }> => {
  const error = await handle.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError) || !error.cause)
    throw new Error(`expected a failed workflow, got ${error}`);
  return error.cause;
};

/** Waits for a condition, never for a time. */
export const until = async (
  what: string,
  ready: () => boolean | Promise<boolean>,
  withinMs = 300_000,
): Promise<void> => {
  const end = Date.now() + withinMs;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export const viewOf = (handle: WorkflowHandle): Promise<WorkspaceView> => handle.query<WorkspaceView>('progress');

/** Ends when the last run of the id is closed. */
export const untilClosed = async (rig: Rig, workflowId: string, type?: string) => {
  const last = rig.client.workflow.getHandle(workflowId);
  await until(`${workflowId} closed`, async () => {
    const about = await last.describe();
    return about.status.name !== 'RUNNING' && (type === undefined || about.type === type);
  });
  return last;
};
