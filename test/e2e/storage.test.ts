import {
  CreateBucketCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStorageHost, type StorageHost, storageRig } from '../api/storage-rig.ts';

const DAY_MS = 24 * 60 * 60_000;

let host: StorageHost;
beforeAll(async () => {
  host = await openStorageHost();
});
afterAll(async () => {
  await host.close();
});

type World = Awaited<ReturnType<typeof storageRig>>;

const ended = async ({ users, idOf }: World, user: string) => {
  await expect.poll(async () => (await users.locate(idOf(user)))?.run?.running).toBe(false);
};

describe('GET /storage/setup', () => {
  test('makes the bucket with its key, and the second call in a day calls AWS no more', async (t) => {
    const world = await storageRig(t, host);
    const { account, call, tokens, bucketOf, control } = world;
    const bucket = bucketOf('alice');
    const answer = await call(tokens.alice, 'GET', '/storage/setup');
    expect([answer.status, answer.body]).toEqual([
      200,
      { bucket, workdir: `s3://${bucket}/ga4gh-tes`, region: 'us-east-1' },
    ]);
    const kinds = (await account.inventory()).map(({ type }) => type).sort();
    expect(kinds).toEqual(['AWS::KMS::Alias', 'AWS::KMS::Key', 'AWS::S3::Bucket']);

    const seen = (await account.journal()).at(-1)?.seq ?? 0;
    const home = (await host.eyrie.home.journal()).at(-1)?.seq ?? 0;
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(200);
    // A client that acts for alice finds it ready as well.
    expect((await call(tokens.clientFor('alice'), 'GET', '/storage/setup')).status).toBe(200);
    expect(await account.journal(seen)).toEqual([]);
    expect(await host.eyrie.home.journal(home)).toEqual([]);

    const info = await call(tokens.alice, 'GET', '/storage/info');
    expect(info.body).toMatchObject({ bucket, state: 'ready', kms_key_arn: expect.stringMatching(/^arn:aws:kms:/) });
    expect(await control.seals.list({ kind: 'storage', environment: 'x', name: 'y' })).toEqual([]);
  });

  test('converges again after a day', async (t) => {
    let now = Date.now();
    const { account, call, tokens } = await storageRig(t, host, { now: () => now });
    await call(tokens.alice, 'GET', '/storage/setup');
    const seen = (await account.journal()).at(-1)?.seq ?? 0;
    now += DAY_MS + 60_000;
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(200);
    const calls = await account.journal(seen);
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter(({ mutating }) => mutating)).toEqual([]);
  });

  test('ten at once make one bucket and one key', async (t) => {
    const { account, call, tokens } = await storageRig(t, host);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(tokens.alice, 'GET', '/storage/setup')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await account.inventory()).toHaveLength(3);
  });

  test('that takes longer is 202 with where to look, and the same call again gets the answer', async (t) => {
    const world = await storageRig(t, host, { waitMs: 0 });
    const { account, call, tokens, idOf } = world;
    await account.faults({ service: 's3', operation: 'CreateBucket', fault: 'slow', delayMs: 1_000 });
    const answer = await call(tokens.alice, 'GET', '/storage/setup');
    expect([answer.status, answer.headers.get('location'), answer.headers.get('retry-after')]).toEqual([
      202,
      `/v1/storage/${idOf('alice')}`,
      '5',
    ]);
    const shown = await call(tokens.alice, 'GET', answer.headers.get('location') ?? '');
    expect(shown.body).toMatchObject({ phase: 'setting-up', user: 'alice', operation: { type: 'setUpStorage' } });
    await ended(world, 'alice');
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(200);
    const events = await call(tokens.alice, 'GET', `/v1/storage/${idOf('alice')}/events`);
    expect(events.text).toMatch(/^event: storage\ndata: \{.*"phase":"ready".*\n\nevent: end/s);
  });

  test('of a name that another account has is a conflict that says what to do', async (t) => {
    const { account, call, tokens, squat } = await storageRig(t, host);
    await squat('alice');
    const answer = await call(tokens.alice, 'GET', '/storage/setup');
    expect([answer.status, answer.body.code]).toEqual([409, 'Conflict']);
    expect(answer.body.detail).toContain('Have its owner delete that bucket');
    expect(await account.inventory()).toEqual([]);
  });

  test('refuses in Gen3’s order: the token, the name, the right', async (t) => {
    const { call, tokens, arborist, account } = await storageRig(t, host, { withArborist: true });
    arborist.decide = () => false;
    arborist.asked.length = 0;
    for (const path of ['/storage/setup', '/storage/info', '/storage/nextflow.config']) {
      expect((await call(null, 'GET', path)).status).toBe(401);
      expect((await call('not-a-token', 'GET', path)).status).toBe(401);
      expect((await call(tokens.nameless, 'GET', path)).status).toBe(401);
    }
    expect(arborist.asked).toEqual([]);
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(403);
    expect(arborist.asked).toEqual(['create /services/workflow/gen3-workflow/tasks']);
    arborist.decide = () => true;
    expect(await account.inventory()).toEqual([]);
  });

  test('grants the user their own tasks and storage', async (t) => {
    const { call, tokens, arborist } = await storageRig(t, host, { withArborist: true });
    expect((await call(tokens.bob, 'GET', '/storage/setup')).status).toBe(200);
    expect([...(arborist.users.get('bob') ?? [])]).toEqual(['gen3_workflow_user_sub_bob']);
  });
});

describe('DELETE /storage/user-bucket', () => {
  test('and its objects: emptied, deleted, then there is none', async (t) => {
    const world = await storageRig(t, host);
    const { account, s3, call, tokens, bucketOf, idOf } = world;
    const Bucket = bucketOf('alice');
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket/objects')).status).toBe(404);
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket')).status).toBe(404);
    await call(tokens.alice, 'GET', '/storage/setup');
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const Key of ['a', 'a', 'b/c']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket/objects')).status).toBe(204);
    expect((await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []).toEqual([]);
    await s3.send(new HeadBucketCommand({ Bucket }));
    const shown = await call(tokens.operator, 'GET', `/v1/storage/${idOf('alice')}`);
    expect(shown.body).toMatchObject({ phase: 'ready', emptying: { removed: 3, uploads: 0 } });

    await s3.send(new PutObjectCommand({ Bucket, Key: 'd', Body: 'x' }));
    const answer = await call(tokens.alice, 'DELETE', '/storage/user-bucket');
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/storage/${idOf('alice')}`]);
    expect(answer.body).toEqual({ message: expect.any(String), bucket: Bucket, details: expect.any(String) });
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket')).status).toBe(202);
    await ended(world, 'alice');
    expect(await account.inventory()).toEqual([]);
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket')).status).toBe(404);
    expect((await call(tokens.alice, 'GET', '/storage/info')).body).toMatchObject({ state: 'deleted' });
    // Deleted and set up again on the same day: made again, not remembered.
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(200);
    await s3.send(new HeadBucketCommand({ Bucket }));
  });

  test('takes a bucket that no set-up has seen', async (t) => {
    const world = await storageRig(t, host);
    const { account, s3, call, tokens, bucketOf } = world;
    await s3.send(new CreateBucketCommand({ Bucket: bucketOf('alice') }));
    await s3.send(new PutObjectCommand({ Bucket: bucketOf('alice'), Key: 'x', Body: 'y' }));
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket/objects')).status).toBe(204);
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket')).status).toBe(202);
    await ended(world, 'alice');
    expect(await account.inventory()).toEqual([]);
  });

  test('during a set-up, and a set-up during it, end in what was asked for last', async (t) => {
    const world = await storageRig(t, host);
    const { account, call, tokens } = world;
    await account.faults({ service: 's3', operation: 'PutBucketPolicy', fault: 'slow', delayMs: 1_000 });
    const setUp = call(tokens.alice, 'GET', '/storage/setup');
    await expect.poll(async () => (await account.inventory()).length).toBeGreaterThan(0);
    expect((await call(tokens.alice, 'DELETE', '/storage/user-bucket')).status).toBe(202);
    // The set-up that was taken back is asked for still: it waits for the removal, and sets up again.
    expect((await setUp).status).toBe(200);
    expect(await account.inventory()).toHaveLength(3);

    await account.faults({ service: 's3', operation: 'DeleteBucket', fault: 'slow', delayMs: 500 });
    const removal = call(tokens.alice, 'DELETE', '/storage/user-bucket');
    expect((await removal).status).toBe(202);
    expect((await call(tokens.alice, 'GET', '/storage/setup')).status).toBe(200);
    expect(await account.inventory()).toHaveLength(3);
  });

  test('needs the right to delete', async (t) => {
    const { call, tokens, arborist } = await storageRig(t, host, { withArborist: true });
    for (const path of ['/storage/user-bucket', '/storage/user-bucket/objects']) {
      expect((await call(null, 'DELETE', path)).status).toBe(401);
      arborist.decide = (method) => method !== 'delete';
      arborist.asked.length = 0;
      expect((await call(tokens.alice, 'DELETE', path)).status).toBe(403);
      expect(arborist.asked).toEqual(['delete /services/workflow/gen3-workflow/storage/alice']);
    }
    arborist.decide = () => true;
  });
});

test('/v1/storage shows users their own, and operators all', async (t) => {
  const { call, tokens, idOf } = await storageRig(t, host);
  await call(tokens.alice, 'GET', '/storage/setup');
  const path = `/v1/storage/${idOf('alice')}`;
  expect((await call(tokens.alice, 'GET', path)).body).toMatchObject({
    ...{ id: idOf('alice'), user: 'alice', phase: 'ready', operation: null, error: null, leftovers: [] },
    steps: [{ name: 'encryption-key', state: 'done' }, { name: 'bucket', state: 'done' }, { name: 'publish' }],
  });
  expect((await call(tokens.operator, 'GET', path)).status).toBe(200);
  const missing = await call(tokens.bob, 'GET', `/v1/storage/${idOf('nobody')}`);
  const foreign = await call(tokens.bob, 'GET', path);
  expect([foreign.status, foreign.body.detail]).toEqual([404, missing.body.detail]);
  expect((await call(tokens.bob, 'GET', `${path}/events`)).status).toBe(404);
  expect((await call(null, 'GET', path)).status).toBe(401);
  expect((await call(tokens.alice, 'POST', `${path}/retry`)).status).toBe(403);
  expect((await call(tokens.bob, 'POST', `${path}/retry`)).status).toBe(404);
  expect((await call(tokens.operator, 'POST', `${path}/retry`)).body).toMatchObject({ code: 'NothingWaiting' });
});

test('GET /v1/storage lists an operator all of it by page and phase, and a user their own', async (t) => {
  const world = await storageRig(t, host);
  const { call, tokens, idOf } = world;
  const list = async (token: string, query = '') => {
    const { status, body } = await call(token, 'GET', `/v1/storage${query}`);
    expect(status).toBe(200);
    return { ids: body.items.map(({ id }: { id: string }) => id), cursor: body.nextCursor, items: body.items };
  };
  expect(await list(tokens.operator)).toMatchObject({ ids: [], cursor: null });
  await call(tokens.alice, 'GET', '/storage/setup');
  await call(tokens.bob, 'GET', '/storage/setup');
  expect((await list(tokens.operator)).items[0]).toMatchObject({ user: 'alice', phase: 'ready', operation: null });
  expect((await list(tokens.operator)).items[0].steps).toBeUndefined();
  const first = await list(tokens.operator, '?limit=1');
  expect(first.ids).toEqual([idOf('alice')]);
  expect((await list(tokens.operator, `?limit=1&cursor=${first.cursor}`)).ids).toEqual([idOf('bob')]);
  expect((await list(tokens.bob)).ids).toEqual([idOf('bob')]);
  await call(tokens.bob, 'DELETE', '/storage/user-bucket');
  await ended(world, 'bob');
  expect((await list(tokens.operator, '?phase=deleted')).ids).toEqual([idOf('bob')]);
  expect((await list(tokens.operator, '?phase=ready')).ids).toEqual([idOf('alice')]);
  expect((await list(tokens.alice, '?phase=deleted')).ids).toEqual([]);
  expect((await call(tokens.operator, 'GET', '/v1/storage?phase=gone')).status).toBe(422);
  expect((await call(null, 'GET', '/v1/storage')).status).toBe(401);
});

test('an operator empties and deletes the storage of somebody; nobody else does by its id', async (t) => {
  const world = await storageRig(t, host);
  const { account, s3, call, tokens, bucketOf, idOf } = world;
  const path = `/v1/storage/${idOf('alice')}`;
  await call(tokens.alice, 'GET', '/storage/setup');
  await s3.send(new PutObjectCommand({ Bucket: bucketOf('alice'), Key: 'x', Body: 'y' }));
  for (const one of [path, `${path}/objects`]) {
    expect((await call(tokens.alice, 'DELETE', one)).status).toBe(403);
    expect((await call(tokens.bob, 'DELETE', one)).status).toBe(404);
    expect((await call(tokens.operator, 'DELETE', one.replace('alice', 'nobody'))).status).toBe(404);
    expect((await call(null, 'DELETE', one)).status).toBe(401);
  }
  await s3.send(new HeadObjectCommand({ Bucket: bucketOf('alice'), Key: 'x' }));
  const emptied = await call(tokens.operator, 'DELETE', `${path}/objects`);
  expect([emptied.status, emptied.body]).toMatchObject([200, { phase: 'ready', emptying: { removed: 1 } }]);
  const deleted = await call(tokens.operator, 'DELETE', path);
  expect([deleted.status, deleted.headers.get('location')]).toEqual([202, path]);
  await ended(world, 'alice');
  expect(await account.inventory()).toEqual([]);
  expect((await call(tokens.operator, 'DELETE', `${path}/objects`)).status).toBe(404);
  expect((await call(tokens.operator, 'DELETE', path)).body).toMatchObject({ phase: 'deleted' });
});

test('GET /storage/nextflow.config fills in everything but the secrets', async (t) => {
  const { call, tokens, bucketOf } = await storageRig(t, host);
  const s3 = await call(tokens.alice, 'GET', '/storage/nextflow.config');
  expect(s3.headers.get('content-type')).toContain('text/plain');
  expect(s3.text).toContain("endpoint = 'https://commons.example/ga4gh/tes'");
  expect(s3.text).toContain("endpoint = 'https://commons.example/s3'");
  expect(s3.text).toContain(`workDir = 's3://${bucketOf('alice')}/ga4gh-tes'`);
  const keys = await call(tokens.alice, 'GET', '/storage/nextflow.config?mode=keys');
  expect(keys.text).toContain("accessKey = System.getenv('KEY_ID')");
  for (const { text } of [s3, keys]) expect(text).not.toContain(tokens.alice);
  expect((await call(tokens.alice, 'GET', '/storage/nextflow.config?mode=other')).status).toBe(422);
});
