import { describe, expect, type TestContext, test } from 'vitest';
import { recordActivities } from '#activities/records.ts';
import { computeRecordActivities } from '#activities/records-compute.ts';
import type { ComputeRemovalMode, CreateInput, OnFailure } from '#domain/compute/input.ts';
import { COMPUTE_RECORDS, type ComputeChange, computeRetryOf } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeOperation } from '#domain/compute/view.ts';
import type { OperationView } from '#domain/core/operation.ts';
import { attempt, controlRig, TIMING } from '../../control/rig.ts';
import { aCompute } from '../../domain/compute-input.ts';

const operation = (
  runId: string,
  type: ComputeOperation = 'createComputeEnvironment',
): OperationView<ComputeOperation> => ({
  type,
  runId,
  workflowId: 'compute-environment/brh/test',
  startedAt: '2026-01-01T00:00:00.000Z',
  requestedBy: 'test',
});

const rest = { requestedBy: 'test', timing: TIMING } as const;

const rigOf = async (t: TestContext) => {
  const { control } = await controlRig(t);
  const compute = aCompute();
  const subject = computeSubject(compute);
  const activities = computeRecordActivities({ control });
  const { changeRecord } = recordActivities({ control });
  const creating = (onFailure: OnFailure = 'rollback'): CreateInput => ({
    ...{ compute, runId: 'made', onFailure, fingerprint: 'f' },
    ...rest,
  });
  return {
    compute,
    create: (runId: string, onFailure?: OnFailure) =>
      attempt(activities.openCompute, [creating(onFailure), operation(runId)]),
    update: (runId: string, updateId = 'updated', to = { ...compute, description: 'new' }) =>
      attempt(activities.openComputeUpdate, [
        { compute: to, runId: updateId, reason: 'update', drainMinutes: 1, ...rest },
        operation(runId, 'updateComputeEnvironment'),
      ]),
    remove: (runId: string, mode: ComputeRemovalMode, dataConfirmed = false) =>
      attempt(activities.openComputeRemoval, [
        { compute, mode, drainMinutes: 1, dataConfirmed, ...rest },
        operation(runId, 'disposeComputeEnvironment'),
      ]),
    validate: (runId: string) =>
      attempt(activities.openComputeValidation, [
        { compute, repair: false, ...rest },
        operation(runId, 'validateComputeEnvironment'),
      ]),
    change: (change: ComputeChange) => attempt(changeRecord, [subject, change]),
    /** As the last operation left it. */
    ends: (change: ComputeChange) => attempt(changeRecord, [subject, { operation: null, ...change }]),
    read: async () => (await control.records(COMPUTE_RECORDS).read(subject))?.record,
  };
};

describe('a create', () => {
  test('makes the record, and an attempt that is made again finds it as it is', async (t) => {
    const { create, read } = await rigOf(t);
    const { record } = await create('run');
    expect(record).toMatchObject({ phase: 'planned', phaseBefore: null, runId: 'made', hidden: false });
    expect(await create('run')).toEqual({ record });
    expect(await read()).toEqual(record);
  });

  test.for([
    ['ended without a word', { phase: 'creating', operation: operation('run') }, ['made']],
    ['kept what it made', { phase: 'failed-dirty', remedy: 'create', unfinished: ['made'] }, ['made']],
    ['was rolled back', { phase: 'failed-clean', remedy: 'create' }, []],
  ] as const)('goes on that %s', async ([, change, unfinished], t) => {
    const { create, ends } = await rigOf(t);
    await create('run');
    await ends(change);
    expect((await create('again')).record).toMatchObject({
      phase: 'planned',
      runId: 'made',
      heard: 'again',
      unfinished,
    });
  });

  test.for(['available', 'disabled', 'degraded', 'deleted', 'retained', 'deleting'] as const)(
    'of one that is %s is refused',
    async (phase, t) => {
      const { create, ends } = await rigOf(t);
      await create('run');
      await ends({ phase });
      await expect(create('again')).rejects.toMatchObject({ type: 'Conflict' });
    },
  );
});

describe('an update', () => {
  test('pins what it is to be beside what it is', async (t) => {
    const { create, ends, update, compute } = await rigOf(t);
    await create('run');
    await ends({ phase: 'disabled' });
    const { record } = await update('update');
    expect(record).toMatchObject({
      ...{ phase: 'updating', phaseBefore: 'disabled', runId: 'updated' },
      ...{ compute: { description: 'new' }, computeBefore: compute },
    });
    expect(await update('update')).toEqual({ record });
  });

  test('that was broken off goes on with what it had pinned; another one has to wait', async (t) => {
    const { create, ends, update, compute } = await rigOf(t);
    await create('run');
    await ends({ phase: 'available' });
    await update('update');
    const { record } = await update('again', 'updated', { ...compute, description: 'newer' });
    expect(record).toMatchObject({ compute: { description: 'new' }, computeBefore: compute, phaseBefore: 'available' });
    await expect(update('other', 'another')).rejects.toMatchObject({ type: 'NotReady' });
  });

  test.for(['failed-clean', 'failed-dirty', 'deleting', 'deleted', 'retained', 'creating'] as const)(
    'of one that is %s is refused',
    async (phase, t) => {
      const { create, ends, update } = await rigOf(t);
      await create('run');
      await ends({ phase });
      await expect(update('update')).rejects.toMatchObject({ type: 'NotReady' });
    },
  );
});

describe('a removal', () => {
  test('of what there never was does nothing', async (t) => {
    const { remove, read } = await rigOf(t);
    expect(await remove('end', 'terminate')).toEqual({ record: null });
    expect(await read()).toBeUndefined();
  });

  test.for([
    ['drain', 'draining', false],
    ['terminate', 'deleting', false],
    ['force', 'deleting', true],
    ['sweep', 'available', false],
  ] as const)('by %s says %s', async ([mode, phase, hidden], t) => {
    const { create, ends, remove } = await rigOf(t);
    await create('run');
    await ends({ phase: 'available' });
    expect((await remove('end', mode)).record).toMatchObject({ phase, hidden, phaseBefore: 'available' });
  });

  test('remembers that its data may go, that it was hidden, and the run of a create that ended without a word', async (t) => {
    const { create, change, remove } = await rigOf(t);
    await create('run');
    await change({ phase: 'creating' });
    await remove('end', 'force', true);
    expect((await remove('again', 'terminate')).record).toMatchObject({
      ...{ phase: 'deleting', hidden: true, dataConfirmed: true, unfinished: ['made'] },
    });
  });
});

test('a validation leaves it what it is, and looks only at what is there', async (t) => {
  const { create, ends, validate } = await rigOf(t);
  await create('run');
  await ends({ phase: 'degraded' });
  expect((await validate('look')).record).toMatchObject({ phase: 'degraded', phaseBefore: 'degraded', heard: 'look' });
  await ends({ phase: 'deleted' });
  await expect(validate('again')).rejects.toMatchObject({ type: 'NotReady' });
});

test.for([
  ['a create that ended without a word', { phase: 'creating' }, 'sweep'],
  ['a drain that ended without a word', { phase: 'draining' }, 'drain'],
  ['a removal that ended without a word', { phase: 'deleting' }, 'terminate'],
  ['a hidden one', { phase: 'deleting', hidden: true }, 'force'],
  ['an update that ended without a word', { phase: 'updating' }, 'update'],
  ['a create that keeps what it has', { phase: 'creating', onFailure: 'keep' }, 'create'],
  ['nothing', { phase: 'available', operation: null }, undefined],
  [
    'leftovers',
    { phase: 'available', operation: null, leftovers: [{ type: 'T', id: null, name: 'n', reason: 'r' }] },
    'sweep',
  ],
  ['what its last operation says', { phase: 'failed-dirty', operation: null, remedy: 'terminate' }, 'terminate'],
] as const)('a retry of %s', async ([, change, wanted], t) => {
  const { create, change: write, read } = await rigOf(t);
  await create('run');
  await write(change);
  const record = await read();
  expect(record && computeRetryOf(record)).toBe(wanted);
});
