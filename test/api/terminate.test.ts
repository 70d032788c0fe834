import { describe, expect, test } from 'vitest';
import { apiRig, ENVIRONMENT, idOf } from './rig.ts';

const terminate = (rig: ReturnType<typeof apiRig>, mode: string, user = 'alice') =>
  rig.call('operator', 'POST', `/v1/workspaces/${idOf(user)}/terminate`, { mode });

const launching = (rig: ReturnType<typeof apiRig>) =>
  rig.call('hatchery', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' });

describe('happy', () => {
  test.each([
    ['park', 'parking'],
    ['dispose', 'disposing'],
  ])('%s starts the termination', async (mode, phase) => {
    const rig = apiRig();
    await rig.launched('alice');
    const answer = await terminate(rig, mode);
    expect(answer).toMatchObject({ status: 202, body: { phase, operation: { type: 'terminateWorkspace' } } });
    expect(rig.workflows.started.at(-1)).toMatchObject({
      input: {
        subject: { kind: 'workspace', environment: ENVIRONMENT, name: 'alice' },
        mode,
        requestedBy: 'operator:olga',
      },
      run: { memo: { user: 'alice', account: '111122223333', region: 'us-east-1' } },
    });
  });

  test('during a launch the launch is asked to unwind; nothing else is started', async () => {
    const rig = apiRig();
    await launching(rig);
    expect((await terminate(rig, 'dispose')).status).toBe(202);
    expect(rig.workflows.started).toHaveLength(1);
    expect(rig.workflows.terminateRequests).toEqual([
      { workflowId: 'workspace/localhost/alice', mode: 'dispose', requestedBy: 'operator:olga' },
    ]);
  });

  test('during a termination the wish goes to it: dispose upgrades park, park joins dispose', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await terminate(rig, 'park');
    await terminate(rig, 'dispose');
    await terminate(rig, 'park');
    expect(rig.workflows.started).toHaveLength(2);
    expect(rig.workflows.terminateRequests.map(({ mode }) => mode)).toEqual(['dispose', 'park']);
  });

  test('a launch that ends just then is terminated all the same', async () => {
    const rig = apiRig();
    await launching(rig);
    rig.workflows.requestTerminate = async () => {
      await rig.finish('alice');
      return false;
    };
    expect((await terminate(rig, 'park')).status).toBe(202);
    expect(rig.workflows.started.at(-1)).toMatchObject({
      input: { mode: 'park' },
      run: { type: 'terminateWorkspace' },
    });
  });

  test.each([
    ['parked', 'park'],
    ['disposed', 'park'],
    ['disposed', 'dispose'],
  ] as const)('a %s workspace: %s is accepted and does nothing', async (phase, mode) => {
    const rig = apiRig();
    await rig.launched('alice', { phase, key: null });
    expect(await terminate(rig, mode)).toMatchObject({ status: 202, body: { phase } });
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('a parked workspace can be disposed of, and one with leftovers is tried again', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'parked', key: null });
    await terminate(rig, 'dispose');
    expect(rig.workflows.started).toHaveLength(2);

    const left = apiRig();
    const leftovers = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'Denied' }];
    await left.launched('alice', { phase: 'parked', leftovers });
    await terminate(left, 'park');
    expect(left.workflows.started).toHaveLength(2);
  });
});

describe('error', () => {
  test('an unknown workspace is 404 and starts nothing', async () => {
    const rig = apiRig();
    expect((await terminate(rig, 'park')).status).toBe(404);
    expect(rig.workflows.started).toEqual([]);
  });

  test.each([[{}], [{ mode: 'destroy' }], [{ mode: 'park', force: true }]])('%j is 422', async (body) => {
    const rig = apiRig();
    await rig.launched('alice');
    const answer = await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, body);
    expect(answer.status).toBe(422);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('no worker that takes the wish: 503, so that the caller asks again', async () => {
    const rig = apiRig();
    await launching(rig);
    const { fail } = await import('#domain/core/failures.ts');
    rig.workflows.requestTerminate = async () => {
      throw fail('Unavailable', 'no worker answered in time; try again');
    };
    expect(await terminate(rig, 'park')).toMatchObject({
      status: 503,
      body: { detail: 'no worker answered in time; try again' },
    });
    expect(rig.workflows.current(ENVIRONMENT, 'alice').run.running).toBe(true);
  });
});
