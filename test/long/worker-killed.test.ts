/**
 * The whole of Eyrie as processes: a worker that is killed in the middle of a launch, at the calls that have neither a
 * token nor a unique name; and afterwards no secret anywhere but where it belongs.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { adminCall, type FaultState, type InventoryItem } from 'eyrie-sandbox/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { until } from '../support/workspace-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'eyrie-killed-'));
let dev: DevProcess;

beforeAll(async () => {
  dev = await startDevProcess('--db-file', join(folder, 'temporal.db'));
});
afterAll(async () => {
  await dev.stop();
  rmSync(folder, { recursive: true, force: true });
});

const admin = (method: string, path: string, body?: unknown) => adminCall(dev.state().aws, method, path, body);

const launch = async () => {
  const user = `${randomUUID().slice(0, 8)}@example.org`;
  const { status, json } = await dev.call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' });
  expect(status).toBe(202);
  const path = `/v1/workspaces/${(json as WorkspaceView).id}`;
  const show = async () => (await dev.call(user, 'GET', path)).json as WorkspaceView;
  return {
    user,
    path,
    show,
    untilRunning: () => until('it runs', async () => (await show()).phase === 'running'),
  };
};

/** How many there are of what, for one workspace. */
const countsOf = async ({ id, resources }: WorkspaceView): Promise<Record<string, number>> => {
  const all = (await admin('GET', `accounts/${dev.state().account}/inventory`)) as InventoryItem[];
  const escaped = id.slice(id.indexOf('.') + 1);
  const own = all.filter(
    ({ tags, details }) => tags['eyrie:workspace'] === id || String(details.userName ?? '').endsWith(escaped),
  );
  const shared = all.filter(({ type }) => type.startsWith('AWS::KMS'));
  expect(resources.length).toBeGreaterThan(10);
  const counts: Record<string, number> = {};
  for (const { type } of [...own, ...shared]) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

let clean: Record<string, number>;

test('a launch that nothing happens to', async () => {
  const { untilRunning, show } = await launch();
  await untilRunning();
  clean = await countsOf(await show());
  expect(clean).toMatchObject({ 'AWS::EC2::VPC': 1, 'AWS::IAM::AccessKey': 1, 'AWS::KMS::Key': 1 });
});

test.each([
  ['ec2', 'CreateVpc'],
  ['batch', 'CreateComputeEnvironment'],
  ['iam', 'CreateAccessKey'],
])(
  'a worker that is killed at %s %s: another one finishes the launch, and nothing is there twice',
  async (service, operation) => {
    const { account } = dev.state();
    // Done at once and answered late: the worker dies without knowing.
    const rule = { service, operation, account, times: 1, fault: 'slow', delayMs: 5_000 };
    const { ids } = (await admin('POST', 'faults', [rule])) as { ids: string[] };
    const { untilRunning, show, user, path } = await launch();
    await until('the call came', async () => {
      const rules = (await admin('GET', 'faults')) as FaultState[];
      return rules.some(({ id, hits }) => ids.includes(id) && hits > 0);
    });
    await dev.killWorker();
    await untilRunning();
    expect(await countsOf(await show())).toEqual(clean);
    const claim = await dev.call(user, 'POST', `${path}/credentials`);
    expect(claim).toMatchObject({ status: 200, json: { secretAccessKey: expect.any(String) } });
    expect((await dev.call(user, 'POST', `${path}/credentials`)).status).toBe(410);
  },
);

test('a worker that is killed while it empties a bucket: another one goes on from where it was, and counts on', async () => {
  const user = `${randomUUID().slice(0, 8)}`;
  const { status, json } = await dev.call(user, 'GET', '/storage/setup');
  expect(status).toBe(200);
  const { bucket: Bucket } = json as { bucket: string };
  const { aws, region, account } = dev.state();
  const credentials = { accessKeyId: account, secretAccessKey: 'sandbox' };
  const s3 = new S3Client({ endpoint: aws, region, credentials, forcePathStyle: true });
  // A page that is done and told, and half a one that is done and not told.
  const UPLOADS = 60;
  for (let nth = 0; nth < UPLOADS; nth += 1)
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: `upload-${nth}` }));
  const OBJECTS = 1_100;
  for (let from = 0; from < OBJECTS; from += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, nth) =>
        s3.send(new PutObjectCommand({ Bucket, Key: `objects/${from + nth}`, Body: 'x' })),
      ),
    );
  // The second page is done at once and answered late: the worker dies without knowing.
  const rule = { service: 's3', operation: 'DeleteObjects', account, skip: 1, times: 1, fault: 'slow', delayMs: 8_000 };
  const { ids } = (await admin('POST', 'faults', [rule])) as { ids: string[] };
  const emptied = dev.call(user, 'DELETE', '/storage/user-bucket/objects');
  await until('the call came', async () => {
    const rules = (await admin('GET', 'faults')) as FaultState[];
    return rules.some(({ id, hits }) => ids.includes(id) && hits > 0);
  });
  // What was told of the first page has reached Temporal within a second.
  const show = async () => {
    const answer = await dev.call(user, 'GET', `/v1/storage/localhost.${user}`);
    return answer.json as { phase: string; emptying: { removed: number; uploads: number } | null };
  };
  await until('it is told', async () => ((await show()).emptying?.removed ?? 0) >= 1_000);
  await dev.killWorker();
  expect((await emptied).status).toBeLessThan(300);
  await until('it is empty', async () => (await show()).phase === 'ready');
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect([...Versions, ...DeleteMarkers]).toEqual([]);
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
  // The page whose answer nobody heard is the one that may be missing.
  const { removed = 0, uploads = 0 } = (await show()).emptying ?? {};
  expect(uploads).toBe(UPLOADS);
  expect(removed).toBeGreaterThanOrEqual(1_000);
  expect(removed).toBeLessThanOrEqual(OBJECTS);
  s3.destroy();
});

/** Temporal's database with its journals, which hold what the file itself does not yet. A journal goes at each commit. */
const database = (): string =>
  readdirSync(folder)
    .map((name) => readIfThere(join(folder, name)))
    .join('\n');

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/** What the control bucket holds, the seals aside: those are encrypted, and looked at as they are. */
const controlBucket = async (): Promise<string> => {
  const { aws, region, account, controlBucket: Bucket } = dev.state();
  const credentials = { accessKeyId: account, secretAccessKey: 'sandbox' };
  const s3 = new S3Client({ endpoint: aws, region, credentials, forcePathStyle: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const bodies = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString('latin1')) ?? '';
  });
  return (await Promise.all(bodies)).join('\n');
};

test('no secret that AWS issued is in Temporal’s database, in a log, in a record or in an answer of the API', async () => {
  const secrets = (await admin('GET', 'secrets')) as string[];
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  const leakedInto = (text: string): number => secrets.filter((secret) => text.includes(secret)).length;
  const bucket = await controlBucket();
  expect(bucket).toContain('"phase":"running"');
  expect(dev.log()).not.toBe('');
  expect({
    database: leakedInto(database()),
    bucket: leakedInto(bucket),
    log: leakedInto(dev.log()),
    answers: leakedInto(dev.answers.join('\n')),
  }).toEqual({ database: 0, bucket: 0, log: 0, answers: 0 });

  // The scan is worth something: a secret that is planted in a workflow's input is found.
  const connection = await Connection.connect({ address: dev.state().temporal });
  const client = new Client({ connection });
  const planted = { workflowId: 'planted', taskQueue: 'nobody', args: [{ note: secrets[0] }] };
  const handle = await client.workflow.start('planted', planted);
  expect(leakedInto(database())).toBe(1);
  await handle.terminate('it was only planted');
  await connection.close();
});
