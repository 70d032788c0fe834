/** Set-ups and removals of users' storage that something happens to, and what has to be true of the account afterwards. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { FaultRule } from 'eyrie-sandbox/client';
import { expect, type TestContext } from 'vitest';
import type { StorageInput } from '#domain/storage/input.ts';
import { STORAGE_RECORDS } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import { type Change, changesOf, comparable } from './calls.ts';
import type { EyrieHost, Tenant } from './eyrie.ts';
import { aStorage, startRemoval, startSetUp } from './storage-runs.ts';
import { failureOf } from './workspace-runs.ts';

type Faults = readonly Pick<FaultRule, 'service' | 'operation' | 'skip' | 'times' | 'fault'>[];

export interface CleanStorage {
  /** Of a set-up, and of a removal after it. */
  readonly setUp: readonly Change[];
  readonly removal: readonly Change[];
  /** The account between them, comparable. */
  readonly made: readonly unknown[];
}

const storageIn = ({ account }: Tenant): StorageInput =>
  aStorage({ account: { accountId: account.id, region: account.region, roleArn: null, externalId: null } });

const lookAt = async ({ account }: Tenant, { user }: StorageInput) =>
  comparable(await account.inventory(), { account, escapedUser: user });

const recordOf = async ({ control }: Tenant, storage: StorageInput) =>
  (await control.records(STORAGE_RECORDS).read(storageSubject(storage)))?.record;

/** A user has put something there, so that there is something to be emptied. */
const fill = async ({ account }: Tenant, { bucket }: StorageInput): Promise<void> => {
  await new S3Client(account.client).send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'y' }));
};

export const cleanStorage = async (eyrie: EyrieHost): Promise<CleanStorage> => {
  const tenant = await eyrie.tenant();
  const storage = storageIn(tenant);
  await (await startSetUp(tenant.rig, storage)).result();
  const setUp = changesOf(await tenant.account.journal());
  const made = await lookAt(tenant, storage);
  await fill(tenant, storage);
  const seen = (await tenant.account.journal()).at(-1)?.seq ?? 0;
  await (await startRemoval(tenant.rig, storage, 'dispose')).result();
  return { setUp, made, removal: changesOf(await tenant.account.journal(seen)) };
};

/** A set-up that is refused for good at this call: it fails with that, and leaves nothing. */
export const setUpRefusedAt = async (eyrie: EyrieHost, t: TestContext, change: Change): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const storage = storageIn(tenant);
  const { service, operation, nth } = change;
  await tenant.account.faults({ service, operation, skip: nth, times: -1, fault: 'denied' });
  const failure = await failureOf(await startSetUp(tenant.rig, storage));
  expect(failure.type, failure.message).toBe('Denied');
  expect(await recordOf(tenant, storage)).toMatchObject({ phase: 'failed', error: { code: 'Denied' }, leftovers: [] });
  expect(await lookAt(tenant, storage)).toEqual([]);
};

/** A set-up that gets over these faults: it makes what a clean one makes, and no more. */
export const setUpGetsOver = async (
  eyrie: EyrieHost,
  t: TestContext,
  faults: Faults,
  clean: CleanStorage,
): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const storage = storageIn(tenant);
  await tenant.account.faults(...faults);
  await (await startSetUp(tenant.rig, storage)).result();
  expect((await tenant.account.faultStates()).filter(({ hits, times }) => hits < times)).toEqual([]);
  expect(await lookAt(tenant, storage)).toEqual(clean.made);
  expect(await recordOf(tenant, storage)).toMatchObject({ phase: 'ready', leftovers: [], error: null });
};

/** A removal that gets over these faults: nothing is left. */
export const removalGetsOver = async (eyrie: EyrieHost, t: TestContext, faults: Faults): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const storage = storageIn(tenant);
  await (await startSetUp(tenant.rig, storage)).result();
  await fill(tenant, storage);
  await tenant.account.faults(...faults);
  await (await startRemoval(tenant.rig, storage, 'dispose')).result();
  expect((await tenant.account.faultStates()).filter(({ hits, times }) => hits < times)).toEqual([]);
  expect(await lookAt(tenant, storage)).toEqual([]);
  expect(await recordOf(tenant, storage)).toMatchObject({ phase: 'deleted', leftovers: [] });
};

/** A removal that is refused for good at this call: what is left is listed, and a later one takes it. */
export const removalRefusedAt = async (eyrie: EyrieHost, t: TestContext, change: Change): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const storage = storageIn(tenant);
  await (await startSetUp(tenant.rig, storage)).result();
  await fill(tenant, storage);
  const { service, operation, nth } = change;
  await tenant.account.faults({ service, operation, skip: nth, times: -1, fault: 'denied' });
  await startRemoval(tenant.rig, storage, 'dispose').then(failureOf);
  const record = await recordOf(tenant, storage);
  expect(record).toMatchObject({ phase: 'failed', remedy: 'dispose' });
  expect(record?.leftovers.length).toBeGreaterThan(0);
  await tenant.account.clearFaults();
  await (await startRemoval(tenant.rig, storage, 'dispose')).result();
  expect(await lookAt(tenant, storage)).toEqual([]);
};

/**
 * A disposal that is refused, then a set-up that is refused: what the disposal has left stays listed, whatever is swept, until
 * another disposal takes it.
 */
export const refusedTwice = async (eyrie: EyrieHost, t: TestContext): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const storage = storageIn(tenant);
  const { account, rig } = tenant;
  await (await startSetUp(rig, storage)).result();
  await fill(tenant, storage);
  const refuse = (service: string, operation: string) =>
    account.faults({ service, operation, skip: 0, times: -1, fault: 'denied' });
  await refuse('s3', 'DeleteObjects');
  await startRemoval(rig, storage, 'dispose').then(failureOf);
  await account.clearFaults();
  await refuse('s3', 'GetBucketCors');
  await startSetUp(rig, storage).then(failureOf);
  await account.clearFaults();
  const before = await lookAt(tenant, storage);
  const told = async () => {
    const { phase, leftovers = [] } = (await recordOf(tenant, storage)) ?? {};
    return { phase, left: leftovers.map(({ type, name }) => `${type} ${name}`).toSorted() };
  };
  const left = {
    phase: 'failed',
    left: [`AWS::KMS::Key alias/${storage.bucket}`, `AWS::S3::Bucket ${storage.bucket}`],
  };
  expect(await told()).toEqual(left);
  expect((await startRemoval(rig, storage, 'sweep').then(failureOf)).type).toBe('CompensationIncomplete');
  expect(await told()).toEqual(left);
  expect(await lookAt(tenant, storage)).toEqual(before);
  await (await startRemoval(rig, storage, 'dispose')).result();
  expect(await lookAt(tenant, storage)).toEqual([]);
  expect(await told()).toEqual({ phase: 'deleted', left: [] });
};
