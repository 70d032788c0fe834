/** What an operator was promised holds, however the attempt ends that is under way when the exit is pressed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import { DIRECTIONS, fakesByWorkflow, goes, letGo, play } from '../support/exit-stories.ts';
import { openRig } from '../support/workflow-rig.ts';
import { failureOf, startTerminate, TIMING, until } from '../support/workspace-runs.ts';

const { activities, fakesFor } = fakesByWorkflow();
let rig: Awaited<ReturnType<typeof openRig>>;
beforeAll(async () => {
  rig = await openRig(activities);
});
afterAll(async () => {
  letGo();
  await rig.close();
});

/** One call of each direction; the long tier plays all of them. */
const CALLS = {
  launch: 'network/ensureSubnet',
  unwind: 'compute-environment/deleteComputeEnvironment',
  park: 'squid/terminateInstance',
  dispose: 'job-queue/awaitJobsEnded',
} as const;

describe.each(DIRECTIONS)('%s', (direction) => {
  const call = CALLS[direction];
  test.concurrent.for(['is refused', 'dies'] as const)('retried while its attempt %s, it goes on', (end) =>
    play(rig, fakesFor, { direction, call, exit: 'retry', end }),
  );
  test.concurrent.for(['succeeds', 'is throttled'] as const)('given up while its attempt %s, it stays so', (end) =>
    play(rig, fakesFor, { direction, call, exit: 'abandon', end }),
  );
});

test('a last call that succeeds does not save a step that was given up', () =>
  play(rig, fakesFor, { direction: 'launch', call: 'job-queue/awaitJobQueueValid', exit: 'abandon', end: 'succeeds' }));

test('publish is one write: it can be retried, but nobody is told that it is given up', async () => {
  const { fakes, start } = await goes(rig, 'launch', fakesFor);
  const caught = fakes.catch('publish/changeRecord');
  const handle = await start();
  await caught.met;
  const asked = handle.executeUpdate('abandonStep', { args: [{ step: 'publish', reason: 'no use' }] });
  await expect(asked).rejects.toMatchObject({ cause: { type: 'NotAbandonable' } });
  caught.end();
  await handle.result();
  expect(fakes.record()?.phase).toBe('running');
});

test('a removal that AWS refuses is asked again at once when it is retried, and its time begins anew', async () => {
  const { input, fakes } = await goes(rig, 'dispose', fakesFor);
  // The pause between two tries is longer than any test: only an operator ends it.
  const timing = { ...TIMING, undoGiveUpMs: 3_600_000 };
  fakes.failing('deleteUser', 'Denied');
  const handle = await startTerminate(rig, { ...input, timing }, 'dispose');
  await until('it was refused', () => fakes.calls.includes('deleteUser'));
  const refusals = () => fakes.calls.filter((name) => name === 'deleteUser').length;
  for (const nth of [2, 3]) {
    await until('the retry is taken', () =>
      handle.executeUpdate('retryNow', { args: [{ step: 'client-user' }] }).then(
        () => true,
        () => false,
      ),
    );
    await until('it is asked again', () => refusals() >= nth);
  }
  fakes.mend('deleteUser');
  await handle.executeUpdate('retryNow', { args: [{}] }).catch(() => undefined);
  await until('it ended', async () => {
    await handle.executeUpdate('retryNow', { args: [{}] }).catch(() => undefined);
    return (await handle.describe()).status.name === 'COMPLETED';
  });
  expect(fakes.existing()).toEqual([]);
});

test('what is being unwound is not retried', async () => {
  const { fakes, start } = await goes(rig, 'launch', fakesFor);
  const caught = fakes.catch('network/ensureVpc');
  const handle = await start();
  await caught.met;
  await handle.cancel();
  await until('the cancellation has arrived', async () => {
    const asked = handle.executeUpdate('retryNow', { args: [{ step: 'network' }] });
    return await asked.then(
      () => false,
      () => true,
    );
  });
  caught.end(async () => {
    throw fail('Throttled', 'too late');
  });
  expect((await failureOf(handle)).constructor.name).toBe('CancelledFailure');
  expect(fakes.existing()).toEqual([]);
});
