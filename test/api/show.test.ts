import { describe, expect, test } from 'vitest';
import { computeRules } from '#api/compute/kind.ts';
import { forReader } from '#api/subjects/enrich.ts';
import { launchOf } from '#api/workspaces/kind.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { PendingCall } from '#temporal/pending.ts';
import { apiRig, ENVIRONMENT, idOf, viewOf } from './rig.ts';

const show = (rig: ReturnType<typeof apiRig>, user = 'alice') =>
  rig.call('operator', 'GET', `/v1/workspaces/${idOf(user)}`);

const launching = async (rig: ReturnType<typeof apiRig>): Promise<WorkspaceView> =>
  viewOf(await rig.call('hatchery', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' }));

const aStep = (name: string, changes: object = {}) => ({
  name,
  state: 'running' as const,
  attempt: 1,
  since: '2026-11-21T12:00:00.000Z',
  expectedMs: 120_000,
  waitingFor: null,
  lastError: null,
  ...changes,
});

const aCall = (changes: Partial<PendingCall> = {}): PendingCall => ({
  step: 'network',
  activity: 'ensureVpc',
  attempt: 4,
  since: '2026-11-21T12:00:00.000Z',
  lastError: { code: 'Throttled', message: 'ec2:CreateVpc: rate exceeded', at: '2026-11-21T12:01:00.000Z' },
  ...changes,
});

describe('while a workflow runs', () => {
  test('attempts and last errors come from Temporal, the rest from the workflow', async () => {
    const rig = apiRig();
    const view = await launching(rig);
    const steps = [aStep('network'), aStep('squid', { state: 'pending', attempt: 0 })];
    rig.workflows.change(ENVIRONMENT, 'alice', {
      view: {
        ...view,
        steps,
        stuck: {
          ...{ step: 'network', since: '2026-11-21T12:00:30.000Z', code: null, reason: null, hint: 'h' },
          ...{ givesUpAt: null, exits: ['retry', 'abandon-step', 'terminate'] },
        },
      },
      pending: [aCall()],
    });
    expect(viewOf(await show(rig))).toMatchObject({
      steps: [
        {
          name: 'network',
          state: 'waiting',
          attempt: 4,
          lastError: { code: 'Throttled', message: 'ec2:CreateVpc: rate exceeded' },
        },
        { name: 'squid', state: 'pending', attempt: 0, lastError: null },
      ],
      stuck: { step: 'network', code: 'Throttled', reason: 'ec2:CreateVpc: rate exceeded' },
    });
  });

  test('"not yet" is what a step waits for, not its error', async () => {
    const rig = apiRig();
    const view = await launching(rig);
    rig.workflows.change(ENVIRONMENT, 'alice', {
      view: { ...view, steps: [aStep('network')] },
      pending: [aCall({ lastError: { code: 'NotYet', message: 'vpc-1 is pending', at: '2026-11-21T12:01:00.000Z' } })],
    });
    expect(viewOf(await show(rig)).steps).toMatchObject([
      { state: 'waiting', waitingFor: 'vpc-1 is pending', lastError: null },
    ]);
  });

  test('an undo stays an undo while it waits', async () => {
    const rig = apiRig();
    const view = await launching(rig);
    rig.workflows.change(ENVIRONMENT, 'alice', {
      view: { ...view, steps: [aStep('network', { state: 'undoing' })] },
      pending: [aCall()],
    });
    expect(viewOf(await show(rig)).steps).toMatchObject([{ state: 'undoing', attempt: 4 }]);
  });

  test('no worker answers: Temporal alone says whose it is, what runs and in which phase', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'park' });
    expect(viewOf(await show(rig))).toMatchObject({
      user: 'alice',
      phase: 'parking',
      operation: { type: 'terminateWorkspace', requestedBy: 'user:alice' },
      error: null,
    });

    rig.workflows.change(ENVIRONMENT, 'alice', { pending: [aCall({ step: 'squid' })] });
    expect(viewOf(await show(rig)).steps).toMatchObject([
      { name: 'squid', state: 'waiting', attempt: 4, lastError: { code: 'Throttled' } },
    ]);
  });

  test('no worker answers: that something is being taken back is told all the same', async () => {
    const rig = apiRig();
    await launching(rig);
    const unwindingSince = '2026-11-21T12:00:00.000Z';
    rig.workflows.change(ENVIRONMENT, 'alice', { unwindingSince });
    expect(viewOf(await show(rig))).toMatchObject({ phase: 'launching', unwindingSince, error: null });
  });
});

describe('what is stuck', () => {
  const aStuck = (changes: Partial<NonNullable<WorkspaceView['stuck']>> = {}) => ({
    ...{ step: 'network', since: '2026-11-21T12:00:30.000Z', code: null, reason: null, hint: 'h' },
    ...{ givesUpAt: null, exits: ['retry', 'abandon-step', 'terminate'] as const, ...changes },
  });
  const seenBy = async (caller: 'operator' | 'alice', owner: string) => {
    const rig = apiRig();
    const view = viewOf(await rig.call('hatchery', 'POST', '/v1/workspaces', { user: owner, profile: 'nextflow' }));
    const changes = { view: { ...view, steps: [aStep('network')], stuck: aStuck() }, pending: [aCall()] };
    rig.workflows.change(ENVIRONMENT, owner, changes);
    return viewOf(await rig.call(caller, 'GET', `/v1/workspaces/${idOf(owner)}`)).stuck;
  };

  test('tells everybody the exits that are theirs, and what fits the last answer', async () => {
    expect(await seenBy('operator', 'alice')).toMatchObject({
      exits: ['retry', 'abandon-step', 'terminate'],
      hint: expect.stringContaining('AWS asks for fewer calls'),
    });
    const own = await seenBy('alice', 'alice');
    expect(own).toMatchObject({ code: 'Throttled', exits: ['terminate'] });
    expect(own?.hint).not.toContain('retry');
  });

  test('of compute environments, its service client is told of all: they go by one right', () => {
    const view = { steps: [aStep('network')], stuck: aStuck() } as never;
    const client = { kind: 'service', name: 'platform', only: 'compute' } as const;
    const rules = computeRules({ timing: DEFAULT_TIMING, drainMinutes: 1 } as never);
    expect(
      forReader(view, { kind: 'compute-environment', environment: 'h', name: 'x' }, rules.exits, client),
    ).toMatchObject({
      stuck: { exits: ['retry', 'abandon-step', 'terminate'] },
    });
  });

  test('without a worker nobody watches: that is what is told, and no exit that needs one', async () => {
    const rig = apiRig();
    await launching(rig);
    expect(viewOf(await show(rig)).stuck).toBeNull();
    rig.workflows.change(ENVIRONMENT, 'alice', { pending: [aCall()] });
    expect(viewOf(await show(rig)).stuck).toMatchObject({
      ...{ step: 'network', since: '2026-11-21T12:00:00.000Z', code: null, exits: [] },
      reason: 'no worker answers; last answer: ec2:CreateVpc: rate exceeded',
    });
  });
});

describe('when nothing runs', () => {
  test('the record says it all', async () => {
    const rig = apiRig();
    const record = await rig.launched('alice', {
      resources: [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: 'n', origin: 'created', step: 'network' }],
    });
    expect(viewOf(await show(rig))).toEqual({
      id: idOf('alice'),
      user: 'alice',
      environment: 'localhost',
      account: '111122223333',
      region: 'us-east-1',
      profile: 'nextflow',
      phase: 'running',
      operation: null,
      steps: [],
      resources: record.resources,
      credential: {
        state: 'claimable',
        accessKeyId: record.key?.id,
        createdAt: record.key?.createdAt,
        claimedAt: null,
      },
      disposalDueAt: null,
      health: null,
      stuck: null,
      error: null,
      unwindingSince: null,
      interventions: [],
      leftovers: [],
      createdAt: record.createdAt,
      updatedAt: record.updatedAt,
    });
  });

  test('it says who pressed what during the last operation; of before that was kept, nothing', async () => {
    const rig = apiRig();
    const pressed = { what: 'retry', step: 'squid', reason: null, by: 'operator:olga', at: '2026-11-21T12:00:00.000Z' };
    const { expectedMs: _, ...step } = aStep('squid');
    await rig.launched('alice', { interventions: [pressed as never], steps: [step as never] });
    expect(viewOf(await show(rig))).toMatchObject({ interventions: [pressed], steps: [{ expectedMs: null }] });
    await rig.rewrite('alice', { interventions: undefined } as never);
    expect(viewOf(await show(rig)).interventions).toEqual([]);
  });

  test('a credential is claimed once it was claimed, and none when parked', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`);
    expect(viewOf(await show(rig)).credential).toMatchObject({ state: 'claimed', claimedAt: expect.any(String) });

    const parked = apiRig();
    await parked.launched('alice', { phase: 'parked' });
    expect(viewOf(await show(parked)).credential).toMatchObject({ state: 'none', accessKeyId: null });
  });

  test.each(['TERMINATED', 'TIMED_OUT', 'FAILED'])(
    'a run that was ended from outside (%s) is failed, with what to do',
    async (status) => {
      const rig = apiRig();
      const view = await launching(rig);
      await rig.finish('alice', { phase: 'launching', operation: view.operation, key: null });
      rig.workflows.close(ENVIRONMENT, 'alice', status);
      const shown = viewOf(await show(rig));
      expect(shown).toMatchObject({ phase: 'failed', operation: null, error: { code: 'Unknown', step: null } });
      expect(shown.error?.detail).toContain(status);
      expect(shown.error?.detail).toContain('dispose');

      // It can be launched again, and terminated.
      expect(
        (await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'dispose' })).status,
      ).toBe(202);
      expect(rig.workflows.started.at(-1)?.run.type).toBe('terminateWorkspace');
    },
  );

  test('a run that ended before it had a record is shown as failed, not as missing', async () => {
    const rig = apiRig();
    await launching(rig);
    rig.workflows.close(ENVIRONMENT, 'alice', 'TERMINATED');
    expect(viewOf(await show(rig))).toMatchObject({ user: 'alice', phase: 'failed', operation: null });
  });

  const REFUSED = { code: 'Denied', detail: 's3:PutObject: Access Denied', step: null } as const;

  test.each([
    ['launch', 'running', '/v1/workspaces', { user: 'alice', profile: 'other' }],
    ['park', 'running', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'park' }],
    ['dispose', 'parked', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'dispose' }],
  ] as const)(
    'a %s that could not open the record says why; the workspace is %s as before',
    async (_op, phase, path, body) => {
      const rig = apiRig();
      const { operation } = await launching(rig);
      await rig.finish('alice', { phase, heard: operation?.runId ?? '' });
      expect(viewOf(await show(rig))).toMatchObject({ phase, error: null });
      expect((await rig.call('operator', 'POST', path, body)).status).toBe(202);
      rig.workflows.current(ENVIRONMENT, 'alice').failure = { ...REFUSED, leftovers: [] };
      rig.workflows.close(ENVIRONMENT, 'alice', 'FAILED');
      expect(viewOf(await show(rig))).toMatchObject({ phase, operation: null, error: REFUSED });

      // Ended from outside at that moment: nothing was changed either.
      rig.workflows.close(ENVIRONMENT, 'alice', 'TERMINATED');
      expect(viewOf(await show(rig))).toMatchObject({ phase, operation: null, error: { code: 'Unknown' } });
    },
  );

  test('a run that could not close the record says what it failed with and what it left', async () => {
    const rig = apiRig();
    const { operation } = await launching(rig);
    await rig.finish('alice', { phase: 'launching', operation, key: null, heard: operation?.runId ?? '' });
    const leftovers = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'Denied' }];
    rig.workflows.current(ENVIRONMENT, 'alice').failure = { ...REFUSED, step: 'job-queue', leftovers };
    rig.workflows.close(ENVIRONMENT, 'alice', 'FAILED');
    expect(viewOf(await show(rig))).toMatchObject({
      phase: 'failed',
      operation: null,
      error: { ...REFUSED, step: 'job-queue' },
      leftovers,
    });
  });

  test('a first launch that could not open its record says why', async () => {
    const rig = apiRig();
    await launching(rig);
    rig.workflows.current(ENVIRONMENT, 'alice').failure = { ...REFUSED, leftovers: [] };
    rig.workflows.close(ENVIRONMENT, 'alice', 'FAILED');
    expect(viewOf(await show(rig))).toMatchObject({ phase: 'failed', operation: null, error: REFUSED });
  });

  test('disposed: shown for 30 days, then 404', async () => {
    let now = Date.now();
    const rig = apiRig({ now: () => now });
    await rig.launched('alice', { phase: 'disposed', disposedAt: new Date(now).toISOString(), key: null });
    expect(viewOf(await show(rig))).toMatchObject({ phase: 'disposed' });
    now += 30 * 24 * 3600_000 + 1;
    expect((await show(rig)).status).toBe(404);
  });
});

test('a run that ends between the two looks is not shown as lost', async () => {
  const rig = apiRig();
  const view = await launching(rig);
  await rig.finish('alice', { phase: 'launching', operation: view.operation, key: null });
  // The record still claims the run; the second launch begins right after the first look.
  rig.workflows.close(ENVIRONMENT, 'alice', 'COMPLETED');
  rig.workflows.afterDescribe = () => {
    rig.workflows.afterDescribe = undefined;
    const [first] = rig.workflows.started;
    void rig.workflows.start(launchOf(first?.input as never, first?.run.memo as never));
  };
  const stored = await rig.control
    .records(WORKSPACE_RECORDS)
    .read(workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' }));
  if (!stored) throw new Error('no record');
  await rig.control
    .records(WORKSPACE_RECORDS)
    .write(
      { ...stored.record, operation: { ...(view.operation as NonNullable<typeof view.operation>), runId: 'run-2' } },
      stored.etag,
    );
  expect(viewOf(await show(rig))).toMatchObject({ phase: 'launching', operation: { runId: 'run-2' } });
});

test('a run that ends between lookup and query is told by its record, not as one that still runs', async () => {
  const rig = apiRig();
  const view = await launching(rig);
  const { key } = await rig.finish('alice');
  rig.workflows.close(ENVIRONMENT, 'alice', 'RUNNING');
  rig.workflows.afterDescribe = () => {
    rig.workflows.afterDescribe = undefined;
    rig.workflows.close(ENVIRONMENT, 'alice');
    // A run that has ended still answers queries.
    rig.workflows.change(ENVIRONMENT, 'alice', { view: { ...view, phase: 'running' } });
  };
  expect(viewOf(await show(rig))).toMatchObject({
    phase: 'running',
    operation: null,
    credential: { state: 'claimable', accessKeyId: key?.id },
  });
});

test('who holds the places of a full quota is told to operators only', async () => {
  const rig = apiRig();
  const error = { code: 'QuotaExceeded', detail: 'in use: 2 of 2 job queues', step: 'reserve-slots' } as const;
  await rig.launched('alice', {
    phase: 'failed',
    key: null,
    error: { ...error, holders: [idOf('bob'), idOf('carol')] },
  });
  expect(viewOf(await show(rig)).error).toEqual({
    ...error,
    detail: `${error.detail}; held by ${idOf('bob')}, ${idOf('carol')}`,
  });
  for (const caller of ['alice', 'hatchery'] as const) {
    expect(viewOf(await rig.call(caller, 'GET', `/v1/workspaces/${idOf('alice')}`)).error).toEqual(error);
  }
});

describe('GET …/nextflow.config', () => {
  const path = `/v1/workspaces/${idOf('alice')}/nextflow.config`;

  test('is the rendered configuration, as text', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    expect(await rig.call('alice', 'GET', path)).toMatchObject({ status: 200, text: '// for alice' });
  });

  test('says where S3 is, where AWS is not at its usual address; so does Hatchery’s', async () => {
    const rig = apiRig({ awsEndpoint: 'http://127.0.0.1:4566' });
    await rig.launched('alice');
    for (const [caller, where] of [
      ['alice', path],
      ['hatchery', '/hatchery/nextflow-config?user=alice'],
    ] as const)
      expect((await rig.call(caller, 'GET', where)).text).toMatch(
        /^\/\/ for alice\n[\s\S]*aws\.client\.endpoint = 'http:\/\/127\.0\.0\.1:4566'\naws\.client\.s3PathStyleAccess = true\n$/,
      );
  });

  test('is 409 with what runs while the first launch is under way', async () => {
    const rig = apiRig();
    const { operation } = viewOf(await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' }));
    const answer = await rig.call('alice', 'GET', path);
    expect(answer).toMatchObject({ status: 409, body: { code: 'NotReady', operation } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('launchWorkspace is in progress') });
  });

  test('is 409 once the workspace is disposed of, when it would name what is not there', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'disposed', key: null });
    const answer = await rig.call('alice', 'GET', path);
    expect(answer).toMatchObject({ status: 409, body: { code: 'NotReady', operation: null } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('disposed of') });
  });

  test('is 409 without an operation where no launch has succeeded', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'failed', key: null, nextflowConfig: null });
    expect(await rig.call('alice', 'GET', path)).toMatchObject({ status: 409, body: { operation: null } });
  });
});
