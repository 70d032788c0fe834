import { describe, expect, test } from 'vitest';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { aLaunch, failureOf, startLaunch, until, untilClosed, viewOf } from '../support/workspace-runs.ts';

describe('launch', () => {
  test('makes every step in as many events as the budget allows, and shows them', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const handle = await startLaunch(rig);
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
    expect(fakes.record()?.phase).toBe('running');
    expect(fakes.record()?.steps.map(({ attempt }) => attempt)).toEqual(view.steps.map(() => 1));
  });

  test('a relaunch that fails falls back, and is not taken for the launch that the workspace runs by', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const input = aLaunch();
    await (await startLaunch(rig, input)).result();
    fakes.failing('ensureJobQueue', 'Denied');
    await failureOf(await startLaunch(rig, { ...input, launchId: 'second', fingerprint: 'another' }));
    expect(fakes.record()).toMatchObject({ phase: 'running', fingerprint: '', error: { code: 'Denied' } });
  });

  test('a relaunch shows what it found or made, and no longer what is gone', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const input = aLaunch();
    await (await startLaunch(rig, input)).result();
    const listed = () => (fakes.record()?.resources.map(({ id }) => id) ?? []).toSorted();
    const first = listed();
    fakes.lists('Fake::Instance', 'i-before');
    await (await startLaunch(rig, { ...input, launchId: 'second' })).result();
    expect(first.length).toBeGreaterThan(10);
    expect(listed()).toEqual(first);
  });

  test('a step that fails for good leaves nothing, and its failure is the workflow’s', async () => {
    const fakes = createFakes();
    fakes.failing('ensureJobQueue', 'Denied');
    const rig = await workflowRig(fakes.activities);
    const handle = await startLaunch(rig);
    const failure = await failureOf(handle);
    expect(failure.type).toBe('Denied');
    expect(failure.message).toContain('job-queue');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.record()).toMatchObject({
      phase: 'failed',
      leftovers: [],
      error: { code: 'Denied', step: 'job-queue' },
    });
  });

  test('preflight tells all that is wrong at once', async () => {
    const fakes = createFakes();
    fakes.failing('preflightNetwork', 'Invalid');
    fakes.failing('preflightImages', 'Invalid');
    const rig = await workflowRig(fakes.activities);
    const failure = await failureOf(await startLaunch(rig));
    expect(failure).toMatchObject({
      type: 'Invalid',
      message: 'preflight: preflightNetwork was told to fail; preflightImages was told to fail',
    });
    expect(fakes.calls).not.toContain('reserveSlots');

    fakes.failing('preflightNetwork', 'Denied');
    expect((await failureOf(await startLaunch(rig))).type).toBe('Denied');
  });

  test('an undo that ends badly is listed with what is left, and the others run', async () => {
    const fakes = createFakes();
    fakes.failing('ensureJobQueue', 'Denied');
    fakes.failing('deleteLaunchTemplate', 'Denied');
    const rig = await workflowRig(fakes.activities);
    const failure = await failureOf(await startLaunch(rig));
    expect(failure.type).toBe('CompensationIncomplete');
    expect(fakes.existing()).toEqual([expect.stringMatching(/^LaunchTemplate /)]);
    expect(fakes.record()?.leftovers).toMatchObject([
      { type: 'AWS::EC2::LaunchTemplate', reason: expect.stringContaining('told to fail') },
    ]);
    expect(fakes.record()?.phase).toBe('failed');
  });

  test('a cancelled launch takes everything back and ends as cancelled', async () => {
    const fakes = createFakes();
    fakes.hang('awaitComputeEnvironmentValid');
    const rig = await workflowRig(fakes.activities);
    const handle = await startLaunch(rig);
    await until('the environment waits', () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    await handle.cancel();
    const failure = await failureOf(handle);
    expect(failure.constructor.name).toBe('CancelledFailure');
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.record()?.phase).toBe('disposed');
  });

  test('retryNow makes the waiting attempt again at once', async () => {
    const fakes = createFakes();
    fakes.hang('awaitJobQueueValid');
    const rig = await workflowRig(fakes.activities);
    const handle = await startLaunch(rig);
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
    const handle = await startLaunch(rig);
    await until('squid waits', () => fakes.calls.includes('awaitInstanceReady'));
    const refused = handle.executeUpdate('abandonStep', { args: [{ step: 'squit', reason: 'a slip' }] });
    await expect(refused).rejects.toMatchObject({
      cause: { type: 'Invalid', details: [{ problems: [{ pointer: '/step', detail: 'there is no step squit' }] }] },
    });
    await handle.executeUpdate('abandonStep', { args: [{ step: 'squid', reason: 'wrong image' }] });
    const failure = await failureOf(handle);
    expect(failure.message).toBe('squid: abandoned by an operator: wrong image');
    expect(fakes.existing()).toEqual([]);
  });

  test.each(['park', 'dispose'] as const)(
    'asked to %s while it runs, it unwinds and goes on as a terminate',
    async (mode) => {
      const fakes = createFakes();
      fakes.hang('awaitComputeEnvironmentValid');
      const rig = await workflowRig(fakes.activities);
      const handle = await startLaunch(rig);
      await until('the environment waits', () => fakes.calls.includes('awaitComputeEnvironmentValid'));
      await handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'operator' }] });
      const last = await untilClosed(rig, handle.workflowId, 'terminateWorkspace');
      expect(await last.result()).toEqual({ mode, residue: [] });
      const view = await viewOf(last);
      expect(view).toMatchObject({
        // There was nothing before, so there is nothing to be parked.
        phase: 'disposed',
        user: expect.stringContaining('@'),
      });
      expect(fakes.existing()).toEqual([]);
      expect(fakes.record()).toMatchObject({ phase: 'disposed', resources: [] });
    },
  );
});
