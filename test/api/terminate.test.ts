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

describe('only if it has not changed since its caller looked', () => {
  const AT = '2026-11-21T12:00:00.000Z';
  const LATER = '2026-11-21T12:30:00.000Z';
  const park = (rig: ReturnType<typeof apiRig>, unchangedSince: string) =>
    rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice', unchangedSince });
  const seen = async (rig: ReturnType<typeof apiRig>): Promise<string> => {
    const { body } = await rig.call('hatchery', 'GET', '/hatchery/expected');
    return (body as { items: { updatedAt: string }[] }).items[0]?.updatedAt ?? '';
  };
  const rigAt = () => {
    const clock = { now: Date.parse(AT) };
    return { clock, rig: apiRig({ now: () => clock.now }) };
  };
  const claim = (rig: ReturnType<typeof apiRig>) =>
    rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`);

  test('what is as it was listed is parked, and the termination is told to look once more', async () => {
    const { rig, clock } = rigAt();
    await rig.launched('alice');
    clock.now = Date.parse(LATER);
    await claim(rig);
    // A claim counts as a change, so it shows as one.
    expect(await seen(rig)).toBe(LATER);
    expect((await park(rig, LATER)).status).toBe(202);
    expect(rig.workflows.started.at(-1)?.input).toMatchObject({ mode: 'park', unchangedSince: LATER });
  });

  test.each([
    [
      'the user has launched anew, and the launch has not come to the record yet',
      async (rig: ReturnType<typeof apiRig>) => {
        await launching(rig);
      },
    ],
    [
      'the user has launched anew, and that is done',
      async (rig: ReturnType<typeof apiRig>) => {
        await launching(rig);
        await rig.finish('alice');
      },
    ],
    ['the user was handed the key that nobody had asked for', claim],
  ])('%s: 412, and nothing is asked of it', async (_, meanwhile) => {
    const { rig, clock } = rigAt();
    await rig.launched('alice');
    if (meanwhile !== claim) await claim(rig);
    const listed = await seen(rig);
    clock.now = Date.parse(LATER);
    await meanwhile(rig);
    const { length } = rig.workflows.started;
    for (const answer of [
      await park(rig, listed),
      await rig.call('operator', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, {
        mode: 'dispose',
        unchangedSince: listed,
      }),
    ]) {
      expect(answer).toMatchObject({ status: 412, body: { code: 'PreconditionFailed' } });
    }
    expect(rig.workflows.started).toHaveLength(length);
    expect(rig.workflows.terminateRequests).toEqual([]);
    // Control: without the condition it is terminated.
    expect((await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' })).status).toBe(202);
  });

  test('a launch that begins between the look and the start is left alone', async () => {
    const { rig } = rigAt();
    await rig.launched('alice');
    await claim(rig);
    const listed = await seen(rig);
    const { start } = rig.workflows;
    rig.workflows.start = async (operation) => {
      if (operation.type === 'terminateWorkspace') await launching(rig);
      return start(operation);
    };
    expect((await park(rig, listed)).status).toBe(412);
    expect(rig.workflows.terminateRequests).toEqual([]);
    expect(rig.workflows.current(ENVIRONMENT, 'alice').run).toMatchObject({ type: 'launchWorkspace', running: true });
  });

  test('one that is parked already needs nothing, whenever that was', async () => {
    const { rig } = rigAt();
    await rig.launched('alice', { phase: 'parked', key: null });
    expect((await park(rig, '2026-01-01T00:00:00.000Z')).status).toBe(202);
    expect(rig.workflows.started).toHaveLength(1);
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
