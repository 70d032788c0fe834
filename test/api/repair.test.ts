import { describe, expect, test } from 'vitest';
import { apiRig, ENVIRONMENT, idOf, viewOf } from './rig.ts';

const retry = (rig: ReturnType<typeof apiRig>, body?: object) =>
  rig.call('operator', 'POST', `/v1/workspaces/${idOf('alice')}/retry`, body);

const abandon = (rig: ReturnType<typeof apiRig>, body: object) =>
  rig.call('operator', 'POST', `/v1/workspaces/${idOf('alice')}/abandon-step`, body);

const launching = async () => {
  const rig = apiRig();
  await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
  rig.workflows.change(ENVIRONMENT, 'alice', { waiting: ['network'] });
  return rig;
};

describe('retry', () => {
  test('makes what waits run at once: all of it, or one step', async () => {
    const rig = await launching();
    expect((await retry(rig, {})).status).toBe(202);
    expect((await retry(rig, { step: 'network' })).status).toBe(202);
    expect((await retry(rig)).status).toBe(202);
    expect(rig.workflows.retried).toEqual([undefined, 'network', undefined]);
  });

  test('is 409 when nothing is waiting', async () => {
    const rig = await launching();
    rig.workflows.change(ENVIRONMENT, 'alice', { waiting: [] });
    expect(await retry(rig, {})).toMatchObject({
      status: 409,
      body: { code: 'NothingWaiting', operation: { type: 'launchWorkspace', runId: 'run-1' } },
    });

    const idle = apiRig();
    await idle.launched('alice');
    expect(await retry(idle, {})).toMatchObject({ status: 409, body: { code: 'NothingWaiting', operation: null } });
    expect(idle.workflows.started).toHaveLength(1);
  });

  test('removes the leftovers of a failed launch', async () => {
    const rig = apiRig();
    const leftovers = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'Denied' }];
    await rig.launched('alice', { phase: 'failed', key: null, leftovers });
    expect((await retry(rig, {})).status).toBe(202);
    expect(rig.workflows.started.at(-1)?.run.type).toBe('terminateWorkspace');
  });

  test.each([
    ['a launch', { phaseBefore: null }, 'dispose'],
    ['a relaunch, and the workspace stays', { phaseBefore: 'running' }, 'sweep'],
    ['a rotation, and the workspace runs on', { phase: 'running', phaseBefore: 'running' }, 'sweep'],
    ['a park, and no more than a park takes', { remedy: 'park' }, 'park'],
    ['a disposal', { remedy: 'dispose' }, 'dispose'],
  ] as const)('goes on with what failed: %s', async (_what, change, mode) => {
    const rig = apiRig();
    const leftovers = [{ type: 'AWS::IAM::AccessKey', id: null, name: null, reason: 'Denied' }];
    await rig.launched('alice', { phase: 'failed', key: null, leftovers, ...change });
    expect((await retry(rig, {})).status).toBe(202);
    expect(rig.workflows.started.at(-1)?.input).toMatchObject({ mode });
  });
});

describe('retry of what ended half-way', () => {
  test.each([
    ['a park that was cancelled', { phase: 'failed', remedy: 'park' }, 'park'],
    ['a disposal that was cancelled', { phase: 'failed', remedy: 'dispose' }, 'dispose'],
    ['a park that ended without a word', { phase: 'parking', phaseBefore: 'running' }, 'park'],
    ['a disposal that ended without a word', { phase: 'disposing', phaseBefore: 'running' }, 'dispose'],
    ['a relaunch that ended without a word', { phase: 'launching', phaseBefore: 'parked' }, 'sweep'],
    ['a first launch that ended without a word', { phase: 'launching', phaseBefore: null }, 'dispose'],
  ] as const)('goes on with %s, leftovers or not', async (_what, change, mode) => {
    const rig = apiRig();
    const { operation } = viewOf(
      await rig.call('hatchery', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' }),
    );
    await rig.finish('alice', { key: null, ...change, operation: change.phase === 'failed' ? null : operation });
    rig.workflows.close(ENVIRONMENT, 'alice', 'TERMINATED');
    expect((await retry(rig, {})).status).toBe(202);
    expect(rig.workflows.started.at(-1)?.input).toMatchObject({ mode });
  });
});

describe('abandon-step', () => {
  test('hands step and reason on', async () => {
    const rig = await launching();
    expect((await abandon(rig, { step: 'network', reason: 'the account is closed' })).status).toBe(202);
    expect(rig.workflows.abandoned).toEqual([{ step: 'network', reason: 'the account is closed' }]);
  });

  test.each([{ step: 'network' }, { step: 'network', reason: '' }, { reason: 'r' }])('%j is 422', async (body) => {
    expect((await abandon(await launching(), body)).status).toBe(422);
  });

  test('is 409 for a step that is not in progress, and when nothing runs', async () => {
    const nothing = { status: 409, body: { code: 'NothingWaiting' } };
    expect(await abandon(await launching(), { step: 'squid', reason: 'r' })).toMatchObject(nothing);
    const idle = apiRig();
    await idle.launched('alice');
    expect(await abandon(idle, { step: 'network', reason: 'r' })).toMatchObject(nothing);
  });
});
