/**
 * Many mixed requests with one in twenty aborted at a random moment: nothing unhandled, no socket left, no object in part.
 * SOAK_REQUESTS sets how many (default 100,000).
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createSigner } from '#s3/upstream/sign.ts';
import { bucketOf } from '../support/proxy.ts';
import { createRandom } from '../support/random.ts';
import { startVersitygw } from '../support/upstreams.ts';

const REQUESTS = Number(process.env.SOAK_REQUESTS ?? 100_000);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const WORKERS = 24;
const BLOCK = Buffer.alloc(2_000_000, 'soak');
const HASHES = new Map<number, string>();
const SIZES = [0, 1, 900, 5_000, 70_000, 600_000];

interface Stats {
  readonly active: number;
  readonly upstream: { readonly open: number; readonly waiting: number };
  readonly errors: unknown[];
  readonly heap: number;
}

const hashOf = (size: number): string => {
  const known = HASHES.get(size);
  if (known) return known;
  const hash = createHash('sha256').update(BLOCK.subarray(0, size)).digest('hex');
  HASHES.set(size, hash);
  return hash;
};

test(`${REQUESTS} mixed requests, seed ${SEED}`, { timeout: 1_200_000 }, async () => {
  const gateway = await startVersitygw();
  const user = 'soak';
  const bucket = bucketOf(user);
  const admin = new S3Client({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    credentials: gateway.credentials,
    forcePathStyle: true,
  });
  await admin.send(new CreateBucketCommand({ Bucket: bucket }));
  const child = fork(fileURLToPath(new URL('./serve.ts', import.meta.url)), [
    JSON.stringify({ endpoint: gateway.endpoint, ...gateway.credentials, user }),
  ]);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const next = <T>(): Promise<T> => new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
  const { port, session } = await next<{
    port: number;
    session: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  }>();
  const stats = (): Promise<Stats> => {
    const answer = next<Stats>();
    child.send('stats');
    return answer;
  };
  const sign = createSigner({
    host: `127.0.0.1:${port}`,
    style: 'path',
    basePath: '/s3',
    region: 'us-east-1',
    now: Date.now,
  });
  const random = createRandom(SEED);
  const statuses: Record<string, number> = {};
  let sent = 0;
  let number = 0;

  /** One request on a connection of its own; aborted after so many bytes in either direction. */
  const request = (
    method: string,
    key: string | undefined,
    size: number,
    query: [string, string][] = [],
    abortAfter = Number.POSITIVE_INFINITY,
  ): Promise<string> =>
    new Promise((resolve) => {
      const payloadHash = method === 'PUT' ? hashOf(size) : hashOf(0);
      const { path, headers } = sign({ method, bucket, key, query, headers: new Map(), payloadHash }, session);
      let head = `${method} ${path} HTTP/1.1\r\n`;
      for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
      if (method === 'PUT') head += `content-length: ${size}\r\n`;
      const socket = connect(port, '127.0.0.1');
      const bytes = Buffer.concat([
        Buffer.from(`${head}connection: close\r\n\r\n`, 'latin1'),
        method === 'PUT' ? BLOCK.subarray(0, size) : BLOCK.subarray(0, 0),
      ]);
      let status = 'none';
      let received = 0;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        if (status === 'none') status = chunk.toString('latin1', 9, 12);
        received += chunk.length;
        if (received >= abortAfter) socket.resetAndDestroy();
      });
      socket.on('close', () => resolve(abortAfter === Number.POSITIVE_INFINITY ? status : 'aborted'));
      if (abortAfter < bytes.length) socket.write(bytes.subarray(0, abortAfter), () => socket.resetAndDestroy());
      else socket.write(bytes);
    });

  const one = async (): Promise<string> => {
    const size = SIZES[random.below(SIZES.length)] as number;
    const key = `o/${random.below(2_000)}-${size}`;
    const abort = random.below(20) === 0 ? 1 + random.below(size + 1_500) : undefined;
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        return `PUT ${await request('PUT', `o/${number++ % 2_000}-${size}`, size, [], abort)}`;
      case 3:
        return `HEAD ${await request('HEAD', key, 0)}`;
      case 4:
        return `DELETE ${await request('DELETE', key, 0, [], abort)}`;
      case 5:
        return `LIST ${await request(
          'GET',
          undefined,
          0,
          [
            ['list-type', '2'],
            ['max-keys', '50'],
          ],
          abort,
        )}`;
      case 6:
        return `FORBIDDEN ${await request('GET', key, 0, [['policy', '']])}`;
      default:
        return `GET ${await request('GET', key, 0, [], abort)}`;
    }
  };
  const worker = async (): Promise<void> => {
    while (sent < REQUESTS) {
      sent++;
      const outcome = await one();
      statuses[outcome] = (statuses[outcome] ?? 0) + 1;
    }
  };

  await Promise.all(Array.from({ length: WORKERS }, worker));
  await expect.poll(async () => (await stats()).active, { timeout: 30_000, interval: 200 }).toBe(0);
  const after = await stats();
  expect(after.errors).toEqual([]);
  expect(after.upstream.waiting).toBe(0);
  await expect.poll(async () => (await stats()).upstream.open, { timeout: 30_000, interval: 500 }).toBe(0); // idle ones go
  expect(after.heap).toBeLessThan(100 * 1024 * 1024);

  // Control: everything that was meant to happen did.
  for (const outcome of [
    'PUT 200',
    'PUT aborted',
    'GET 200',
    'GET 404',
    'GET aborted',
    'HEAD 200',
    'DELETE 204',
    'LIST 200',
    'FORBIDDEN 501',
  ]) {
    expect(statuses[outcome] ?? 0, `${outcome} of ${JSON.stringify(statuses)}`).toBeGreaterThan(0);
  }
  expect(Object.keys(statuses).filter((outcome) => / 5(?!01)/.test(outcome) || outcome.endsWith('none'))).toEqual([]);

  let token: string | undefined;
  do {
    const page = await admin.send(
      new ListObjectsV2Command({ Bucket: bucket, ...(token && { ContinuationToken: token }) }),
    );
    for (const { Key = '', Size } of page.Contents ?? []) expect(Size, Key).toBe(Number(Key.split('-')[1]));
    token = page.NextContinuationToken;
  } while (token);

  child.send('stop');
  expect(await ended).toBe(0);
  admin.destroy();
  await gateway.stop();
});
