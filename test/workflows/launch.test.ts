import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { workspaceWorkflowId } from '#domain/ids.ts';
import { scaleTiming, DEFAULT_TIMING } from '#domain/timing.ts';
import type { LaunchInput, WorkspaceMemo } from '#domain/workspace/input.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { launchWorkspace } from '../../src/workflows/workspace/launch.ts';
import { aWorkspace } from '../domain/workspace-input.ts';
import { createFakes } from '../support/fake-activities.ts';
import { type Rig, workflowRig } from '../support/workflow-rig.ts';

const TIMING = { ...scaleTiming(DEFAULT_TIMING, 0), undoGiveUpMs: 500 };

const aLaunch = (user = `${randomUUID()}@example.org`): LaunchInput => ({
  workspace: aWorkspace({ user }),
  launchId: randomUUID(),
  fingerprint: 'f',
  requestedBy: user,
  timing: TIMING,
});

const launch = async (rig: Rig, input = aLaunch()) => {
  const { workspace } = input;
  const memo: WorkspaceMemo = {
    user: workspace.user,
    account: workspace.account.accountId,
    region: workspace.account.region,
    profile: workspace.profile,
    fingerprint: input.fingerprint,
    requestedBy: input.requestedBy,
    requestedAt: new Date().toISOString(),
  };
  return rig.watch(
    await rig.client.workflow.start<typeof launchWorkspace>('launchWorkspace', {
      workflowId: workspaceWorkflowId(workspace.environment, workspace.escapedUser),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: { ...memo },
    }),
  );
};

const failureOf = async (handle: WorkflowHandle) => {
  const error = await handle.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError)) throw new Error(`expected a failed workflow, got ${error}`);
  return error.cause as Error & { type?: string; details?: unknown[] };
};

const until = async (what: string, ready: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + 20_000;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const viewOf = (handle: WorkflowHandle) => handle.query<WorkspaceView>('progress');

describe('launch', () => {
  test('makes every step in as many events as the budget allows, and shows them', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    expect(await handle.result()).toEqual({ accessKeyId: 'AKIAFAKEFAKEFAKEFAKE' });
    const view = await viewOf(handle);
    expect(view.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(
      'preflight reserve-slots foundation network squid launch-template compute-environment job-queue jobs-role client-user access-key publish'
        .split(' ')
        .map((name) => `${name} done`),
    );
    expect(view.phase).toBe('running');
    const { events } = await handle.fetchHistory();
    expect(events?.length).toBeLessThanOrEqual(300);
    console.log('events', events?.length);
    expect(fakes.record()?.phase).toBe('running');
  });

  test('a step that fails for good leaves nothing, and its failure is the workflow’s', async () => {
    const fakes = createFakes();
    fakes.failing('ensureJobQueue', 'Denied');
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    const failure = await failureOf(handle);
    expect(failure.type).toBe('Denied');
    expect(failure.message).toContain('job-queue');
    expect(fakes.existing()).toEqual({});
    expect(fakes.record()).toMatchObject({ phase: 'failed', leftovers: [], error: { code: 'Denied', step: 'job-queue' } });
  });

  test('an undo that ends badly is listed with what is left, and the others run', async () => {
    const fakes = createFakes();
    fakes.failing('ensureJobQueue', 'Denied');
    fakes.failing('deleteLaunchTemplate', 'Denied');
    const rig = await workflowRig(fakes.activities);
    const failure = await failureOf(await launch(rig));
    expect(failure.type).toBe('CompensationIncomplete');
    expect(fakes.existing()).toEqual({ template: 1 });
    expect(fakes.record()?.leftovers).toMatchObject([{ type: 'template', reason: expect.stringContaining('told to fail') }]);
    expect(fakes.record()?.phase).toBe('failed');
  });

  test('a cancelled launch takes everything back and ends as cancelled', async () => {
    const fakes = createFakes();
    fakes.hang('awaitComputeEnvironmentValid');
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    await until('the environment waits', () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    await handle.cancel();
    const failure = await failureOf(handle);
    expect(failure.constructor.name).toBe('CancelledFailure');
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(fakes.existing()).toEqual({});
    expect(fakes.record()?.phase).toBe('disposed');
  });

  test('retryNow makes the waiting attempt again at once', async () => {
    const fakes = createFakes();
    fakes.hang('awaitJobQueueValid');
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    await until('the queue waits', () => fakes.calls.includes('awaitJobQueueValid'));
    fakes.release('awaitJobQueueValid');
    await until('there is something to retry', async () =>
      handle.executeUpdate('retryNow', { args: [{ step: 'job-queue' }] }).then(
        () => true,
        () => false,
      ),
    );
    expect(await handle.result()).toMatchObject({ accessKeyId: expect.any(String) });
  });

  test('abandonStep fails a forward step, and the launch unwinds', async () => {
    const fakes = createFakes();
    fakes.hang('awaitInstanceReady');
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    await until('squid waits', () => fakes.calls.includes('awaitInstanceReady'));
    await handle.executeUpdate('abandonStep', { args: [{ step: 'squid', reason: 'wrong image' }] });
    const failure = await failureOf(handle);
    expect(failure.message).toContain('wrong image');
    expect(fakes.existing()).toEqual({});
  });

  test.each(['park', 'dispose'] as const)('asked to %s while it runs, it unwinds and goes on as a terminate', async (mode) => {
    const fakes = createFakes();
    fakes.hang('awaitComputeEnvironmentValid');
    const rig = await workflowRig(fakes.activities);
    const handle = await launch(rig);
    await until('the environment waits', () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    await handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'operator' }] });
    const last = rig.client.workflow.getHandle(handle.workflowId);
    await until('the terminate is over', async () => {
      const { type, status } = await last.describe();
      return type === 'terminateWorkspace' && status.name !== 'RUNNING';
    });
    expect(await last.result()).toEqual({ mode, residue: [] });
    const view = await viewOf(last);
    expect(view).toMatchObject({ phase: mode === 'park' ? 'parked' : 'disposed', user: expect.stringContaining('@') });
    expect(fakes.existing()).toEqual({});
    expect(fakes.record()?.phase).toBe(mode === 'park' ? 'parked' : 'disposed');
  });
});
