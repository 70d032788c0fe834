import { randomUUID } from 'node:crypto';
import { describe, expect, type TestContext, test } from 'vitest';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import type { WatchComputeInput } from '#domain/compute/watch.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { aCompute, aPool, aTenant, type ComputeOverrides } from '../domain/compute-input.ts';
import { computeFakes } from '../support/compute-fakes.ts';
import { startCreate, startDispose, startUpdate, startValidation } from '../support/compute-runs.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { failureOf, TIMING, until, untilClosed } from '../support/workspace-runs.ts';

const SPOT: ComputeOverrides = { forge: { type: 'SPOT', efsCreate: true }, eyrie: { serviceRole: true } };

const rigOf = async (_t: TestContext, overrides: ComputeOverrides = SPOT) => {
  const fakes = computeFakes();
  const rig = await workflowRig(fakes.activities as never);
  const compute = aCompute(overrides);
  return {
    ...{ rig, fakes, compute, main: `TowerForge-${compute.forgeId}` },
    view: (handle: { query: <T>(name: string) => Promise<T> }) => handle.query<ComputeView>('progress'),
    create: (changes: Parameters<typeof startCreate>[2] = {}) => startCreate(rig, compute, changes),
    dispose: (changes: Parameters<typeof startDispose>[2] = {}) => startDispose(rig, compute, changes),
    update: (to = compute, changes: Parameters<typeof startUpdate>[2] = {}) => startUpdate(rig, to, changes),
    validate: (repair = false) => startValidation(rig, compute, repair),
    /** Without what an operation leaves: places in quotas. */
    things: () => fakes.existing().filter((id) => !id.startsWith('Slots')),
  };
};

describe('a create', () => {
  test('makes all of it, and says so', async (t) => {
    const { create, fakes, main, things } = await rigOf(t);
    expect(await (await create()).result()).toMatchObject({ headQueue: `${main}-head`, computeQueue: `${main}-work` });
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'available', operation: null, error: null, leftovers: [], unfinished: [] },
      outputs: { headQueue: `${main}-head`, computeQueue: `${main}-work` },
      canaries: [{ queue: `${main}-head` }, { queue: `${main}-work` }],
    });
    expect(things()).toContain(`JobQueue ${main}-work`);
  });

  test('tells its phases as it goes', async (t) => {
    const { create, fakes, view } = await rigOf(t);
    const preflight = fakes.catch('preflight/preflightCompute');
    const queue = fakes.catch('job-queue-work/ensureJobQueue');
    const handle = await create();
    await preflight.met;
    expect(await view(handle)).toMatchObject({ phase: 'preflight', status: 'CREATING' });
    preflight.end();
    await queue.met;
    expect(await view(handle)).toMatchObject({ phase: 'creating', status: 'CREATING' });
    fakes.failing('ensureJobQueue', 'Denied');
    const undo = fakes.catch('compute-environment-work/deleteComputeEnvironment');
    queue.end(async () => Promise.reject(new Error('no')));
    await undo.met;
    expect(await view(handle)).toMatchObject({ phase: 'rolling-back', status: 'CREATING' });
    undo.end();
    await failureOf(handle);
  });

  test('that fails takes back what it made, and can be tried again', async (t) => {
    const { create, fakes } = await rigOf(t);
    fakes.failing('ensureCanaryJob', 'Denied');
    expect((await failureOf(await create())).type).toBe('Denied');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'failed-clean', remedy: 'create', leftovers: [], unfinished: [], resources: [] },
      error: { code: 'Denied', step: expect.stringMatching(/^canary-/) },
    });
    fakes.mend('ensureCanaryJob');
    await (await create()).result();
    expect(fakes.stored()).toMatchObject({ phase: 'available', error: null, remedy: null });
  });

  test('that can’t take something back lists it, and a sweep takes that', async (t) => {
    const { create, dispose, fakes, main } = await rigOf(t);
    fakes.failing('ensureCanaryJob', 'Denied');
    fakes.failing('deleteLaunchTemplate', 'Denied');
    expect((await failureOf(await create())).type).toBe('CompensationIncomplete');
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'failed-dirty', remedy: 'sweep' },
      leftovers: [{ type: 'AWS::EC2::LaunchTemplate', id: `LaunchTemplate ${main}` }],
    });
    fakes.mend('deleteLaunchTemplate');
    await (await dispose({ mode: 'sweep' })).result();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-clean', leftovers: [], unfinished: [], remedy: 'create' });
  });

  test('that is cancelled ends as cancelled, with nothing left', async (t) => {
    const { create, fakes } = await rigOf(t);
    const caught = fakes.catch('compute-environment-work/ensureComputeEnvironment');
    const handle = await create();
    await caught.met;
    await handle.cancel();
    caught.end();
    await expect(handle.result()).rejects.toThrow('cancelled');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-clean', error: { code: 'Cancelled' }, remedy: 'create' });
  });
});

describe('a create that keeps what it has', () => {
  test('leaves it, lists it, and is gone on with under the same run', async (t) => {
    const { create, fakes, main, things } = await rigOf(t);
    fakes.failing('ensureJobQueue', 'Denied');
    const failure = await failureOf(await create({ runId: 'one', onFailure: 'keep' }));
    expect([failure.type, things()]).toEqual(['Denied', expect.arrayContaining([`ComputeEnvironment ${main}-work`])]);
    const kept = fakes.stored();
    expect(kept).toMatchObject({ phase: 'failed-dirty', remedy: 'create', unfinished: ['one'], operation: null });
    expect(kept?.leftovers).toContainEqual(
      expect.objectContaining({
        id: `ComputeEnvironment ${main}-work`,
        reason: expect.stringMatching(/^kept, since job-queue-/),
      }),
    );
    expect(kept?.resources.length).toBeGreaterThan(3);
    fakes.mend('ensureJobQueue');
    await (await create({ runId: 'one', onFailure: 'keep' })).result();
    expect(fakes.stored()).toMatchObject({ phase: 'available', leftovers: [], unfinished: [], remedy: null });
  });

  test('takes all of it when it is disposed of', async (t) => {
    const { create, dispose, fakes } = await rigOf(t);
    fakes.failing('ensureJobQueue', 'Denied');
    await failureOf(await create({ onFailure: 'keep' }));
    await (await dispose()).result();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted' });
  });

  test('has nothing to keep where nothing was made', async (t) => {
    const { create, fakes } = await rigOf(t);
    fakes.failing('preflightCompute', 'Invalid');
    await failureOf(await create({ onFailure: 'keep' }));
    expect(fakes.stored()).toMatchObject({ phase: 'failed-clean', leftovers: [], error: { step: 'preflight' } });
  });
});

describe('a create that resumes', () => {
  test('tries again by itself', async (t) => {
    const { create, fakes } = await rigOf(t);
    fakes.failing('ensureJobQueue', 'Denied', 3);
    await (await create({ onFailure: 'resume' })).result();
    expect(fakes.stored()).toMatchObject({ phase: 'available', leftovers: [] });
  });

  test('says that it waits, and an operator has it go on at once, or end', async (t) => {
    const { create, fakes, view, things } = await rigOf(t);
    fakes.failing('ensureSchedulingPolicy', 'Denied');
    fakes.failing('ensureJobQueue', 'Denied');
    const slow = { propagationMs: 50, lookEveryMs: 60_000, undoGiveUpMs: 500, expectedScale: 1, keyGraceMs: 0 };
    const handle = await create({ onFailure: 'resume', timing: slow });
    const waiting = async () => (await view(handle)).steps.find(({ state }) => state === 'waiting');
    await until(
      'it waits',
      async () => (await waiting())?.waitingFor?.startsWith('another try of the create') === true,
    );
    const first = await waiting();
    expect(first).toMatchObject({ waitingFor: 'another try of the create, number 2 of 6' });
    expect(await view(handle)).toMatchObject({ phase: 'creating' });
    await handle.executeUpdate('retryNow', { args: [{ step: first?.name }] });
    await until('it tried', async () => (await waiting())?.waitingFor === 'another try of the create, number 3 of 6');
    const step = (await waiting())?.name;
    await handle.executeUpdate('abandonStep', { args: [{ step, reason: 'enough' }] });
    await failureOf(handle);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-dirty', remedy: 'create' });
    expect(things()).not.toEqual([]);
  });

  test('gives up after some tries, and keeps what it has', async (t) => {
    const { create, fakes, things } = await rigOf(t);
    fakes.failing('ensureJobQueue', 'Denied');
    const timing = { propagationMs: 50, lookEveryMs: 1, undoGiveUpMs: 500, expectedScale: 1, keyGraceMs: 0 };
    expect((await failureOf(await create({ onFailure: 'resume', timing }))).type).toBe('Denied');
    expect(fakes.calls.filter((call) => call === 'preflightCompute')).toHaveLength(6);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-dirty', remedy: 'create' });
    expect(things()).not.toEqual([]);
  });

  test('that is cancelled while it waits takes everything back', async (t) => {
    const { create, fakes, view } = await rigOf(t);
    fakes.failing('ensureJobQueue', 'Denied');
    const timing = { propagationMs: 50, lookEveryMs: 60_000, undoGiveUpMs: 500, expectedScale: 1, keyGraceMs: 0 };
    const handle = await create({ onFailure: 'resume', timing });
    await until('it waits', async () => (await view(handle)).steps.some(({ state }) => state === 'waiting'));
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-clean' });
  });
});

describe('a disposal', () => {
  test('takes all of it, and what it took is listed', async (t) => {
    const { create, dispose, fakes } = await rigOf(t);
    await (await create()).result();
    const made = fakes.stored()?.resources ?? [];
    expect(await (await dispose()).result()).toEqual({ mode: 'terminate', residue: [], retained: [] });
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', operation: null, leftovers: [], resources: [] });
    expect(fakes.stored()?.deleted.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    expect(await (await dispose()).result()).toEqual({ mode: 'terminate', residue: [], retained: [] });
    expect(fakes.stored()).toMatchObject({ phase: 'deleted' });
  });

  test('of what there never was does nothing', async (t) => {
    const { dispose, fakes } = await rigOf(t);
    expect(await (await dispose()).result()).toEqual({ mode: 'terminate', residue: [], retained: [] });
    expect(fakes.calls).toEqual(['openComputeRemoval']);
  });

  test('leaves roles, file systems and places as long as an environment is there', async (t) => {
    const { create, dispose, fakes, main } = await rigOf(t);
    await (await create()).result();
    fakes.failing('deleteComputeEnvironment', 'Denied');
    const failure = await failureOf(await dispose());
    expect([failure.type, failure.message]).toEqual([
      'CompensationIncomplete',
      expect.stringContaining(`${main}-work`),
    ]);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-dirty', remedy: 'terminate' });
    expect(fakes.existing()).toEqual(
      expect.arrayContaining([
        `Role ${main}-ServiceRole`,
        `OwnSecurityGroup ${main}-efs`,
        `ComputeEnvironment ${main}-work`,
      ]),
    );
    expect(fakes.existing()).not.toContain(`JobQueue ${main}-work`);
    fakes.mend('deleteComputeEnvironment');
    await (await dispose()).result();
    expect(fakes.existing()).toEqual([]);
  });

  test('waits for jobs, up to its limit', async (t) => {
    const { create, dispose, fakes } = await rigOf(t);
    await (await create()).result();
    fakes.world.jobs = 1;
    await (await dispose({ mode: 'drain', drainMinutes: 0.01 })).result();
    expect(fakes.existing()).toEqual([]);
    const calls = fakes.callsByStep;
    expect(calls).toContain('drain-head/awaitJobsEnded');
    expect(calls.indexOf('drain-head/awaitJobsEnded')).toBeLessThan(calls.indexOf('job-queue-work/terminateJobs'));
    // It is one for all: the heads have used it up.
    expect(calls).not.toContain('drain-work/awaitJobsEnded');
  });

  test('lets tasks in until the last head has ended', async (t) => {
    const { create, dispose, fakes } = await rigOf(t);
    await (await create()).result();
    const heads = fakes.catch('drain-head/awaitJobsEnded');
    const handle = await dispose({ mode: 'drain', drainMinutes: 60 });
    await heads.met;
    expect(fakes.callsByStep).toContain('drain-head/disableJobQueue');
    expect(fakes.callsByStep).not.toContain('drain-work/disableJobQueue');
    heads.end();
    await handle.result();
    const calls = fakes.callsByStep;
    expect(calls.indexOf('drain-work/disableJobQueue')).toBeLessThan(calls.indexOf('drain-work/awaitJobsEnded'));
    expect(fakes.existing()).toEqual([]);
  });

  test('closes a queue of heads and their tasks once it is empty', async (t) => {
    const { create, dispose, fakes } = await rigOf(t, {});
    await (await create()).result();
    const jobs = fakes.catch('drain-main/awaitJobsEnded');
    const handle = await dispose({ mode: 'drain', drainMinutes: 60 });
    await jobs.met;
    expect(fakes.callsByStep).not.toContain('drain-main/disableJobQueue');
    jobs.end();
    await handle.result();
    const calls = fakes.callsByStep;
    expect(calls.lastIndexOf('drain-main/awaitJobsEnded')).toBeGreaterThan(calls.indexOf('drain-main/disableJobQueue'));
  });

  test('that waits for jobs is hurried by a stronger wish', async (t) => {
    const { rig, create, dispose, fakes, view } = await rigOf(t);
    await (await create()).result();
    fakes.world.jobs = 1;
    const handle = await dispose({ mode: 'drain', drainMinutes: 60 });
    await until('it waits', () => fakes.calls.includes('awaitJobsEnded'));
    expect(await view(handle)).toMatchObject({ phase: 'draining', status: 'DELETING' });
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'force', requestedBy: 'someone' }] });
    await untilClosed(rig, handle.workflowId);
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', hidden: true });
  });

  test('by force hides it before anything goes', async (t) => {
    const { create, dispose, fakes } = await rigOf(t);
    await (await create()).result();
    const caught = fakes.catch('job-queue-work/disableJobQueue');
    const handle = await dispose({ mode: 'force' });
    await caught.met;
    expect(fakes.stored()).toMatchObject({ hidden: true, phase: 'deleting' });
    caught.end();
    await handle.result();
    expect(fakes.existing()).toEqual([]);
  });

  test('touches nothing that is to outlive its record, and lists it', async (t) => {
    const { create, dispose, fakes, main } = await rigOf(t, {
      ...SPOT,
      forge: { ...SPOT.forge, disposeOnDeletion: false },
    });
    await (await create()).result();
    const before = fakes.existing();
    const { retained } = (await (await dispose()).result()) as { retained: { id: string }[] };
    expect(fakes.existing()).toEqual(before);
    expect(retained.map(({ id }) => id)).toContain(`ComputeEnvironment ${main}-work`);
    expect(fakes.stored()).toMatchObject({ phase: 'retained', operation: null, disposedAt: null });
    expect(fakes.stored()?.retained).toEqual(retained);
  });

  test('asked for while it is being made takes everything back', async (t) => {
    const { rig, create, fakes } = await rigOf(t);
    const caught = fakes.catch('compute-environment-work/ensureComputeEnvironment');
    const handle = await create({ onFailure: 'keep' });
    await caught.met;
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'terminate', requestedBy: 'someone' }] });
    caught.end();
    await untilClosed(rig, handle.workflowId, 'disposeComputeEnvironment');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted' });
  });

  test('that can’t enter its account for a while takes all of it away', async (t) => {
    const rehearsal = await rigOf(t);
    await (await rehearsal.create()).result();
    rehearsal.fakes.calls.length = 0;
    await (await rehearsal.dispose()).result();

    const { create, dispose, fakes } = await rigOf(t);
    await (await create()).result();
    // Whatever it asks for next, also how things are and whether they are gone, is refused once.
    for (const name of rehearsal.fakes.calls) fakes.failing(name, 'Denied', 1);
    await (await dispose()).result();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [], error: null });
  });
});

describe('an update', () => {
  const larger = (compute: ReturnType<typeof aCompute>) => ({
    ...compute,
    config: { ...compute.config, forge: { ...compute.config.forge, maxCpus: 1_000 } },
  });
  /** With a role of its own, an environment keeps what its instances are made from. */
  const otherTypes = (compute: ReturnType<typeof aCompute>) => ({
    ...compute,
    config: { ...compute.config, forge: { ...compute.config.forge, instanceTypes: ['m5'] } },
  });

  test('in place changes what there is', async (t) => {
    const { create, update, fakes, compute } = await rigOf(t);
    await (await create()).result();
    const before = fakes.existing();
    await (await update(larger(compute))).result();
    expect(fakes.existing()).toEqual(before);
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'available', computeBefore: null, operation: null, error: null },
      compute: { config: { forge: { maxCpus: 1_000 } }, generations: {} },
    });
  });

  describe('of its pools', () => {
    const withPool = (compute: ReturnType<typeof aCompute>) => ({
      ...compute,
      config: { ...compute.config, eyrie: { ...compute.config.eyrie, pools: [aPool({ name: 'gpu', label: 'gpu' })] } },
    });
    const poolsIn = (fakes: ReturnType<typeof computeFakes>) =>
      fakes.stored()?.outputs?.pools.map(({ name }) => name) ?? [];

    test('makes one with its proof, and takes it away again when its jobs have ended', async (t) => {
      const { create, update, fakes, compute, main, things } = await rigOf(t);
      await (await create()).result();
      const before = things();
      await (await update(withPool(compute))).result();
      expect(things()).toEqual([...before, `ComputeEnvironment ${main}-gpu`, `JobQueue ${main}-gpu`].sort());
      expect([poolsIn(fakes), fakes.callsByStep]).toEqual([
        ['head', 'work', 'gpu'],
        expect.arrayContaining(['canary-gpu/ensureCanaryJob']),
      ]);

      const jobs = fakes.catch('drain-gpu/awaitJobsEnded');
      const handle = await update(compute);
      await jobs.met;
      expect(fakes.callsByStep).toContain('drain-gpu/disableJobQueue');
      expect(things()).toContain(`JobQueue ${main}-gpu`);
      jobs.end();
      await handle.result();
      expect([things(), poolsIn(fakes)]).toEqual([before, ['head', 'work']]);
      const { resources, deleted, computeBefore } = fakes.stored() ?? {};
      expect(deleted?.map(({ id }) => id)).toContain(`JobQueue ${main}-gpu`);
      expect(resources?.filter(({ name }) => name?.endsWith('-gpu'))).toEqual([]);
      expect(computeBefore).toBeNull();
    });

    test('that fails takes back the one that it has made', async (t) => {
      const { create, update, fakes, compute, things } = await rigOf(t);
      await (await create()).result();
      const before = things();
      fakes.failing('ensureCanaryJob', 'Denied');
      expect((await failureOf(await update(withPool(compute)))).type).toBe('Denied');
      expect([things(), poolsIn(fakes)]).toEqual([before, ['head', 'work']]);
      expect(fakes.stored()).toMatchObject({ phase: 'available', computeBefore: null, leftovers: [], remedy: null });
    });

    test('that can’t take one away lists it, and a retry, or a disposal, does', async (t) => {
      const { create, update, dispose, fakes, compute, main, things } = await rigOf(t);
      await (await create()).result();
      const before = things();
      await (await update(withPool(compute))).result();
      fakes.failing('deleteJobQueue', 'Denied');
      expect((await failureOf(await update(compute, { runId: 'two' }))).type).toBe('CompensationIncomplete');
      expect(fakes.stored()).toMatchObject({ phase: 'available', remedy: 'update' });
      expect(fakes.stored()?.leftovers.map(({ id }) => id)).toContain(`JobQueue ${main}-gpu`);
      fakes.mend('deleteJobQueue');
      await (await update(compute, { runId: 'two' })).result();
      expect(things()).toEqual(before);

      await (await update(withPool(compute), { runId: 'three' })).result();
      fakes.failing('deleteJobQueue', 'Denied');
      await failureOf(await update(compute, { runId: 'four' }));
      fakes.mend('deleteJobQueue');
      await (await dispose()).result();
      expect(things()).toEqual([]);
    });
  });

  test('of what can’t be changed puts another environment in front, and takes the former one away', async (t) => {
    const { create, update, fakes, compute, main, things } = await rigOf(t);
    await (await create()).result();
    fakes.world.orders.length = 0;
    await (await update(otherTypes(compute))).result();
    expect(fakes.world.orders.filter((order) => order.startsWith(`${main}-work`))).toEqual([
      `${main}-work: ${main}-work-g2, ${main}-work`,
      `${main}-work: ${main}-work-g2`,
    ]);
    expect(things().filter((id) => id.startsWith('ComputeEnvironment'))).toEqual([
      `ComputeEnvironment ${main}-head`,
      `ComputeEnvironment ${main}-work-g2`,
    ]);
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'available', computeBefore: null, leftovers: [], compute: { generations: { work: 2 } } },
      outputs: { pools: [{ name: 'head' }, { name: 'work', environment: { name: `${main}-work-g2` } }] },
    });
  });

  test('waits for the jobs of the former environment, up to its limit', async (t) => {
    const { create, update, fakes, compute } = await rigOf(t);
    await (await create()).result();
    fakes.world.jobs = 1;
    await (await update(otherTypes(compute), { drainMinutes: 0.01 })).result();
    expect(fakes.calls).toContain('awaitComputeEnvironmentDrained');
    expect(fakes.stored()).toMatchObject({ phase: 'available', compute: { generations: { work: 2 } } });
  });

  test('that fails before the switch puts everything back', async (t) => {
    const { create, update, fakes, compute, main } = await rigOf(t);
    await (await create()).result();
    const before = fakes.existing();
    fakes.world.orders.length = 0;
    fakes.failing('awaitCanaryEnded', 'Invalid');
    expect((await failureOf(await update(otherTypes(compute)))).type).toBe('Invalid');
    expect(fakes.existing()).toEqual(before);
    expect(fakes.world.orders.findLast((order) => order.startsWith(`${main}-work`))).toBe(`${main}-work: ${main}-work`);
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'available', compute, computeBefore: null, leftovers: [], remedy: null },
      error: { code: 'Invalid', step: expect.stringMatching(/^canary-/) },
    });
  });

  test('that fails after the switch keeps what is new, and a retry takes what is old', async (t) => {
    const { create, update, fakes, compute, main, things } = await rigOf(t);
    await (await create()).result();
    fakes.failing('deleteComputeEnvironment', 'Denied');
    const failure = await failureOf(await update(otherTypes(compute), { runId: 'second' }));
    expect([failure.type, failure.message]).toEqual([
      'CompensationIncomplete',
      expect.stringContaining(`${main}-work`),
    ]);
    expect(fakes.stored()).toMatchObject({
      ...{ phase: 'available', remedy: 'update', compute: { generations: { work: 2 } }, computeBefore: compute },
      leftovers: [{ id: `ComputeEnvironment ${main}-work` }],
    });
    fakes.mend('deleteComputeEnvironment');
    await (await update(compute, { runId: 'second' })).result();
    expect(fakes.stored()).toMatchObject({ remedy: null, computeBefore: null, leftovers: [] });
    expect(things().filter((id) => id.includes('-work'))).not.toContain(`ComputeEnvironment ${main}-work`);
  });

  test('that is not over is disposed of with all that it has made', async (t) => {
    const { create, update, dispose, fakes, compute } = await rigOf(t);
    await (await create()).result();
    fakes.failing('deleteComputeEnvironment', 'Denied');
    await failureOf(await update(otherTypes(compute)));
    fakes.mend('deleteComputeEnvironment');
    await (await dispose()).result();
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', computeBefore: null });
  });

  test('leaves a disabled one disabled, and one that is refused as it is', async (t) => {
    const { create, update, fakes, compute } = await rigOf(t);
    await (await create()).result();
    fakes.write({ phase: 'disabled' });
    await (await update(larger(compute))).result();
    expect(fakes.stored()).toMatchObject({ phase: 'disabled' });
    fakes.failing('reserveSlots', 'QuotaExceeded');
    expect((await failureOf(await update(compute))).type).toBe('QuotaExceeded');
    expect(fakes.stored()).toMatchObject({
      phase: 'disabled',
      compute: larger(compute),
      error: { code: 'QuotaExceeded' },
    });
  });

  test('of images gives every pool with an older one another environment; a canary that fails puts them back', async (t) => {
    const { create, update, fakes, compute, main } = await rigOf(t);
    await (await create()).result();
    const before = fakes.existing();
    fakes.world.image = 'ami-2';
    fakes.failing('awaitCanaryEnded', 'Invalid');
    await failureOf(await update(compute, { type: 'refreshImages' }));
    expect(fakes.existing()).toEqual(before);
    expect(fakes.stored()?.outputs?.pools.map(({ imageId }) => imageId)).toEqual(['ami-1', 'ami-1']);
    fakes.mend('awaitCanaryEnded');
    await (await update(compute, { type: 'refreshImages' })).result();
    expect(fakes.stored()?.outputs?.pools.map(({ imageId, environment }) => [imageId, environment?.name])).toEqual([
      ['ami-2', `${main}-head-g2`],
      ['ami-2', `${main}-work-g2`],
    ]);
    fakes.world.orders.length = 0;
    await (await update(compute, { type: 'refreshImages' })).result();
    expect(fakes.stored()?.compute.generations).toEqual({ head: 2, work: 2 });
  });

  test('of something else leaves the images as they are', async (t) => {
    const { create, update, fakes, compute } = await rigOf(t);
    await (await create()).result();
    fakes.world.image = 'ami-2';
    await (await update(larger(compute))).result();
    expect(fakes.stored()?.outputs?.pools.map(({ imageId }) => imageId)).toEqual(['ami-1', 'ami-1']);
  });
});

describe('a validation', () => {
  test('says that all is well', async (t) => {
    const { create, validate, fakes } = await rigOf(t);
    await (await create()).result();
    expect(await (await validate()).result()).toEqual({ phase: 'available', problems: [], repaired: [] });
    expect(fakes.stored()).toMatchObject({ phase: 'available', degraded: null, operation: null });
    expect(fakes.stored()?.lastValidated).not.toBeNull();
  });

  test('says what is wrong and what is missing, and changes nothing', async (t) => {
    const { create, validate, fakes, main } = await rigOf(t);
    await (await create()).result();
    fakes.world.wrong = ['compute environment x is INVALID: no such role'];
    fakes.takes(`Role ${main}-ExecutionRole`);
    const before = fakes.existing();
    const problems = [
      `AWS::IAM::Role ${main}-ExecutionRole is not there`,
      'compute environment x is INVALID: no such role',
    ];
    expect(await (await validate()).result()).toEqual({ phase: 'degraded', problems, repaired: [] });
    expect(fakes.existing()).toEqual(before);
    expect(fakes.stored()).toMatchObject({ phase: 'degraded', degraded: problems.join('; ') });
    fakes.world.wrong = [];
    expect(await (await validate(true)).result()).toMatchObject({
      phase: 'available',
      problems: [],
      repaired: [problems[0]],
    });
    expect(fakes.existing()).toContain(`Role ${main}-ExecutionRole`);
    expect(fakes.stored()).toMatchObject({ phase: 'available', degraded: null });
  });

  test('tells what differs of what is there, once it is known what it should be', async (t) => {
    const { create, validate, fakes, main } = await rigOf(t);
    await (await create()).result();
    const differs = `job queue ${main}-work: priority is 7, not 1`;
    fakes.world.differs[`ensureJobQueue ${main}-work`] = [differs];
    const before = fakes.existing();
    const degraded = { phase: 'degraded', problems: [differs], repaired: [] };
    expect(await (await validate()).result()).toEqual(degraded);
    expect([fakes.stored()?.degraded, fakes.existing()]).toEqual([differs, before]);
    // It may be the former one's, or the next one's.
    fakes.write({ computeBefore: fakes.stored()?.compute ?? null });
    const half = ['an update of it has not come to its end'];
    expect(await (await validate()).result()).toEqual({ ...degraded, problems: half });
  });

  test('leaves instances under the jobs that run on them, and repairs once they have ended', async (t) => {
    const { create, validate, fakes, main } = await rigOf(t);
    await (await create()).result();
    const differs = `compute environment ${main}-work: instanceTypes is ["m5.large"], not ["optimal"]`;
    fakes.world.differs[`ensureComputeEnvironment ${main}-work`] = [differs];
    fakes.world.jobs = 2;
    const seen = fakes.calls.length;
    const { phase, problems } = (await (await validate(true)).result()) as { phase: string; problems: string[] };
    expect([phase, problems]).toEqual([
      'degraded',
      [differs, expect.stringMatching(`^it is not repaired while jobs run in ${main}-head, ${main}-work: `)],
    ]);
    expect(fakes.calls.slice(seen)).not.toContain('ensureComputeEnvironment');
    fakes.world.jobs = 0;
    await (await validate(true)).result();
    expect(fakes.calls.slice(seen)).toContain('ensureComputeEnvironment');
  });

  test('says why it could not be repaired', async (t) => {
    const { create, validate, fakes, main } = await rigOf(t);
    await (await create()).result();
    fakes.takes(`Role ${main}-ExecutionRole`);
    fakes.failing('ensureRole', 'Denied');
    const { phase, problems } = (await (await validate(true)).result()) as { phase: string; problems: string[] };
    expect([phase, problems.at(-1)]).toEqual([
      'degraded',
      expect.stringMatching(/^it could not be repaired: .*ensureRole/),
    ]);
  });

  test('that can’t look leaves it what it is', async (t) => {
    const { create, validate, fakes } = await rigOf(t);
    await (await create()).result();
    fakes.failing('observePool', 'Denied');
    expect((await failureOf(await validate())).type).toBe('Denied');
    expect(fakes.stored()).toMatchObject({ phase: 'available', error: { code: 'Denied' }, operation: null });
  });

  test('leaves a disabled one disabled, and one that was degraded available', async (t) => {
    const { create, validate, fakes } = await rigOf(t);
    await (await create()).result();
    fakes.write({ phase: 'disabled' });
    expect(await (await validate()).result()).toMatchObject({ phase: 'disabled' });
    fakes.write({ phase: 'degraded', degraded: 'something' });
    expect(await (await validate()).result()).toMatchObject({ phase: 'available' });
  });
});

describe('the watch', () => {
  const watch = (rig: Awaited<ReturnType<typeof rigOf>>['rig'], environment: string) =>
    rig.client.workflow.execute('watchComputeEnvironments', {
      workflowId: `watch-${randomUUID()}`,
      taskQueue: rig.taskQueue,
      args: [{ environment, repair: true, perMinute: 600, timing: TIMING } satisfies WatchComputeInput],
    });

  test('has what is there validated and repaired, and leaves alone what is busy', async (t) => {
    const { rig, create, update, fakes, compute, main } = await rigOf(t);
    await (await create()).result();
    fakes.answer('findComputeEnvironments', { items: [compute], nextCursor: null });
    fakes.takes(`Role ${main}-ExecutionRole`);
    expect(await watch(rig, compute.environment)).toEqual({ looked: 1, busy: 0 });
    const workflowId = subjectWorkflowId(computeSubject(compute));
    await untilClosed(rig, workflowId, 'validateComputeEnvironment');
    expect(fakes.existing()).toContain(`Role ${main}-ExecutionRole`);
    expect(fakes.stored()).toMatchObject({ phase: 'available', lastValidated: expect.any(String) });

    const caught = fakes.catch('preflight/preflightCompute');
    const handle = await update();
    await caught.met;
    expect(await watch(rig, compute.environment)).toEqual({ looked: 0, busy: 1 });
    caught.end();
    await handle.result();
  });
});

describe('a tenant', () => {
  const SHARED = aCompute({ forge: { type: 'SPOT' }, eyrie: { shared: true } });

  const tenantRig = async (overrides: ComputeOverrides = {}) => {
    const fakes = computeFakes();
    const rig = await workflowRig(fakes.activities as never);
    const compute = aTenant(SHARED, overrides);
    return {
      ...{ rig, fakes, compute, main: `TowerForge-${compute.forgeId}` },
      create: (changes: Parameters<typeof startCreate>[2] = {}) => startCreate(rig, compute, changes),
      dispose: (changes: Parameters<typeof startDispose>[2] = {}) => startDispose(rig, compute, changes),
    };
  };

  test('makes a role and a log group, and asks for no place', async () => {
    const { create, fakes, main } = await tenantRig();
    const outputs = await (await create()).result();
    expect(fakes.existing()).toEqual([`LogGroup /aws/batch/${main}`, `Role ${main}-JobRole`]);
    expect(outputs).toMatchObject({
      headQueue: `TowerForge-${SHARED.forgeId}-head`,
      computeQueue: `TowerForge-${SHARED.forgeId}-work`,
      pools: [{ environment: null, imageId: null }, { environment: null }],
      instanceProfile: null,
      shareIdentifier: main.replace('TowerForge-', ''),
      computeJobRole: expect.stringContaining(`${main}-JobRole`),
    });
    expect(fakes.stored()).toMatchObject({
      phase: 'available',
      canaries: [{ state: 'succeeded' }, { state: 'succeeded' }],
    });
  });

  test('goes with its jobs, which a drain waits for; its role not before them', async () => {
    const { create, dispose, fakes } = await tenantRig();
    await (await create()).result();
    fakes.world.jobs = 3;
    const handle = await dispose({ mode: 'drain', drainMinutes: 60 });
    await until('the drain waits', () => fakes.calls.includes('awaitShareJobsEnded'));
    expect(fakes.calls).not.toContain('terminateShareJobs');
    expect(fakes.existing()).toHaveLength(2);
    fakes.world.jobs = 0;
    await handle.result();
    expect(fakes.existing()).toEqual([]);
    const calls = fakes.callsByStep;
    expect(calls.indexOf('jobs-work/terminateShareJobs')).toBeLessThan(calls.indexOf('job-role/deleteRole'));
    expect(fakes.stored()).toMatchObject({ phase: 'deleted', leftovers: [] });
  });

  test('whose jobs can not be ended keeps their role, and lists both', async () => {
    const { create, dispose, fakes, main } = await tenantRig();
    await (await create()).result();
    fakes.failing('terminateShareJobs', 'Denied');
    fakes.world.jobs = 1;
    expect((await failureOf(await dispose())).type).toBe('CompensationIncomplete');
    expect(fakes.existing()).toContain(`Role ${main}-JobRole`);
    expect(fakes.stored()?.leftovers.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['AWS::Batch::Job', 'AWS::IAM::Role']),
    );
    fakes.mend('terminateShareJobs');
    await (await dispose()).result();
    expect(fakes.existing()).toEqual([]);
  });

  test('that fails takes back what it made', async () => {
    const { create, fakes } = await tenantRig();
    fakes.failing('ensureCanaryJob', 'Denied');
    expect((await failureOf(await create())).type).toBe('Denied');
    expect(fakes.existing()).toEqual([]);
    expect(fakes.stored()).toMatchObject({ phase: 'failed-clean', leftovers: [] });
  });
});

describe('one that is shared', () => {
  const SHARED: ComputeOverrides = { eyrie: { shared: true } };

  test.for(['terminate', 'drain', 'force'] as const)(
    'is not disposed of by %s while others run in it',
    async (mode, t) => {
      const { create, dispose, fakes } = await rigOf(t, SHARED);
      await (await create()).result();
      const before = fakes.existing();
      fakes.world.tenants.push('h.tenant');
      const failure = await failureOf(await dispose({ mode }));
      expect([failure.type, failure.message]).toEqual([
        'DisposeFirst',
        expect.stringContaining('1 compute environment'),
      ]);
      expect(failure.message).not.toContain('h.tenant');
      expect(fakes.existing()).toEqual(before);
      expect(fakes.stored()).toMatchObject({
        ...{ phase: 'available', phaseBefore: null, operation: null, hidden: false, remedy: null },
        error: { code: 'DisposeFirst' },
      });
      fakes.world.tenants.length = 0;
      await (await dispose({ mode })).result();
      expect(fakes.existing()).toEqual([]);
    },
  );

  test('keeps new ones out before it looks for those that it has', async (t) => {
    const { create, dispose, fakes } = await rigOf(t, SHARED);
    await (await create()).result();
    const look = fakes.catch('tenants/findTenants');
    const handle = await dispose();
    await look.met;
    expect(fakes.stored()?.phase).toBe('deleting');
    look.end();
    await handle.result();
  });
});
