/** What a launch that fails leaves behind: each removal refused for good, and what the record says afterwards. */
import { describe, expect, test } from 'vitest';
import { createFakes, takenBy } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { aLaunch, failureOf, startLaunch, until } from '../support/workspace-runs.ts';

describe('an undo that is refused', () => {
  test('keeps nothing from being removed but what it removes itself', async () => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    for (const activity of ['deleteUser', 'deleteRole', 'deleteSubnet', 'deleteInternetGateway', 'terminateInstance']) {
      const kind = takenBy(activity);
      fakes.failing('changeRecord', 'Denied', 1); // the last thing that a launch does: everything is there
      fakes.failing(activity, 'Denied');
      expect((await failureOf(await startLaunch(rig))).type, activity).toBe('CompensationIncomplete');
      expect(fakes.kinds(), activity).toEqual([kind]);
      fakes.mend(activity);
      fakes.forget();
    }
  });
});

describe('a launch that is cancelled', () => {
  const cancelled = async (isPrepared: (fakes: ReturnType<typeof createFakes>) => void, before: 'failed' | 'none') => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const input = aLaunch();
    if (before === 'failed') {
      fakes.failing('ensureJobQueue', 'Denied');
      await failureOf(await startLaunch(rig, input));
      expect(fakes.record()).toMatchObject({ phase: 'failed', error: { code: 'Denied' } });
      fakes.mend('ensureJobQueue');
    }
    isPrepared(fakes);
    fakes.hang('awaitComputeEnvironmentValid');
    fakes.calls.length = 0;
    const handle = await startLaunch(rig, { ...input, launchId: 'next' });
    await until('the environment waits', async () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    await handle.cancel();
    await failureOf(handle);
    return fakes;
  };

  test('after one that failed is disposed when nothing is left: a failure without a reason helps nobody', async () => {
    const fakes = await cancelled(() => undefined, 'failed');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.record()).toMatchObject({ phase: 'disposed', error: null, leftovers: [], resources: [] });
  });

  test.each(['failed', 'none'] as const)(
    'after %s, over what can’t be removed, is failed and says what',
    async (before) => {
      const fakes = await cancelled((all) => all.failing('deleteVpc', 'Denied'), before);
      expect(fakes.record()).toMatchObject({
        phase: 'failed',
        error: { code: 'CompensationIncomplete' },
        leftovers: [{ type: 'AWS::EC2::VPC' }],
      });
    },
  );
});

describe('a launch that is cancelled after one that ended without a word', () => {
  test.each([true, false])('AWS tells what that has left: %s', async (tells) => {
    const fakes = createFakes();
    const rig = await workflowRig(fakes.activities);
    const input = aLaunch();
    fakes.hang('awaitComputeEnvironmentValid');
    const silent = await startLaunch(rig, input);
    await until('the environment waits', async () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    await silent.terminate('the server lost it');
    fakes.calls.length = 0;
    const next = await startLaunch(rig, { ...input, launchId: 'next' });
    await until('the environment waits again', async () => fakes.calls.includes('awaitComputeEnvironmentValid'));
    if (!tells) fakes.failing('findRemaining', 'Denied');
    await next.cancel();
    await failureOf(next);
    expect(fakes.record()).toMatchObject(
      tells
        ? { phase: 'disposed', error: null, unfinished: [] }
        : { phase: 'failed', unfinished: [input.launchId], disposedAt: null },
    );
    if (tells) return;
    expect(fakes.record()?.error).toMatchObject({
      code: 'Cancelled',
      detail: expect.stringMatching(/AWS did not tell .*: `eyrie terminate \S+ --mode dispose`/),
    });
  });
});

test('once it is published, neither a cancellation nor what follows takes a launch back', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = aLaunch();
  fakes.hang('changeRecord', 200);
  const handle = await startLaunch(rig, input);
  await until('it publishes', async () => fakes.calls.includes('changeRecord'));
  await handle.cancel();
  fakes.release('changeRecord');
  expect(await handle.result()).toEqual({ accessKeyId: 'AKIAFAKEFAKEFAKEFAKE' });
  expect(fakes.record()).toMatchObject({ phase: 'running', key: { id: 'AKIAFAKEFAKEFAKEFAKE', state: 'active' } });
});
