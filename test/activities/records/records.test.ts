import { describe, expect, type TestContext, test } from 'vitest';
import { recordActivities } from '#activities/records.ts';
import { activeKey } from '#domain/core/access-key.ts';
import type { OperationView } from '#domain/core/operation.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceOperation } from '#domain/workspace/view.ts';
import { aRecord } from '../../control/record-builder.ts';
import { attempt, complete, controlRig, TIMING } from '../../control/rig.ts';
import { aWorkspace, type WorkspaceOverrides } from '../../domain/workspace-input.ts';

const operation = (runId: string, type: WorkspaceOperation = 'launchWorkspace'): OperationView<WorkspaceOperation> => ({
  type,
  runId,
  workflowId: 'workspace/brh/test',
  startedAt: '2026-01-01T00:00:00.000Z',
  requestedBy: 'test',
});

const launch = (launchId: string, overrides: WorkspaceOverrides & { accountId?: string } = {}): LaunchInput => {
  const workspace = aWorkspace(overrides);
  const accountId = overrides.accountId ?? workspace.account.accountId;
  return {
    workspace: { ...workspace, account: { ...workspace.account, accountId } },
    launchId,
    fingerprint: `fingerprint of ${launchId}`,
    requestedBy: 'test',
    timing: TIMING,
  };
};

const RESOURCE = { type: 'AWS::EC2::VPC', id: 'vpc-1', name: 'vpc', origin: 'created', step: 'network' } as const;

const rigOf = async (t: TestContext) => {
  const rig = await controlRig(t);
  const subject = workspaceSubject(aWorkspace());
  const activities = recordActivities({ control: rig.control });
  const read = async () => (await rig.control.records(WORKSPACE_RECORDS).read(subject))?.record;
  const seed = (changes: Partial<WorkspaceRecord>) => rig.control.records(WORKSPACE_RECORDS).create(aRecord(changes));
  const open = (input: LaunchInput, runId = 'run') =>
    attempt(activities.openRecord, [{ launch: input, operation: operation(runId) }]);
  const terminate = (mode: 'park' | 'dispose', runId = 'end') =>
    attempt(activities.openTermination, [{ subject, mode, operation: operation(runId, 'terminateWorkspace') }]);
  return { ...rig, ...activities, subject, read, seed, open, terminate };
};

describe('opening a record', () => {
  test('a first launch makes it, and the same launch finds it as it is', async (t) => {
    const { open, read } = await rigOf(t);
    const { record } = await open(launch('launch-1'));
    expect(record).toMatchObject({ phase: 'launching', phaseBefore: null, launchId: 'launch-1', key: null });
    expect(record.createdAt).toBe(operation('run').startedAt);
    expect(await read()).toEqual(record);
    expect((await open(launch('launch-1'), 'another run')).record).toEqual(record);
    expect(await read()).toEqual(record);
  });

  test.for([
    ['running', 'running'],
    ['parked', 'parked'],
    ['failed', 'failed'],
    ['disposed', null],
    ['launching', null],
    // Half gone: it is not what it was before.
    ['parking', 'failed'],
    ['disposing', 'failed'],
  ] as const)('a relaunch of a %s workspace returns to %s when it fails', async ([phase, before], t) => {
    const { open, seed } = await rigOf(t);
    await seed({ phase, resources: [RESOURCE], disposedAt: phase === 'disposed' ? new Date().toISOString() : null });
    const { record } = await open(launch('launch-2'));
    expect(record).toMatchObject({ phase: 'launching', phaseBefore: before, launchId: 'launch-2', disposedAt: null });
    expect(record).toMatchObject({ resources: [RESOURCE], fingerprint: 'fingerprint of launch-2', error: null });
    const remedy = { parking: 'park', disposing: 'dispose' }[phase as string] ?? null;
    expect(record).toMatchObject({ heard: record.operation?.runId, remedy });
  });

  test('another user whose name is escaped to the same text is a conflict', async (t) => {
    const { control, open } = await rigOf(t);
    const first = launch('launch-1', { user: 'Ab' });
    await open(first);
    await expect(open(launch('launch-2', { user: 'Л' }))).rejects.toMatchObject({ type: 'Conflict' });
    const stored = await control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace));
    expect(stored?.record).toMatchObject({ launchId: 'launch-1', workspace: { user: 'Ab' } });
  });

  test('what a workspace holds in another account is not forgotten', async (t) => {
    const { subject, open, seed, read, changeRecord } = await rigOf(t);
    await seed({ phase: 'parked', key: null, resources: [RESOURCE] });
    const elsewhere = launch('launch-2', { accountId: '999999999999' });
    await expect(open(elsewhere)).rejects.toMatchObject({ type: 'DisposeFirst' });
    expect(await read()).toMatchObject({ phase: 'parked', launchId: 'launch-1' });
    // Control: with nothing left there it moves.
    await attempt(changeRecord, [subject, { resources: [] }]);
    expect((await open(elsewhere)).record.workspace.account.accountId).toBe('999999999999');
  });
});

describe('opening a termination', () => {
  test('without a record there is nothing to terminate', async (t) => {
    const { terminate, read } = await rigOf(t);
    expect(await terminate('dispose')).toEqual({ record: null });
    expect(await read()).toBeUndefined();
  });

  test('it takes the record over once, and remembers where it came from', async (t) => {
    const { terminate, read, seed } = await rigOf(t);
    await seed({ phase: 'running' });
    const { record } = await terminate('park');
    expect(record).toMatchObject({ phase: 'parking', phaseBefore: 'running', operation: { runId: 'end' } });
    expect(await terminate('park')).toEqual({ record });
    expect(await read()).toEqual(record);
    expect((await terminate('dispose', 'upgraded')).record).toMatchObject({
      phase: 'disposing',
      phaseBefore: 'running',
    });
  });
});

describe('changing a record', () => {
  test('changes made at the same time are all kept', async (t) => {
    const { subject, seed, read, changeRecord } = await rigOf(t);
    await seed({});
    const changes = [
      { fingerprint: 'new' },
      { launchId: 'launch-2' },
      { phase: 'parked' },
      { nextflowConfig: 'x' },
    ] as const;
    await Promise.all(changes.map((change) => complete(changeRecord, subject, change)));
    expect(await read()).toMatchObject(Object.assign({}, ...changes) as object);
  });

  test('a write whose answer was lost is not made twice, and a missing record stays missing', async (t) => {
    const { account, subject, seed, read, changeRecord } = await rigOf(t);
    await attempt(changeRecord, [subject, { phase: 'parked' }]);
    expect(await read()).toBeUndefined();
    await seed({});
    await account.faults({ service: 's3', operation: 'PutObject', fault: 'lost-answer' });
    const since = (await account.journal()).at(-1)?.seq ?? 0;
    await attempt(changeRecord, [subject, { phase: 'parked' }]);
    expect(await read()).toMatchObject({ phase: 'parked' });
    expect((await account.journal(since)).filter(({ operation: name }) => name === 'PutObject')).toHaveLength(1);
  });
});

describe('opening a rotation', () => {
  const rotation = (runId: string, rotationId = 'r-1') => ({
    ...{ subject: workspaceSubject(aWorkspace()), rotationId },
    operation: operation(runId, 'rotateKeys'),
  });

  test('pins it, and what to sweep should it end without a word; the workspace runs all along', async (t) => {
    const { seed, read, openRotation } = await rigOf(t);
    await seed({ phase: 'running', key: activeKey('AKIAOLD', ''), unfinished: ['earlier'] });
    const { record } = await attempt(openRotation, [rotation('run')]);
    expect(record).toMatchObject({
      ...{ phase: 'running', phaseBefore: 'running', unfinished: ['earlier', 'r-1'], heard: 'run' },
      ...{ key: { id: 'AKIAOLD' }, operation: { type: 'rotateKeys', runId: 'run' } },
    });
    expect((await attempt(openRotation, [rotation('run')])).record).toEqual(record);
    expect(await read()).toEqual(record);
  });

  test.for(['launching', 'failed', 'parking', 'parked', 'disposing', 'disposed'] as const)(
    'is refused where the workspace is %s',
    async (phase, t) => {
      const { seed, read, openRotation } = await rigOf(t);
      await seed({ phase });
      const before = await read();
      await expect(attempt(openRotation, [rotation('run')])).rejects.toMatchObject({ type: 'NotReady' });
      expect(await read()).toEqual(before);
    },
  );

  test('is refused where there is none', async (t) => {
    const { openRotation } = await rigOf(t);
    await expect(attempt(openRotation, [rotation('run')])).rejects.toMatchObject({ type: 'NotFound' });
  });
});

describe('a workspace that is terminated as somebody saw it', () => {
  const AT = '2026-01-05T12:00:00.000Z';
  const park = (unchangedSince: string, runId = 'end') => ({
    ...{ subject: workspaceSubject(aWorkspace()), mode: 'park' as const, unchangedSince },
    operation: operation(runId, 'terminateWorkspace'),
  });

  test('is left alone where an operation of it has begun since', async (t) => {
    const { seed, read, openTermination } = await rigOf(t);
    await seed({ phase: 'running', updatedAt: AT });
    expect(await attempt(openTermination, [park('2026-01-05T11:59:59.999Z')])).toEqual({ record: null });
    expect((await read())?.phase).toBe('running');
    expect((await attempt(openTermination, [park(AT)])).record).toMatchObject({ phase: 'parking' });
    // A try again of the same run, which has written the record itself.
    expect((await attempt(openTermination, [park(AT)])).record).toMatchObject({ phase: 'parking' });
    expect(await attempt(openTermination, [park(AT, 'later')])).toEqual({ record: null });
  });

  test('is left alone where its key was handed out since', async (t) => {
    const { seed, read, openTermination, control } = await rigOf(t);
    await seed({ phase: 'running', updatedAt: AT, key: activeKey('AKIACLAIMED', AT) });
    await control.claims.claim(workspaceSubject(aWorkspace()), 'AKIACLAIMED', {
      caller: 'user:u',
      idempotencyKey: null,
    });
    expect(await attempt(openTermination, [park(AT)])).toEqual({ record: null });
    expect((await read())?.phase).toBe('running');
    const now = new Date(Date.now() + 60_000).toISOString();
    expect((await attempt(openTermination, [park(now)])).record).toMatchObject({ phase: 'parking' });
  });
});

describe('a workspace that is disposed of because nobody uses it', () => {
  const SINCE = '2026-01-05T00:00:00.000Z';
  const dispose = (parkedSince: string) => ({
    ...{ subject: workspaceSubject(aWorkspace()), mode: 'dispose' as const, parkedSince },
    operation: operation('end', 'terminateWorkspace'),
  });

  test('goes only if it has been parked all along', async (t) => {
    const { seed, read, openTermination } = await rigOf(t);
    await seed({ phase: 'parked', phaseSince: SINCE });
    expect(await attempt(openTermination, [dispose('2026-01-04T00:00:00.000Z')])).toEqual({ record: null });
    expect((await read())?.phase).toBe('parked');
    expect((await attempt(openTermination, [dispose(SINCE)])).record).toMatchObject({ phase: 'disposing' });
    // A try again of the same run.
    expect((await attempt(openTermination, [dispose(SINCE)])).record).toMatchObject({ phase: 'disposing' });
  });

  test('is not disposed of once it runs again', async (t) => {
    const { seed, read, openTermination } = await rigOf(t);
    await seed({ phase: 'running', phaseSince: SINCE });
    expect(await attempt(openTermination, [dispose(SINCE)])).toEqual({ record: null });
    expect((await read())?.phase).toBe('running');
  });

  test.for([
    ['runs again', { phase: 'running', phaseSince: SINCE }],
    ['was launched and parked again', { phase: 'parked', phaseSince: '2026-01-04T00:00:00.000Z' }],
  ] as const)('is not announced where it %s since it was looked at', async ([, is], t) => {
    const { seed, read, changeRecord, subject } = await rigOf(t);
    await seed(is);
    const before = await read();
    const announcement = { disposalDueAt: '2026-03-01T00:00:00.000Z', phaseSince: SINCE };
    await attempt(changeRecord, [subject, announcement, SINCE]);
    expect(await read()).toEqual(before);
  });

  test('is announced no more once something else has happened with it', async (t) => {
    const { seed, read, changeRecord, subject } = await rigOf(t);
    await seed({ phase: 'parked', phaseSince: SINCE });
    await attempt(changeRecord, [subject, { disposalDueAt: '2026-03-01T00:00:00.000Z', phaseSince: SINCE }, SINCE]);
    expect(await read()).toMatchObject({ disposalDueAt: '2026-03-01T00:00:00.000Z', phaseSince: SINCE });
    await attempt(changeRecord, [subject, { phase: 'parked' }]);
    const after = await read();
    expect(after?.disposalDueAt).toBeNull();
    expect(after?.phaseSince && after.phaseSince > SINCE).toBe(true);
  });
});
