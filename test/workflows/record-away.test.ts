/** The control bucket refuses what an operation writes at its start or at its end: it is carried out, or says why not. */
import { describe, expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { aLaunch, failureOf, startLaunch, startTerminate, until, untilClosed } from '../support/workspace-runs.ts';

const MODES = ['park', 'dispose'] as const;

const launched = async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = aLaunch();
  await (await startLaunch(rig, input)).result();
  return { fakes, rig, input, again: { ...input, launchId: 'second' } };
};

test('a launch that can’t open its record says so, and has called nothing else', async () => {
  const { fakes, rig, again } = await launched();
  fakes.calls.length = 0;
  fakes.failing('openRecord', 'Denied', 1);
  expect(await failureOf(await startLaunch(rig, again))).toMatchObject({ type: 'Denied' });
  expect(fakes.calls).toEqual(['openRecord']);
  expect(fakes.record()?.phase).toBe('running');
});

test.each(MODES)('%s is carried out although it is refused its record for a while', async (mode) => {
  const { fakes, rig, input } = await launched();
  fakes.failing('openTermination', 'Denied', 1);
  fakes.failing('changeRecord', 'Denied', 1);
  const timing = { ...input.timing, undoGiveUpMs: 20_000 };
  expect(await (await startTerminate(rig, { ...input, timing }, mode)).result()).toEqual({ mode, residue: [] });
  expect(fakes.record()?.phase).toBe(mode === 'park' ? 'parked' : 'disposed');
});

test.each(MODES)('%s that is refused its record for good ends with that', async (mode) => {
  const { fakes, rig, input } = await launched();
  fakes.failing('openTermination', 'Denied');
  expect((await failureOf(await startTerminate(rig, input, mode))).type).toBe('Denied');
  fakes.mend('openTermination');
  fakes.failing('changeRecord', 'Denied');
  const failure = await failureOf(await startTerminate(rig, input, mode));
  expect(failure.message).toContain(`${mode} is done, but its record could not be written`);
  fakes.mend('changeRecord');
  expect(await (await startTerminate(rig, input, mode)).result()).toEqual({ mode, residue: [] });
});

test('a launch that failed is written down although its record is refused for a while', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = aLaunch();
  fakes.failing('ensureJobQueue', 'Denied');
  fakes.failing('changeRecord', 'Denied', 1);
  const timing = { ...input.timing, undoGiveUpMs: 20_000 };
  const failure = await failureOf(await startLaunch(rig, { ...input, timing }));
  expect(failure.message).not.toContain('its record could not be written');
  expect(fakes.record()).toMatchObject({ phase: 'failed', error: { code: 'Denied', step: 'job-queue' } });
});

describe('a launch that can’t close its record', () => {
  test('and failed ends with what it failed with, its leftovers too', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    fakes.failing('ensureJobQueue', 'Denied');
    fakes.failing('deleteVpc', 'Denied');
    fakes.failing('changeRecord', 'Unavailable', 1);
    fakes.failing('changeRecord', 'Denied');
    const failure = await failureOf(await startLaunch(rig));
    expect(failure).toMatchObject({
      type: 'CompensationIncomplete',
      details: [{ step: 'job-queue', leftovers: [{ type: 'AWS::EC2::VPC' }] }],
    });
    expect(failure.message).toContain('its record could not be written');
  });

  test('and was cancelled is not taken for cleanly cancelled', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const caught = fakes.catch('network/ensureVpc');
    const handle = await startLaunch(rig);
    await caught.met;
    fakes.failing('changeRecord', 'Denied');
    await handle.cancel();
    caught.end();
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'Denied', message: expect.stringContaining('cancelled') });
    expect(fakes.existing()).toEqual([]);
  });
});

test.each(['record/openRecord', 'record/changeRecord'])(
  'who asks to terminate while %s is refused is not refused with it',
  async (call) => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    if (call === 'record/changeRecord') {
      fakes.failing('ensureJobQueue', 'Denied', 1);
      fakes.failing('deleteVpc', 'Denied');
    }
    const caught = fakes.catch(call);
    const handle = await startLaunch(rig);
    await caught.met;
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'operator' }] });
    fakes.mend('deleteVpc');
    caught.end(async () => {
      throw fail('Denied', 'the control bucket is away');
    });
    const last = await untilClosed(rig, handle.workflowId, 'terminateWorkspace');
    expect(await last.result()).toEqual({ mode: 'dispose', residue: [] });
    expect(fakes.existing()).toEqual([]);
  },
);

/** Calls at which a termination is cancelled: in each of its stages, its first and its last. */
const CALLS = {
  park: ['access-key/deactivateAccessKeys', 'job-queue/awaitJobsEnded', 'squid/terminateInstance'],
  dispose: ['access-key/deleteAccessKey', 'squid/terminateInstance', 'network/deleteVpc', 'reserve-slots/releaseSlots'],
} as const;

describe.each(MODES)('%s', (mode) => {
  test.each(CALLS[mode])(
    'that is cancelled at %s lists what it has yet to take, and a second one goes on',
    async (call) => {
      const { fakes, rig, input } = await launched();
      const caught = fakes.catch(call);
      const handle = await startTerminate(rig, input, mode);
      await caught.met;
      await handle.cancel();
      await until('the cancellation has arrived', async () => {
        const { events = [] } = await handle.fetchHistory();
        return (events ?? []).some(({ workflowExecutionCancelRequestedEventAttributes: asked }) => asked);
      });
      caught.end(async () => {
        throw fail('Throttled', 'cut short');
      });
      expect((await failureOf(handle)).constructor.name).toBe('CancelledFailure');
      const record = fakes.record();
      expect(record).toMatchObject({ phase: 'failed', operation: null, remedy: mode, error: { code: 'Cancelled' } });
      const left = fakes.existing().filter((id) => !id.startsWith('Slot'));
      if (mode === 'dispose') expect(record?.leftovers.map(({ id }) => id).toSorted()).toEqual(left);
      else expect(record?.leftovers.length).toBeGreaterThan(0);
      expect(await (await startTerminate(rig, input, mode)).result()).toEqual({ mode, residue: [] });
      expect(fakes.record()?.phase).toBe(mode === 'park' ? 'parked' : 'disposed');
    },
  );
});

test('a launch that fails after a park that failed keeps what the park had kept, and the park to go on with', async () => {
  const { fakes, rig, input, again } = await launched();
  fakes.failing('terminateInstance', 'Denied');
  await failureOf(await startTerminate(rig, input, 'park'));
  const { leftovers, resources } = fakes.record() ?? {};
  expect(leftovers).toHaveLength(1);
  fakes.mend('terminateInstance');
  for (const activity of ['preflightNetwork', 'ensureJobQueue']) {
    fakes.failing(activity, 'Denied', 1);
    await failureOf(await startLaunch(rig, { ...again, launchId: activity }));
    expect(fakes.record()).toMatchObject({ phase: 'failed', remedy: 'park' });
    expect(fakes.record()?.resources).toEqual(resources);
  }
});
