/** What an operator is told of an operation that goes wrong, with the real looks at Temporal's server and AWS left out. */
import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { observeOperationActivities } from '#activities/temporal/observe.ts';
import type { Pressed } from '#domain/core/pressed.ts';
import { createFakes } from '../support/fake-activities.ts';
import { type Rig, workflowRig } from '../support/workflow-rig.ts';
import {
  aLaunch,
  failureOf,
  startLaunch,
  startTerminate,
  until,
  untilClosed,
  viewOf,
} from '../support/workspace-runs.ts';

/** Fakes, but for what the workflow asks its own server. */
const open = async () => {
  const fakes = createFakes();
  let rig: Rig | undefined;
  const own = () => observeOperationActivities({ temporal: rig?.client } as never);
  const activities = {
    ...fakes.activities,
    observePendingAnswers: () => own().observePendingAnswers(),
    observeIdentity: (pressed: Pressed) => own().observeIdentity(pressed),
  };
  rig = await workflowRig(activities as never);
  return { fakes, rig };
};

/** Late as soon as begun. */
const hurried = () => {
  const input = aLaunch();
  return { ...input, timing: { ...input.timing, expectedScale: 1e-6 } };
};

const marksOf = async (handle: WorkflowHandle) => {
  const { searchAttributes } = await handle.describe();
  const [code] = searchAttributes.EyrieErrorCode ?? [];
  const [unwinding] = searchAttributes.EyrieUnwindingSince ?? [];
  return { code: code ?? null, isUnwinding: unwinding !== undefined };
};

const detailsOf = async (handle: WorkflowHandle): Promise<string> =>
  ((await handle.query('__temporal_workflow_metadata')) as { currentDetails?: string }).currentDetails ?? '';

test('what is stuck tells its last answer, when it gives up, and is found by its code', async () => {
  const { fakes, rig } = await open();
  fakes.failing('ensureJobQueue', 'Throttled');
  const handle = await startLaunch(rig, hurried());
  await until('the answer is known', async () => (await viewOf(handle)).stuck?.code === 'Throttled');
  const { stuck } = await viewOf(handle);
  expect(stuck).toMatchObject({ step: 'job-queue', reason: 'ensureJobQueue was told to fail' });
  expect(stuck?.exits).toEqual(['retry', 'abandon-step', 'terminate']);
  expect(Date.parse(stuck?.givesUpAt ?? '') - Date.now()).toBeGreaterThan(10 * 60_000);
  await until('it is found by it', async () => (await marksOf(handle)).code === 'Throttled');
  expect(await detailsOf(handle)).toMatch(/Last answer.*`Throttled`: ensureJobQueue was told to fail/);

  fakes.mend('ensureJobQueue');
  await handle.executeUpdate('retryNow', { args: [{ step: 'job-queue', requestedBy: 'operator:olivia' }] });
  await handle.result();
  expect((await viewOf(handle)).interventions).toMatchObject([
    { what: 'retry', step: 'job-queue', by: 'operator:olivia' },
  ]);
  await until('no code is left', async () => (await marksOf(handle)).code === null);
  expect(fakes.record()?.interventions).toMatchObject([{ what: 'retry', by: 'operator:olivia' }]);
});

test('while it unwinds it says what failed first; the termination that follows says nothing of it', async () => {
  const { fakes, rig } = await open();
  fakes.failing('ensureJobQueue', 'Denied');
  const caught = fakes.catch('compute-environment/deleteComputeEnvironment');
  const handle = await startLaunch(rig);
  await caught.met;
  const view = await viewOf(handle);
  expect(view).toMatchObject({ phase: 'launching', error: { code: 'Denied', step: 'job-queue' } });
  expect(view.unwindingSince).not.toBeNull();
  await until('it is found', async () => (await marksOf(handle)).isUnwinding);
  expect(await marksOf(handle)).toEqual({ code: 'Denied', isUnwinding: true });
  expect(await detailsOf(handle)).toMatch(
    /takes back what was made[\s\S]*It began with\*\*: `job-queue` failed with `Denied`/,
  );

  await handle.executeUpdate('retryNow', { args: [{ requestedBy: 'operator:omar' }] });
  await handle.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'operator:olivia' }] });
  caught.end();
  const last = await untilClosed(rig, handle.workflowId, 'terminateWorkspace');
  await last.result();
  await until('it is no longer found', async () => !(await marksOf(last)).isUnwinding);
  expect(await marksOf(last)).toEqual({ code: null, isUnwinding: false });
  const asked = [
    { what: 'retry', by: 'operator:omar' },
    { what: 'terminate', reason: 'dispose', by: 'operator:olivia' },
  ];
  expect((await viewOf(last)).interventions).toMatchObject(asked);
  expect(fakes.record()?.interventions).toMatchObject(asked);
});

test('who presses without a name is known by the identity in the history, also who cancels', async () => {
  const { fakes, rig } = await open();
  fakes.hang('awaitInstanceReady');
  const handle = await startLaunch(rig);
  await until('squid waits', () => fakes.calls.includes('awaitInstanceReady'));
  await handle.executeUpdate('abandonStep', { args: [{ step: 'squid', reason: 'wrong image' }] });
  await failureOf(handle);
  const by = async () => (await viewOf(handle)).interventions.map(({ what, by: who }) => [what, who]);
  expect(await by()).toEqual([['abandon-step', expect.stringMatching(/^temporal:\d+@/)]]);

  const other = await startLaunch(rig);
  await until('squid waits again', () => fakes.calls.filter((name) => name === 'awaitInstanceReady').length > 1);
  await other.cancel();
  await failureOf(other);
  expect((await viewOf(other)).interventions).toMatchObject([{ what: 'cancel' }]);
});

test('two people who press at the same moment are both known', async () => {
  const { fakes, rig } = await open();
  fakes.hang('awaitInstanceReady');
  const handle = await startLaunch(rig);
  await until('squid waits', () => fakes.calls.includes('awaitInstanceReady'));
  const press = () => handle.executeUpdate('retryNow', { args: [{ step: 'squid' }] }).catch(() => undefined);
  await Promise.all([press(), press(), press()]);
  await until('all are known', async () => (await viewOf(handle)).interventions.every(({ by }) => by !== null));
  fakes.release('awaitInstanceReady');
  await handle.executeUpdate('retryNow', { args: [{}] }).catch(() => undefined);
  await handle.result();
});

test('what is parked is not called undone', async () => {
  const { rig } = await open();
  const input = aLaunch();
  await (await startLaunch(rig, input)).result();
  const park = await startTerminate(rig, input, 'park');
  await park.result();
  const states = new Set((await viewOf(park)).steps.map(({ state }) => state));
  expect(states).toContain('parked');
  expect(states).not.toContain('undone');
});
