/** Compute environments in an account of the sandbox: built, made, and looked at. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { FaultRule } from 'eyrie-sandbox/client';
import { expect, type TestContext } from 'vitest';
import type { ComputeInput } from '#domain/compute/input.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { aCompute, aPool, aTenant, type ComputeOverrides } from '../domain/compute-input.ts';
import { type Change, changesOf, comparable } from './calls.ts';
import { startCreate, startDispose, startUpdate, startValidation } from './compute-runs.ts';
import type { EyrieHost } from './eyrie.ts';
import { failureOf, until } from './workspace-runs.ts';

export const computeTenant = async (t: TestContext | undefined, eyrie: EyrieHost, overrides: ComputeOverrides = {}) => {
  const tenant = await eyrie.tenant(t);
  const { account, rig, control } = tenant;
  const bucket = `work-${account.id}`;
  await new S3Client(account.client).send(new CreateBucketCommand({ Bucket: bucket }));
  const compute: ComputeInput = aCompute({
    account: { accountId: account.id, region: account.region, roleArn: null, externalId: null },
    ...overrides,
    config: { workDir: `s3://${bucket}/work`, ...overrides.config },
  });
  const before = await account.inventory();
  return {
    ...{ account, rig, compute, main: `TowerForge-${compute.forgeId}`, before },
    create: (changes: Parameters<typeof startCreate>[2] = {}) => startCreate(rig, compute, changes),
    dispose: (changes: Parameters<typeof startDispose>[2] = {}) => startDispose(rig, compute, changes),
    update: (to = compute, changes: Parameters<typeof startUpdate>[2] = {}) => startUpdate(rig, to, changes),
    validate: (repair = false) => startValidation(rig, compute, repair),
    record: async () => (await control.records(COMPUTE_RECORDS).read(computeSubject(compute)))?.record,
    /** What there is besides what was there before. */
    made: async () => {
      const ids = new Set(before.map(({ id }) => id));
      return (await account.inventory()).filter(({ id }) => !ids.has(id));
    },
  };
};

/** What the matrix can play: `SHAPE=fargate MATRIX=all npm test -- --tier long compute-faults`. CI plays the least. */
const SHAPES: Readonly<Record<string, ComputeOverrides>> = {
  least: {},
  everything: {
    forge: { type: 'SPOT', allocStrategy: 'BEST_FIT', efsCreate: true, fsxSize: 1_200 },
    eyrie: { serviceRole: true, fairShare: { shareDecaySeconds: 60, computeReservation: 0, shares: [] } },
  },
  efs: { forge: { efsCreate: true } },
  fargate: { config: { waveEnabled: true, fusion2Enabled: true }, forge: { type: 'SPOT', fargateHeadEnabled: true } },
  pools: { eyrie: { pools: [aPool(), aPool({ name: 'spot', label: 'spot', type: 'SPOT' })] } },
};

const shapeOf = (name: string): ComputeOverrides => {
  const shape = SHAPES[name];
  if (!shape) throw new Error(`no shape ${name}: there are ${Object.keys(SHAPES).join(', ')}`);
  return shape;
};

const SHAPE = shapeOf(process.env.SHAPE ?? 'least');

type Faults = readonly Pick<FaultRule, 'service' | 'operation' | 'skip' | 'times' | 'fault'>[];

export interface CleanCompute {
  /** Of a create, and of a disposal after it. */
  readonly create: readonly Change[];
  readonly dispose: readonly Change[];
  /** What is there between them, comparable. */
  readonly made: readonly unknown[];
  /** Of an update between them, and what is there after it. */
  readonly update: readonly Change[];
  readonly updated: readonly unknown[];
}

type World = Awaited<ReturnType<typeof computeTenant>>;

/** That of the matrix: what it has may hold data, so a disposal says that it may go. */
const matrixTenant = async (t: TestContext | undefined, eyrie: EyrieHost): Promise<World> => {
  const world = await computeTenant(t, eyrie, SHAPE);
  return { ...world, dispose: (changes = {}) => world.dispose({ dataConfirmed: true, ...changes }) };
};

/** Each account has a default network of its own. */
const lookAt = async ({ made, account, compute }: World): Promise<readonly unknown[]> => {
  const items = comparable(await made(), { account, escapedUser: compute.forgeId });
  return JSON.parse(JSON.stringify(items).replaceAll(/(subnet|sg)-[0-9a-f]{17}/g, '<$1>'));
};

const seen = async ({ account }: World): Promise<number> => (await account.journal()).at(-1)?.seq ?? 0;

/** All faults that were to come have come. */
const expectMet = async ({ account }: World): Promise<void> =>
  expect((await account.faultStates()).filter(({ hits, times }) => hits < times)).toEqual([]);

export const cleanCompute = async (eyrie: EyrieHost): Promise<CleanCompute> => {
  const world = await matrixTenant(undefined, eyrie);
  const first = await seen(world);
  await (await world.create()).result();
  const create = changesOf(await world.account.journal(first));
  const made = await lookAt(world);
  const second = await seen(world);
  await (await world.update(changed(world))).result();
  const update = changesOf(await world.account.journal(second));
  const updated = await lookAt(world);
  const third = await seen(world);
  await (await world.dispose()).result();
  return { create, made, update, updated, dispose: changesOf(await world.account.journal(third)) };
};

/** Instances of another type, more of them, and logs that are kept for another time. */
const changed = ({ compute }: World): ComputeInput => {
  const { config } = compute;
  const forge = { ...config.forge, instanceTypes: ['m5'], maxCpus: 128 };
  return { ...compute, config: { ...config, forge, eyrie: { ...config.eyrie, logRetentionDays: 30 } } };
};

const faultAt = ({ service, operation, nth }: Change, fault: FaultRule['fault'], times: number) =>
  [{ service, operation, skip: nth, times, fault }] as Faults;

/** A create whose worker dies at this call: another one goes on, and it makes what a clean one makes. */
export const createOutlivesWorker = async (
  eyrie: EyrieHost,
  t: TestContext,
  { service, operation, nth }: Change,
  clean: CleanCompute,
): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  const came = eyrie.killAt(world.account.id, `${service}:${operation}`, nth);
  await (await world.create()).result();
  expect(came()).toBe(true);
  expect(await lookAt(world)).toEqual(clean.made);
  expect(await world.record()).toMatchObject({ phase: 'available', leftovers: [], error: null });
};

/** A disposal whose worker dies at this call: nothing is left all the same. */
export const disposeOutlivesWorker = async (
  eyrie: EyrieHost,
  t: TestContext,
  { service, operation, nth }: Change,
): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await (await world.create()).result();
  const came = eyrie.killAt(world.account.id, `${service}:${operation}`, nth);
  await (await world.dispose()).result();
  expect(came()).toBe(true);
  expect(await lookAt(world)).toEqual([]);
};

/** An update that is refused for good at this call: it is what it was, or says what it is, and goes on once it may. */
export const updateRefusedAt = async (
  eyrie: EyrieHost,
  t: TestContext,
  change: Change,
  clean: CleanCompute,
): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await (await world.create()).result();
  await world.account.faults(...faultAt(change, 'denied', -1));
  const failure = await failureOf(await world.update(changed(world)));
  const record = await world.record();
  if (failure.type === 'Denied') {
    // The same call puts it back: where that is refused, too, it says so.
    expect(await lookAt(world)).toEqual(clean.made);
    expect(record).toMatchObject({ phase: 'available', computeBefore: null, leftovers: [] });
  } else {
    expect(failure.type).toBe('CompensationIncomplete');
    expect(record?.remedy).toBe('update');
    expect(record?.error).not.toBeNull();
  }
  await world.account.clearFaults();
  // One that has not come to its end is retried, as an operator would.
  await (await world.update(changed(world), record?.computeBefore ? { runId: record.runId } : {})).result();
  expect(await lookAt(world)).toEqual(clean.updated);
};

/** An update that gets over this: it is what a clean one makes. */
export const updateGetsOver = async (
  eyrie: EyrieHost,
  t: TestContext,
  change: Change,
  trouble: 'lost-answer' | 'killed',
  clean: CleanCompute,
): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await (await world.create()).result();
  const { service, operation, nth } = change;
  const died = trouble === 'killed' ? eyrie.killAt(world.account.id, `${service}:${operation}`, nth) : undefined;
  if (!died) await world.account.faults(...faultAt(change, 'lost-answer', 1));
  await (await world.update(changed(world))).result();
  if (died) expect(died()).toBe(true);
  else await expectMet(world);
  expect(await lookAt(world)).toEqual(clean.updated);
  expect(await world.record()).toMatchObject({ phase: 'available', leftovers: [], error: null });
};

/** A create that is refused for good at this call: it fails, and leaves nothing. */
export const createRefusedAt = async (eyrie: EyrieHost, t: TestContext, change: Change): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await world.account.faults(...faultAt(change, 'denied', -1));
  const failure = await failureOf(await world.create());
  // Its undo makes the very call: what is left is listed, and a disposal takes it.
  if (takesAway(change)) {
    expect(failure.type, failure.message).toBe('CompensationIncomplete');
    await expectLeftovers(world, 'sweep');
    return;
  }
  expect(failure.type, failure.message).toBe('Denied');
  expect(await lookAt(world)).toEqual([]);
  expect(await world.record()).toMatchObject({ phase: 'failed-clean', leftovers: [], remedy: 'create' });
};

const takesAway = ({ operation }: Change): boolean => operation.startsWith('De');

/** What could not be taken away is listed, and a disposal takes it once it may. */
const expectLeftovers = async (world: World, remedy: 'sweep' | 'terminate'): Promise<void> => {
  const record = await world.record();
  expect(record).toMatchObject({ phase: 'failed-dirty', remedy });
  expect(record?.leftovers.length).toBeGreaterThan(0);
  await world.account.clearFaults();
  await (await world.dispose()).result();
  expect(await lookAt(world)).toEqual([]);
};

/** A create that gets over these faults: it makes what a clean one makes, and no more. */
export const createGetsOver = async (
  eyrie: EyrieHost,
  t: TestContext,
  faults: Faults,
  clean: CleanCompute,
): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await world.account.faults(...faults);
  await (await world.create()).result();
  await expectMet(world);
  expect(await lookAt(world)).toEqual(clean.made);
  expect(await world.record()).toMatchObject({ phase: 'available', leftovers: [], error: null });
};

/** A create that is cancelled while this call is under way: nothing is left. */
export const createCancelledAt = async (eyrie: EyrieHost, t: TestContext, change: Change): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  const { service, operation, nth } = change;
  await world.account.faults({ service, operation, skip: nth, times: 1, fault: 'slow', delayMs: 300 });
  const handle = await world.create();
  await until('the call came', async () => ((await world.account.faultStates())[0]?.hits ?? 0) > 0);
  await handle.cancel();
  await handle.result().catch(() => undefined);
  expect(await lookAt(world)).toEqual([]);
  expect(await world.record()).toMatchObject({ phase: 'failed-clean', leftovers: [] });
};

/** A disposal that gets over these faults: nothing is left. */
export const disposeGetsOver = async (eyrie: EyrieHost, t: TestContext, faults: Faults): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await (await world.create()).result();
  await world.account.faults(...faults);
  await (await world.dispose()).result();
  await expectMet(world);
  expect(await lookAt(world)).toEqual([]);
  expect(await world.record()).toMatchObject({ phase: 'deleted', leftovers: [] });
};

/** A disposal that is refused for good at this call: what is left is listed, and a later one takes it. */
export const disposeRefusedAt = async (eyrie: EyrieHost, t: TestContext, change: Change): Promise<void> => {
  const world = await matrixTenant(t, eyrie);
  await (await world.create()).result();
  await world.account.faults(...faultAt(change, 'denied', -1));
  expect((await failureOf(await world.dispose())).type).toBe('CompensationIncomplete');
  await expectLeftovers(world, 'terminate');
};

/** A shared one in which each case has a tenant of its own, one after the other: faults are the account's. */
export const sharedWorld = async (eyrie: EyrieHost) => {
  const world = await computeTenant(undefined, eyrie, { eyrie: { shared: true } });
  await (await world.create()).result();
  const { account, rig } = world;
  const there = async (): Promise<readonly string[]> => (await account.inventory()).map(({ id }) => id).sort();
  const bare = await there();
  const tenant = async () => {
    // Of a case that has failed.
    await account.clearFaults();
    const compute = aTenant(world.compute, { config: { workDir: world.compute.config.workDir } });
    return {
      create: () => startCreate(rig, compute),
      dispose: () => startDispose(rig, compute),
      record: async () => (await eyrie.control.records(COMPUTE_RECORDS).read(computeSubject(compute)))?.record,
    };
  };
  const first = await seen(world);
  const clean = await tenant();
  await (await clean.create()).result();
  const create = changesOf(await account.journal(first));
  const size = (await there()).length;
  const second = await seen(world);
  await (await clean.dispose()).result();
  const dispose = changesOf(await account.journal(second));

  /** It makes what a clean one makes, and nothing of it is left afterwards. */
  const livesAndGoes = async ({ create: begin, dispose: end, record }: Awaited<ReturnType<typeof tenant>>) => {
    await (await begin()).result();
    expect(await there()).toHaveLength(size);
    expect(await record()).toMatchObject({ phase: 'available', leftovers: [], error: null });
    await (await end()).result();
    expect(await there()).toEqual(bare);
  };

  return {
    ...{ create, dispose },
    /** Refused for good at this call: it fails, leaves nothing, and is made once it may. */
    async createRefusedAt(change: Change): Promise<void> {
      const one = await tenant();
      await account.faults(...faultAt(change, 'denied', -1));
      expect((await failureOf(await one.create())).type).toBe('Denied');
      await account.clearFaults();
      expect(await there()).toEqual(bare);
      expect(await one.record()).toMatchObject({ phase: 'failed-clean', leftovers: [] });
      await livesAndGoes(one);
    },
    async createGetsOver(change: Change, trouble: 'lost-answer' | 'killed'): Promise<void> {
      const { service, operation, nth } = change;
      const one = await tenant();
      const died = trouble === 'killed' ? eyrie.killAt(account.id, `${service}:${operation}`, nth) : undefined;
      if (!died) await account.faults(...faultAt(change, 'lost-answer', 1));
      await livesAndGoes(one);
      if (died) expect(died()).toBe(true);
      else await expectMet(world);
    },
    /** Refused for good at this call: what is left is listed, and goes once it may. */
    async disposeRefusedAt(change: Change): Promise<void> {
      const { create: begin, dispose: end, record } = await tenant();
      await (await begin()).result();
      await account.faults(...faultAt(change, 'denied', -1));
      expect((await failureOf(await end())).type).toBe('CompensationIncomplete');
      expect((await record())?.leftovers.length).toBeGreaterThan(0);
      await account.clearFaults();
      await (await end()).result();
      expect(await there()).toEqual(bare);
    },
  };
};
