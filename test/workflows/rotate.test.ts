import { describe, expect, test } from 'vitest';
import { retireKeyWorkflowId } from '#domain/core/workflow-ids.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import {
  aLaunch,
  failureOf,
  startRotate,
  startTerminate,
  TIMING,
  until,
  untilClosed,
  viewOf,
} from '../support/workspace-runs.ts';

const OLD = 'AKIAFAKEFAKEFAKEFAKE';
const NEW = 'AKIANEWNEWNEWNEWNEWN';

/** A workspace that runs with one key; the next one that is made is another. */
const running = async (keyGraceMs = 50) => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = { ...aLaunch(), timing: { ...TIMING, keyGraceMs } };
  fakes.runs(input);
  fakes.answer('ensureAccessKey', { accessKeyId: NEW, createdAt: '2026-02-01T00:00:00.000Z', earlier: [OLD] });
  const retire = retireKeyWorkflowId(workspaceSubject(input.workspace), OLD);
  return { fakes, rig, input, retire };
};

test('the new key is proved to work before the record names it, and the old one goes in two steps', async () => {
  const { fakes, rig, input, retire } = await running();
  const handle = await startRotate(rig, input);
  expect(await handle.result()).toEqual({ accessKeyId: NEW });
  expect(fakes.calls.slice(0, 4)).toEqual(['openRotation', 'ensureAccessKey', 'awaitAccessKeyUsable', 'changeRecord']);
  expect(fakes.record()).toMatchObject({
    ...{ phase: 'running', phaseBefore: null, operation: null, error: null, leftovers: [], unfinished: [] },
    key: { id: NEW, state: 'active' },
  });
  expect(await viewOf(handle)).toMatchObject({ phase: 'running', steps: [{ state: 'done' }, { state: 'done' }] });
  await untilClosed(rig, retire);
  const order = ['awaitAccessKeyUnused', 'deactivateAccessKey', 'retireAccessKey'];
  expect(fakes.calls.filter((name) => order.includes(name))).toEqual(order);
});

describe('the old key', () => {
  test('is kept for as long as somebody uses it, and goes by an operator’s word', async () => {
    const { fakes, rig, input, retire } = await running();
    fakes.hang('awaitAccessKeyUnused');
    await (await startRotate(rig, input)).result();
    await until('its use is looked at', () => fakes.calls.includes('awaitAccessKeyUnused'));
    expect((await rig.client.workflow.getHandle(retire).describe()).status.name).toBe('RUNNING');
    expect(fakes.calls).not.toContain('deactivateAccessKey');

    await (await startRotate(rig, input, { force: true })).result();
    await untilClosed(rig, retire);
    expect(fakes.calls).toContain('deactivateAccessKey');
    expect(fakes.calls.at(-1)).toBe('retireAccessKey');
  });

  test('is not asked about where the rotation has an operator’s word from the start', async () => {
    const { fakes, rig, input, retire } = await running();
    await (await startRotate(rig, input, { force: true })).result();
    await untilClosed(rig, retire);
    expect(fakes.calls).not.toContain('awaitAccessKeyUnused');
    expect(fakes.calls.slice(-2)).toEqual(['deactivateAccessKey', 'retireAccessKey']);
  });
});

describe('a rotation that fails', () => {
  test.each(['ensureAccessKey', 'awaitAccessKeyUsable', 'changeRecord'])(
    'at %s leaves the workspace as it was, with its key',
    async (activity) => {
      const { fakes, rig, input } = await running();
      const before = fakes.record();
      fakes.failing(activity, 'Denied', 1);
      expect((await failureOf(await startRotate(rig, input))).type).toBe('Denied');
      expect(fakes.calls).toContain('deleteAccessKey');
      expect(fakes.record()).toMatchObject({
        ...{ phase: 'running', phaseBefore: null, operation: null, leftovers: [], unfinished: [] },
        ...{ error: { code: 'Denied' }, key: before?.key, resources: before?.resources },
      });
      // The next one finds nothing in its way.
      expect(await (await startRotate(rig, input)).result()).toEqual({ accessKeyId: NEW });
      expect(fakes.record()).toMatchObject({ error: null, key: { id: NEW } });
    },
  );

  test('and can’t take its key back, says so, runs on, and a retry sweeps it', async () => {
    const { fakes, rig, input } = await running();
    fakes.failing('awaitAccessKeyUsable', 'Denied', 1);
    fakes.failing('deleteAccessKey', 'Denied');
    const failure = await failureOf(await startRotate(rig, input, { rotationId: 'r-1' }));
    expect(failure.type).toBe('CompensationIncomplete');
    expect(fakes.record()).toMatchObject({
      ...{ phase: 'running', phaseBefore: 'running', operation: null, unfinished: ['r-1'], key: { id: OLD } },
      leftovers: [{ type: 'AWS::IAM::AccessKey' }],
    });
    fakes.mend('deleteAccessKey');
    expect(await (await startTerminate(rig, input, 'sweep')).result()).toEqual({ mode: 'sweep', residue: [] });
    expect(fakes.record()).toMatchObject({ phase: 'running', leftovers: [], unfinished: [] });
  });

  test('since it was cancelled, ends as cancelled, and nothing is left of it', async () => {
    const { fakes, rig, input } = await running();
    fakes.hang('awaitAccessKeyUsable');
    const handle = await startRotate(rig, input);
    await until('the key is proved', () => fakes.calls.includes('awaitAccessKeyUsable'));
    await handle.cancel();
    await failureOf(handle);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(fakes.record()).toMatchObject({ phase: 'running', operation: null, error: null, key: { id: OLD } });
  });

  test('since the workspace does not run, changes nothing', async () => {
    const { fakes, rig, input } = await running();
    await (await startTerminate(rig, input, 'park')).result();
    fakes.calls.length = 0;
    expect((await failureOf(await startRotate(rig, input))).type).toBe('NotReady');
    expect(fakes.calls).toEqual(['openRotation']);
    expect(fakes.record()?.phase).toBe('parked');
  });
});

describe.each(['park', 'dispose'] as const)('%s asked for while it rotates', (mode) => {
  test('wins: the rotation unwinds, and no key is left', async () => {
    const { fakes, rig, input } = await running();
    fakes.hang('awaitAccessKeyUsable');
    const handle = await startRotate(rig, input);
    await until('the key is proved', () => fakes.calls.includes('awaitAccessKeyUsable'));
    await handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'operator' }] });
    const last = await untilClosed(rig, handle.workflowId, 'terminateWorkspace');
    expect(await last.result()).toEqual({ mode, residue: [] });
    expect(fakes.record()).toMatchObject({ phase: mode === 'park' ? 'parked' : 'disposed', key: null, unfinished: [] });
    expect(fakes.kinds()).not.toContain('AccessKey');
  });

  test('in its last moments is not lost', async () => {
    const { fakes, rig, input } = await running(60_000);
    fakes.hang('changeRecord', 200);
    const handle = await startRotate(rig, input);
    await until('it publishes', () => fakes.calls.includes('changeRecord'));
    await handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'operator' }] });
    fakes.release('changeRecord');
    const last = await untilClosed(rig, handle.workflowId, 'terminateWorkspace');
    expect(await last.result()).toEqual({ mode, residue: [] });
    expect(fakes.kinds()).not.toContain('AccessKey');
    // Its grace is of no interest to anybody any more.
    await rig.client.workflow.getHandle(retireKeyWorkflowId(workspaceSubject(input.workspace), OLD)).terminate();
  });
});

test('nobody rotates while it is terminated: there is one operation at a time', async () => {
  const { fakes, rig, input } = await running();
  fakes.hang('awaitJobsEnded');
  const park = await startTerminate(rig, input, 'park');
  await until('the jobs are waited for', () => fakes.calls.includes('awaitJobsEnded'));
  await expect(startRotate(rig, input)).rejects.toMatchObject({ name: 'WorkflowExecutionAlreadyStartedError' });
  fakes.release('awaitJobsEnded');
  await park.executeUpdate('retryNow', { args: [{}] });
  await park.result();
  expect(fakes.record()?.phase).toBe('parked');
});
