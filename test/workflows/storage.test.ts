import { describe, expect, type TestContext, test } from 'vitest';
import type { StorageView } from '#domain/storage/view.ts';
import { storageFakes } from '../support/storage-fakes.ts';
import { aStorage, startRemoval, startSetUp } from '../support/storage-runs.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { failureOf, until, untilClosed } from '../support/workspace-runs.ts';

const rigOf = async (_t: TestContext) => {
  const fakes = storageFakes();
  const rig = await workflowRig(fakes.activities as never);
  const storage = aStorage();
  const view = (handle: { query: <T>(name: string) => Promise<T> }) => handle.query<StorageView>('progress');
  return {
    ...{ rig, fakes, storage, view },
    setUp: (of = storage) => startSetUp(rig, of),
    remove: (mode: 'empty' | 'dispose' | 'sweep', of = storage) => startRemoval(rig, of, mode),
  };
};

const EVERYTHING = (bucket: string) => [`KmsKey alias/${bucket}`, `OwnBucket ${bucket}`];

test('a set-up makes key and bucket, and says so; a removal takes both', async (t) => {
  const { fakes, storage, setUp, remove } = await rigOf(t);
  const { bucket } = storage;
  expect(await (await setUp()).result()).toEqual({ bucket, kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k' });
  expect(fakes.existing()).toEqual(EVERYTHING(bucket));
  expect(fakes.stored()).toMatchObject({ phase: 'ready', operation: null, error: null, leftovers: [] });
  expect(
    fakes
      .stored()
      ?.resources.map(({ type }) => type)
      .sort(),
  ).toEqual(['Fake::KmsKey', 'Fake::OwnBucket']);
  fakes.bucket.slices = 3;
  expect(await (await remove('dispose')).result()).toEqual({ mode: 'dispose', residue: [], removed: 3_000 });
  expect(fakes.existing()).toEqual([]);
  expect(fakes.stored()).toMatchObject({ phase: 'deleted', resources: [], emptying: { removed: 3_000 } });
});

test('twice, the second time nothing differs', async (t) => {
  const { fakes, storage, setUp, remove } = await rigOf(t);
  await (await setUp()).result();
  await (await setUp()).result();
  expect(fakes.existing()).toEqual(EVERYTHING(storage.bucket));
  await (await remove('dispose')).result();
  await (await remove('dispose')).result();
  expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [] });
});

test('without encryption no key is made, and an earlier one stays until the bucket goes', async (t) => {
  const { fakes, storage, setUp, remove } = await rigOf(t);
  await (await setUp()).result();
  const plain = { ...storage, settings: { ...storage.settings, kms: false } };
  expect(await (await setUp(plain)).result()).toMatchObject({ kmsKeyArn: null });
  expect(fakes.existing()).toEqual(EVERYTHING(storage.bucket));
  await (await remove('dispose', plain)).result();
  expect(fakes.existing()).toEqual([]);
});

describe('a set-up that fails', () => {
  test('takes back what it made', async (t) => {
    const { fakes, setUp } = await rigOf(t);
    fakes.failing('ensureOwnBucket', 'Conflict');
    expect((await failureOf(await setUp())).type).toBe('Conflict');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({
      phase: 'failed',
      error: { code: 'Conflict', step: 'bucket' },
      leftovers: [],
    });
  });

  test('falls back to what was there', async (t) => {
    const { fakes, setUp } = await rigOf(t);
    await (await setUp()).result();
    fakes.failing('ensureOwnBucket', 'Denied');
    expect((await failureOf(await setUp())).type).toBe('Denied');
    expect(fakes.stored()).toMatchObject({ phase: 'ready', operation: null, error: { code: 'Denied' } });
  });

  test('lists what it could not take back, and a removal takes it', async (t) => {
    const { fakes, storage, setUp, remove } = await rigOf(t);
    fakes.failing('ensureOwnBucket', 'Denied');
    fakes.failing('deleteKmsKey', 'Denied');
    expect((await failureOf(await setUp())).type).toBe('CompensationIncomplete');
    expect(fakes.stored()).toMatchObject({
      phase: 'failed',
      remedy: 'sweep',
      leftovers: [{ type: 'AWS::KMS::Key', id: `KmsKey alias/${storage.bucket}` }],
    });
    fakes.mend('deleteKmsKey');
    await (await remove('dispose')).result();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [], remedy: null });
  });
});

describe('what a set-up has left', () => {
  const leaving = async (t: TestContext, { first }: { first: boolean }) => {
    const rig = await rigOf(t);
    const { fakes, setUp } = rig;
    if (!first) await (await setUp()).result();
    fakes.failing('ensureOwnBucket', 'Denied');
    fakes.failing('deleteKmsKey', 'Denied');
    expect((await failureOf(await setUp())).type).toBe('CompensationIncomplete');
    expect(fakes.stored()).toMatchObject({ phase: 'failed', remedy: 'sweep' });
    fakes.mend('deleteKmsKey');
    // Somebody's objects: of a bucket that was there before, or that they have put there since.
    fakes.bucket.slices = 5;
    return rig;
  };

  test('a sweep takes, and no object', async (t) => {
    const { fakes, remove } = await leaving(t, { first: true });
    expect(await (await remove('sweep')).result()).toMatchObject({ mode: 'sweep', residue: [], removed: 0 });
    expect(fakes.calls).not.toContain('emptyBucket');
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [], unfinished: [], remedy: null });
  });

  test('beside a storage that was ready is swept, and that is ready again', async (t) => {
    const { fakes, remove } = await leaving(t, { first: false });
    await (await remove('sweep')).result();
    expect(fakes.calls).not.toContain('emptyBucket');
    expect(fakes.stored()).toMatchObject({ phase: 'ready', error: null, leftovers: [], unfinished: [] });
  });

  test('is not the key that the bucket encrypts with by now', async (t) => {
    const { fakes, setUp } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.defaultKey = 'arn:aws:kms:us-east-1:123456789012:key/k';
    fakes.failing('ensureOwnBucket', 'Denied');
    expect((await failureOf(await setUp())).type).toBe('Denied');
    expect(fakes.calls).not.toContain('deleteKmsKey');
    expect(fakes.stored()).toMatchObject({ phase: 'ready', leftovers: [] });
  });
});

describe('Arborist', () => {
  test('is told of the user, beside what is made in AWS', async (t) => {
    const { fakes, storage, setUp } = await rigOf(t);
    await (await setUp({ ...storage, arborist: true })).result();
    expect(fakes.calls).toContain('ensureArboristAccess');
    expect(fakes.stored()?.steps.map(({ name }) => name)).toEqual(['encryption-key', 'bucket', 'access', 'publish']);
  });

  test('is left alone where none is configured', async (t) => {
    const { fakes, setUp } = await rigOf(t);
    await (await setUp()).result();
    expect(fakes.calls).not.toContain('ensureArboristAccess');
  });
});

describe('a removal that is asked for meanwhile', () => {
  test('takes back a set-up, and goes on under the same id', async (t) => {
    const { rig, fakes, setUp } = await rigOf(t);
    fakes.hang('ensureOwnBucket');
    const handle = await setUp();
    await until('the bucket is waited for', () => fakes.calls.includes('ensureOwnBucket'));
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'someone' }] });
    const last = await untilClosed(rig, handle.workflowId, 'deleteStorage');
    expect(await last.result()).toMatchObject({ mode: 'dispose', residue: [] });
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [] });
  });

  test('turns an emptying into it; the same one joins', async (t) => {
    const { rig, fakes, setUp, remove } = await rigOf(t);
    await (await setUp()).result();
    const { met, end } = fakes.catch('objects/emptyBucket');
    const handle = await remove('empty');
    await met;
    for (const mode of ['empty', 'dispose', 'empty'])
      await handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'someone' }] });
    end();
    const last = await untilClosed(rig, handle.workflowId);
    expect(await last.result()).toMatchObject({ mode: 'dispose', residue: [] });
    expect(fakes.existing()).toEqual([]);
  });

  test('knows no parking', async (t) => {
    const { fakes, setUp } = await rigOf(t);
    fakes.hang('ensureOwnBucket');
    const handle = await setUp();
    const asked = handle.executeUpdate('requestTerminate', { args: [{ mode: 'park', requestedBy: 'someone' }] });
    await expect(asked).rejects.toMatchObject({ cause: { message: 'mode is empty or dispose: {"mode": "dispose"}' } });
    await handle.cancel();
    await failureOf(handle);
  });
});

describe('emptying', () => {
  test('of a bucket that takes eight hours stays under 300 events, shows how far it is, and leaves it ready', async (t) => {
    const { rig, fakes, storage, setUp, remove, view } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.slices = 40;
    const half = Promise.withResolvers<void>();
    const shown = Promise.withResolvers<void>();
    fakes.bucket.each = async (nth) => {
      if (nth !== 20) return;
      half.resolve();
      await shown.promise;
    };
    const handle = await remove('empty');
    await half.promise;
    expect(await view(handle)).toMatchObject({
      phase: 'emptying',
      emptying: { removed: 19_000, startedAt: expect.any(String) },
      steps: [{ name: 'objects', state: 'undoing' }],
    });
    shown.resolve();
    expect(await handle.result()).toEqual({ mode: 'empty', residue: [], removed: 40_000 });
    const { events } = await rig.client.workflow.getHandle(handle.workflowId).fetchHistory();
    expect(events?.length).toBeLessThan(300);
    const seconds = fakes.bucket.forMs.map((ms) => ms / 1_000);
    expect(seconds.slice(0, 10)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    expect(fakes.existing()).toEqual(EVERYTHING(storage.bucket));
    expect(fakes.stored()).toMatchObject({ phase: 'ready', operation: null, emptying: { removed: 40_000 } });
  });

  test('of a bucket that takes days goes on in run after run, each of few events; what it shows never goes back', async (t) => {
    const { rig, fakes, storage, setUp, remove, view } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.slices = 100;
    const shown: { removed: number; startedAt: string }[] = [];
    fakes.bucket.each = async (nth) => {
      // In the middle of each run, and as the first thing that the next one does.
      if (![20, 41, 60, 81, 90].includes(nth)) return;
      // Nothing of what comes after the objects is begun between two runs.
      expect(fakes.existing()).toEqual(EVERYTHING(storage.bucket));
      const { emptying } = await view(rig.client.workflow.getHandle(handle.workflowId) as never);
      if (emptying) shown.push(emptying);
    };
    const handle = await remove('dispose');
    expect(await handle.result()).toEqual({ mode: 'dispose', residue: [], removed: 100_000 });
    expect(fakes.existing()).toEqual([]);
    expect(shown.map(({ removed }) => removed)).toEqual([19_000, 40_000, 59_000, 80_000, 89_000]);
    expect(new Set(shown.map(({ startedAt }) => startedAt)).size).toBe(1);
    // Slices don't begin anew with each run.
    expect(new Set(fakes.bucket.forMs.slice(9))).toEqual(new Set([900_000]));
    const runs: number[] = [];
    for await (const run of rig.client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` })) {
      const history = await rig.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
      if (run.type === 'deleteStorage') runs.push(history.events?.length ?? 0);
    }
    expect(runs).toHaveLength(3);
    expect(Math.max(...runs)).toBeLessThan(300);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', emptying: { removed: 100_000 } });
  });

  test('that breaks off when a disposal was asked for meanwhile goes on as that', async (t) => {
    const { fakes, setUp, remove } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.slices = 60;
    const asked = Promise.withResolvers<void>();
    fakes.bucket.each = async (nth) => {
      if (nth === 40) await asked.promise;
    };
    const handle = await remove('empty');
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'someone' }] });
    asked.resolve();
    expect(await handle.result()).toMatchObject({ mode: 'dispose' });
    expect(fakes.existing()).toEqual([]);
  });

  test('that S3 refuses for some keys lists them, and a disposal keeps bucket and key', async (t) => {
    const { fakes, storage, setUp, remove } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.refused = 2;
    const failure = await failureOf(await remove('dispose'));
    expect(failure.type).toBe('CompensationIncomplete');
    expect(fakes.stored()).toMatchObject({ phase: 'failed', remedy: 'dispose' });
    expect(fakes.stored()?.leftovers.map(({ type, name }) => `${type} ${name}`)).toEqual(
      expect.arrayContaining(['AWS::S3::Object k0', 'AWS::S3::Object k1']),
    );
    expect(fakes.existing()).toEqual(EVERYTHING(storage.bucket));
    fakes.bucket.refused = 0;
    await (await remove('dispose')).result();
    expect(fakes.existing()).toEqual([]);
  });

  test('goes on while somebody writes, five times at most', async (t) => {
    const { fakes, setUp, remove } = await rigOf(t);
    await (await setUp()).result();
    fakes.bucket.refilled = 3;
    await (await remove('dispose')).result();
    expect(fakes.existing()).toEqual([]);
    await (await setUp()).result();
    fakes.bucket.refilled = 100;
    expect((await failureOf(await remove('dispose'))).message).toContain('somebody writes into it');
  });

  test('cancelled half-way says so, and another call goes on', async (t) => {
    const { fakes, setUp, remove } = await rigOf(t);
    await (await setUp()).result();
    const { met, end } = fakes.catch('objects/emptyBucket');
    fakes.bucket.slices = 2;
    const handle = await remove('empty');
    await met;
    await handle.cancel();
    end();
    await failureOf(handle);
    expect(fakes.stored()).toMatchObject({ phase: 'failed', remedy: 'empty', error: { code: 'Cancelled' } });
    await (await remove('empty')).result();
    expect(fakes.stored()).toMatchObject({ phase: 'ready', operation: null, error: null, leftovers: [] });
  });
});
