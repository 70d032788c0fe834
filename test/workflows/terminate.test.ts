import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import {
  aLaunch,
  failureOf,
  startLaunch,
  startTerminate,
  until,
  untilClosed,
  viewOf,
} from '../support/workspace-runs.ts';

const launched = async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = aLaunch();
  await (await startLaunch(rig, input)).result();
  fakes.calls.length = 0;
  return { fakes, rig, input };
};

test('park ends keys, jobs and proxy, keeps the rest, and may be asked for twice', async () => {
  const { fakes, rig, input } = await launched();
  for (const _ of [1, 2]) {
    const handle = await startTerminate(rig, input, 'park');
    expect(await handle.result()).toEqual({ mode: 'park', residue: [] });
    expect(fakes.record()?.phase).toBe('parked');
  }
  expect(fakes.kinds()).toEqual(expect.arrayContaining(['JobQueue', 'ComputeEnvironment', 'Vpc', 'User', 'Slot']));
  expect(fakes.kinds()).not.toContain('AccessKey');
  expect(fakes.kinds()).not.toContain('Instance');
});

test('one that has changed since somebody looked at it is left alone by what they asked for then', async () => {
  const { fakes, rig, input } = await launched();
  const { updatedAt = '' } = fakes.record() ?? {};
  const earlier = new Date(Date.parse(updatedAt) - 1).toISOString();
  const handle = await startTerminate(rig, input, 'park', { unchangedSince: earlier });
  expect(await handle.result()).toEqual({ mode: 'park', residue: [] });
  expect(fakes.calls).toEqual(['openTermination']);
  expect(fakes.record()?.phase).toBe('running');
  await (await startTerminate(rig, input, 'park', { unchangedSince: updatedAt })).result();
  expect(fakes.record()?.phase).toBe('parked');
});

test('a parked workspace no longer lists its proxy instance, but its security group', async () => {
  const { fakes, rig, input } = await launched();
  fakes.lists('AWS::EC2::Instance', 'i-1');
  fakes.lists('AWS::EC2::SecurityGroup', 'sg-1');
  await (await startTerminate(rig, input, 'park')).result();
  const ids = fakes.record()?.resources.map(({ id }) => id);
  expect(ids).not.toContain('i-1');
  expect(ids).toContain('sg-1');
});

test('the key is refused before the jobs are ended, and the jobs before the proxy goes', async () => {
  const { fakes, rig, input } = await launched();
  await (await startTerminate(rig, input, 'park')).result();
  const order = fakes.calls.filter((name) => /deactivate|awaitJobsEnded|terminateInstance/.test(name));
  expect(order.indexOf('awaitJobsEnded')).toBeLessThan(order.indexOf('terminateInstance'));
  expect(order[0]).toBe('deactivateAccessKeys');
});

test('dispose removes everything in an order that AWS takes, and releases the places', async () => {
  const { fakes, rig, input } = await launched();
  const handle = await startTerminate(rig, input, 'dispose');
  expect(await handle.result()).toEqual({ mode: 'dispose', residue: [] });
  expect(fakes.existing()).toEqual([]);
  expect(fakes.record()).toMatchObject({ phase: 'disposed', resources: [] });
  const at = (name: string) => fakes.calls.indexOf(name);
  expect(at('awaitJobQueueGone')).toBeLessThan(at('disableComputeEnvironment'));
  expect(at('awaitComputeEnvironmentGone')).toBeLessThan(at('deleteLaunchTemplate'));
  expect(at('awaitInstanceTerminated')).toBeLessThan(at('deleteSubnet'));
  expect(at('awaitVpcGone')).toBeLessThan(at('deleteUser'));
  expect(fakes.calls.at(-1)).toBe('changeRecord');
});

test('what can’t be removed is named, the rest is removed, and a second dispose goes on', async () => {
  const { fakes, rig, input } = await launched();
  fakes.failing('deleteUser', 'Denied');
  const failure = await failureOf(await startTerminate(rig, input, 'dispose'));
  expect(failure.type).toBe('CompensationIncomplete');
  // Its policy is detached from whatever it is attached to, and goes all the same.
  expect(fakes.kinds()).toEqual(['User']);
  expect(fakes.record()?.phase).toBe('failed');
  fakes.mend('deleteUser');
  expect(await (await startTerminate(rig, input, 'dispose')).result()).toMatchObject({ residue: [] });
  expect(fakes.record()?.phase).toBe('disposed');
});

test('a dispose that can’t enter its account for a while takes all of it away', async () => {
  const rehearsal = await launched();
  await (await startTerminate(rehearsal.rig, rehearsal.input, 'dispose')).result();
  const { fakes, rig, input } = await launched();
  // Whatever it asks for next, also whether things are gone, is refused once.
  for (const name of rehearsal.fakes.calls) fakes.failing(name, 'Denied', 1);
  expect(await (await startTerminate(rig, input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
  expect(fakes.existing()).toEqual([]);
  expect(fakes.record()).toMatchObject({ phase: 'disposed', leftovers: [], error: null });
});

test('dispose asked for while park runs takes over; park asked for while dispose runs joins it', async () => {
  const { fakes, rig, input } = await launched();
  fakes.hang('awaitJobsEnded');
  const park = await startTerminate(rig, input, 'park');
  await until('the jobs are waited for', () => fakes.calls.includes('awaitJobsEnded'));
  await park.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'operator' }] });
  expect((await viewOf(park)).phase).toBe('disposing');
  fakes.release('awaitJobsEnded');
  await park.executeUpdate('retryNow', { args: [{}] });
  const last = await untilClosed(rig, park.workflowId);
  expect(await last.result()).toEqual({ mode: 'dispose', residue: [] });
  expect((await viewOf(last)).phase).toBe('disposed');
});

test('a workspace that never was is a quiet no-op', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const handle = await startTerminate(rig, aLaunch(), 'dispose');
  expect(await handle.result()).toEqual({ mode: 'dispose', residue: [] });
  expect(fakes.calls).toEqual(['openTermination']);
});

test('dispose asked for in the last moments of a park is not lost', async () => {
  const { fakes, rig, input } = await launched();
  fakes.hang('changeRecord', 200);
  const park = await startTerminate(rig, input, 'park');
  await until('the park is being written down', () => fakes.calls.includes('changeRecord'));
  await park.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'operator' }] });
  fakes.release('changeRecord');
  const last = await untilClosed(rig, park.workflowId);
  expect(await last.result()).toEqual({ mode: 'dispose', residue: [] });
  expect(fakes.existing()).toEqual([]);
});

test('a park that is refused something is mended by a park, not by a disposal', async () => {
  const { fakes, rig, input } = await launched();
  fakes.failing('deactivateAccessKeys', 'Denied');
  expect((await failureOf(await startTerminate(rig, input, 'park'))).type).toBe('CompensationIncomplete');
  expect(fakes.record()).toMatchObject({ phase: 'failed', remedy: 'park' });
  fakes.mend('deactivateAccessKeys');
  expect(await (await startTerminate(rig, input, 'park')).result()).toEqual({ mode: 'park', residue: [] });
  expect(fakes.record()).toMatchObject({ phase: 'parked', remedy: null, leftovers: [] });
  expect(fakes.kinds()).toContain('Vpc');
});

test('a park of which a step fails, and nothing is left, is a park', async () => {
  const { fakes, rig, input } = await launched();
  const { resources = [] } = fakes.record() ?? {};
  fakes.failing('awaitInstanceTerminated', 'Denied');
  expect(await (await startTerminate(rig, input, 'park')).result()).toEqual({ mode: 'park', residue: [] });
  expect(fakes.record()).toMatchObject({ phase: 'parked', error: null, leftovers: [] });
  expect(fakes.record()?.resources.length).toBeGreaterThan(resources.length / 2);
});

test('a relaunch that is parked while AWS tells nothing of what it left is parked, and not gone', async () => {
  const { fakes, rig, input } = await launched();
  const { resources = [] } = fakes.record() ?? {};
  fakes.hang('ensureJobQueue');
  const relaunch = await startLaunch(rig, { ...input, launchId: randomUUID() });
  await until('the queue is made', () => fakes.calls.includes('ensureJobQueue'));
  fakes.failing('findRemainingSubnets', 'Denied');
  await relaunch.executeUpdate('requestTerminate', { args: [{ mode: 'park', requestedBy: 'operator' }] });
  fakes.release('ensureJobQueue');
  const last = await untilClosed(rig, relaunch.workflowId);
  expect(await last.result()).toEqual({ mode: 'park', residue: [] });
  expect(fakes.record()).toMatchObject({ phase: 'parked', unfinished: [expect.any(String)] });
  expect(fakes.record()?.resources.map(({ id }) => id)).toEqual(
    expect.arrayContaining(resources.filter(({ type }) => type === 'AWS::EC2::VPC').map(({ id }) => id)),
  );
  // What the relaunch may have left is asked about by whatever comes next.
  fakes.mend('findRemainingSubnets');
  await (await startTerminate(rig, input, 'park')).result();
  expect(fakes.record()).toMatchObject({ phase: 'parked', unfinished: [] });
});

test('a first launch that is parked while AWS tells nothing of what it left is not gone', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = aLaunch();
  fakes.hang('ensureJobQueue');
  const launch = await startLaunch(rig, input);
  await until('the queue is made', () => fakes.calls.includes('ensureJobQueue'));
  fakes.failing('findRemainingSubnets', 'Denied');
  await launch.executeUpdate('requestTerminate', { args: [{ mode: 'park', requestedBy: 'operator' }] });
  fakes.release('ensureJobQueue');
  await (await untilClosed(rig, launch.workflowId)).result();
  expect(fakes.record()).toMatchObject({ phase: 'parked', unfinished: [input.launchId] });
  // Once AWS tells, it is seen that nothing is there.
  fakes.mend('findRemainingSubnets');
  await (await startTerminate(rig, input, 'park')).result();
  expect(fakes.existing()).toEqual([]);
  expect(fakes.record()).toMatchObject({ phase: 'disposed', unfinished: [], resources: [] });
});

test('the leftovers of a failed relaunch are swept, and the workspace that was there stays', async () => {
  const { fakes, rig, input } = await launched();
  const before = fakes.existing();
  const again = { ...input, launchId: 'second' };
  fakes.failing('changeRecord', 'Denied', 1);
  fakes.failing('deleteAccessKey', 'Denied');
  const failure = await failureOf(await startLaunch(rig, again));
  expect(failure.type).toBe('CompensationIncomplete');
  expect(fakes.record()).toMatchObject({ phase: 'failed', phaseBefore: 'running' });
  fakes.mend('deleteAccessKey');
  const sweep = await startTerminate(rig, again, 'sweep');
  expect(await sweep.result()).toEqual({ mode: 'sweep', residue: [] });
  expect(fakes.record()).toMatchObject({ phase: 'running', leftovers: [] });
  expect(before.length).toBeGreaterThan(10);
});

/** A call of each step of a park, and what is left when it is refused. */
const REFUSED_PARKS = [
  ['deactivateAccessKeys', 'AWS::IAM::AccessKey'],
  ['deleteAccessKey', 'AWS::IAM::AccessKey'],
  ['terminateJobs', 'AWS::Batch::JobQueue'],
  ['terminateInstance', 'AWS::EC2::Instance'],
  ['drainComputeEnvironment', 'AWS::Batch::ComputeEnvironment'],
] as const;

test.each(REFUSED_PARKS)('a park that is refused %s names what an operator must look at', async (activity, type) => {
  for (const looks of ['AWS tells', 'AWS can’t be asked']) {
    const { fakes, rig, input } = await launched();
    fakes.failing(activity, 'Denied');
    if (looks !== 'AWS tells') fakes.failing('findRemaining', 'Denied');
    await (await startTerminate(rig, input, 'park')).result().catch(() => undefined);
    const { leftovers = [] } = fakes.record() ?? {};
    expect(leftovers.map((one) => one.type)).toContain(type);
    for (const { id, name } of leftovers) expect(id ?? name, looks).toEqual(expect.stringMatching(/./));
  }
});

test('a removal that is cancelled records who did so, though that is known later than what it left', async () => {
  const { fakes, rig, input } = await launched();
  fakes.hang('deleteJobQueue');
  const handle = await startTerminate(rig, input, 'dispose');
  await until('it waits', () => fakes.calls.includes('deleteJobQueue'));
  fakes.answer('observeIdentity', 'olga@example.org');
  const look = fakes.catch('identity/observeIdentity');
  await handle.cancel();
  await look.met;
  for (const _ of [1, 2, 3]) await viewOf(handle);
  // Nothing is written, nor looked for to be written, before that is known.
  expect(fakes.calls.filter((call) => /^(changeRecord|findRemaining)/.test(call))).toEqual([]);
  look.end();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(fakes.record()).toMatchObject({
    operation: null,
    interventions: [{ what: 'cancel', by: 'temporal:olga@example.org' }],
  });
});
