import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test, vi } from 'vitest';
import { emptyBucketActivities } from '#activities/s3/empty-bucket.ts';
import type { Aws } from '#aws/clients.ts';
import { fail } from '#domain/core/failures.ts';
import { EMPTYING_BEGINS, type EmptyingState } from '#domain/resources/emptying.ts';
import { planStorage } from '#domain/storage/plan.ts';
import { activityRig, attempt, refOf, TIMING } from '../../control/rig.ts';
import { aStorage } from '../../support/storage-runs.ts';
import { createFakeVersions, type FakeVersions } from './fake-versions.ts';

const VERSIONS = 100_000;
/** More than any slice of these tests takes. */
const LONG_MS = 600_000;
const { contents } = planStorage(aStorage(), '').objects;

const over = (fake: FakeVersions, isStopping?: () => boolean) =>
  emptyBucketActivities({
    aws: { s3: () => fake } as unknown as Aws,
    timing: { ...TIMING, lookEveryMs: 0 },
    ...(isStopping && { isStopping }),
  });

/** One attempt, which goes on from what the one before it told. Answers its result, or what it told before it died. */
const tryOnce = async (
  fake: FakeVersions,
  {
    from = EMPTYING_BEGINS,
    told,
    forMs = LONG_MS,
    isStopping,
  }: { from?: EmptyingState; told?: EmptyingState | undefined; forMs?: number; isStopping?: () => boolean },
) => {
  const environment = new MockActivityEnvironment(told ? { heartbeatDetails: told, attempt: 2 } : {}, {
    logger: new DefaultLogger('ERROR'),
  });
  let last = told;
  environment.on('heartbeat', (state: EmptyingState) => {
    last = state;
  });
  const { emptyBucket } = over(fake, isStopping);
  try {
    const result: EmptyingState = await environment.run(emptyBucket, contents, from, forMs);
    return { result, told: last, error: undefined };
  } catch (error) {
    return { result: undefined, told: last, error };
  }
};

test('a hundred thousand versions go, with worker after worker killed on the way, and none is listed anew', async () => {
  const fake = createFakeVersions(VERSIONS);
  for (let nth = 0; nth < 2_500; nth += 1) fake.uploads.set(`upload-${nth}`, `key-${nth}`);
  let deletes = 0;
  let told: EmptyingState | undefined;
  let kills = 0;
  let result: EmptyingState | undefined;
  // Each worker gets a little further than the one before: 5, 10, 15, … pages.
  while (!result) {
    const dies = 5 * (kills + 1);
    deletes = 0;
    fake.before = (operation) => {
      if (operation !== 'DeleteObjects') return;
      deletes += 1;
      if (deletes > dies) throw fail('Unavailable', 'the worker is gone');
    };
    const one = await tryOnce(fake, { told });
    told = one.told;
    result = one.result;
    if (!result) kills += 1;
    expect(one.error === undefined || one.error instanceof ApplicationFailure).toBe(true);
  }
  expect(kills).toBeGreaterThanOrEqual(4);
  expect(fake.count()).toBe(0);
  expect(fake.uploads.size).toBe(0);
  expect(result).toMatchObject({ done: true, uploads: 2_500, refusedCount: 0 });
  // What was under way at a kill is uncounted at most, and listed once more at most: eight pages each.
  expect(result.removed).toBeGreaterThan(VERSIONS - kills * 8_000);
  expect(fake.listed()).toBeLessThanOrEqual(VERSIONS + kills * 8_000);
  expect(fake.atOnce()).toBeLessThanOrEqual(9);
});

test('nothing of it grows with the bucket: at most eight pages are under way', async () => {
  const fake = createFakeVersions(30_000);
  const waiting: (() => void)[] = [];
  fake.before = (operation) =>
    operation === 'DeleteObjects' ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined;
  const running = tryOnce(fake, {});
  await expect.poll(() => waiting.length).toBe(8);
  const pages = fake.calls.get('ListObjectVersions');
  await new Promise((resolve) => setImmediate(resolve));
  expect(fake.calls.get('ListObjectVersions')).toBe(pages);
  expect(pages).toBe(8);
  const letGo = setInterval(() => {
    for (const go of waiting.splice(0)) go();
  }, 1);
  expect((await running).result).toMatchObject({ done: true, removed: 30_000 });
  clearInterval(letGo);
});

test('a slice ends when its time is over, and the next one goes on from there', async () => {
  const fake = createFakeVersions(20_000);
  const first = await tryOnce(fake, { forMs: 0 });
  expect(first.result).toMatchObject({ done: false, removed: 0 });
  let pages = 0;
  let now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  fake.before = (operation) => {
    if (operation === 'ListObjectVersions') pages += 1;
    if (pages === 12) now += 60;
  };
  const second = await tryOnce(fake, { forMs: 50 });
  expect(second.result?.done).toBe(false);
  expect(second.result?.removed).toBeGreaterThan(0);
  const listed = fake.listed();
  const third = await tryOnce(fake, { from: second.result as EmptyingState });
  expect(third.result).toMatchObject({ done: true, removed: 20_000 });
  expect(fake.listed() - listed).toBe(20_000 - (second.result?.removed ?? 0));
});

test('a worker that stops begins no further page, and another one goes on from there', async () => {
  const fake = createFakeVersions(20_000);
  const slice = await tryOnce(fake, { isStopping: () => fake.count() < 20_000 });
  expect(slice.result?.done).toBe(false);
  expect(slice.result?.removed).toBe(20_000 - fake.count());
  const rest = await tryOnce(fake, { from: slice.result as EmptyingState });
  expect(rest.result).toMatchObject({ done: true, removed: 20_000 });
});

test('keys that fail for a moment are tried again, and those that S3 keeps are told', async () => {
  const fake = createFakeVersions(3_000);
  const failed = new Map<string, number>();
  fake.refuses = (key) => {
    if (key.endsWith('00')) return 'AccessDenied';
    if (!key.endsWith('7')) return undefined;
    failed.set(key, (failed.get(key) ?? 0) + 1);
    return (failed.get(key) ?? 0) <= 2 ? 'SlowDown' : undefined;
  };
  const { result } = await tryOnce(fake, {});
  // 15 keys end so, with two versions each.
  expect(result).toMatchObject({ done: true, pass: 3, refusedCount: 30, removed: 2_970 });
  expect(result?.refused).toHaveLength(20);
  expect(result?.refused).toContainEqual({ key: 'key-00000000', version: 'v1', why: 'AccessDenied: no' });
  expect(fake.count()).toBe(30);
});

test('in S3: versions, delete markers, plain objects and unfinished uploads', async (t) => {
  const { account, deps } = await activityRig(t);
  const s3 = new S3Client(account.client);
  const storage = aStorage({ account: refOf(account) });
  const Bucket = storage.bucket;
  const spec = planStorage(storage, '').objects.contents;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'plain', Body: 'x' }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  for (const Key of ['a b&c', 'plain', 'ü/1']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'y' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'plain' }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }));
  const { emptyBucket } = emptyBucketActivities(deps);
  const state = await attempt(emptyBucket, [spec, EMPTYING_BEGINS, LONG_MS]);
  expect(state).toMatchObject({ done: true, removed: 5, uploads: 1 });
  const left = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect([left.Versions ?? [], left.DeleteMarkers ?? []]).toEqual([[], []]);
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
  // A bucket that is gone is as empty as can be.
  const gone = { ...spec, name: `${Bucket}-gone` };
  expect(await attempt(emptyBucket, [gone, EMPTYING_BEGINS, LONG_MS])).toMatchObject({ done: true, removed: 0 });

  await s3.send(new PutObjectCommand({ Bucket, Key: 'theirs', Body: 'z' }));
  await s3.send(
    new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'eyrie:storage', Value: 'h.another' }] } }),
  );
  await expect(attempt(emptyBucket, [spec, EMPTYING_BEGINS, LONG_MS])).rejects.toMatchObject({ type: 'Conflict' });
  expect((await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toHaveLength(1);
});
