/** What one user can take of what all share: connections to the upstream, memory, and work before it is known who asks. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BufferOwner, createBufferBudget } from '#s3/buffer-budget.ts';
import { s3, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy, type TestProxyOptions } from '../support/proxy.ts';
import { type RawConnection, rawConnection, renderHead } from '../support/raw.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';
import { verifyToken } from '../support/tokens.ts';

const MB = 1024 * 1024;
let upstream: ScriptedUpstream;
let proxy: TestProxy;
const open: RawConnection[] = [];

const start = async (options: Omit<TestProxyOptions, 'upstream'> & { readonly upstream?: object } = {}) => {
  proxy = await startProxy({ ...options, upstream: { ...upstream.upstream, ...options.upstream } });
};
beforeEach(async () => {
  upstream = await scriptedUpstream((req, res) => res.end(`to ${req.url}`));
});
afterEach(async () => {
  for (const { socket } of open.splice(0)) socket.destroy();
  await proxy?.stop();
  await upstream?.stop();
});

/** Announces a body and sends the beginning of it. */
const begin = async (user: string, length: number, sent: number, path = '/k', query = {}): Promise<RawConnection> => {
  const signed = await signS3({
    endpoint: proxy.endpoint,
    credentials: proxy.session(user),
    method: Object.keys(query).length > 0 ? 'POST' : 'PUT',
    path: `/${bucketOf(user)}${path}`,
    query,
    hash: 'UNSIGNED-PAYLOAD',
  });
  const connection = await rawConnection(proxy.port);
  open.push(connection);
  connection.write(renderHead(signed, `Content-Length: ${length}`));
  connection.write(Buffer.alloc(sent, 'x'));
  return connection;
};

const get = (user: string) =>
  s3({ endpoint: proxy.endpoint, credentials: proxy.session(user), path: `/${bucketOf(user)}/k` });

describe('connections to the upstream', () => {
  test('an upload holds none before there is something to send', async () => {
    await start({ upstream: { connectionsMax: 4 } });
    const drips = await Promise.all(Array.from({ length: 20 }, () => begin('mallory', 200_000, 60_000)));
    await expect.poll(() => proxy.s3.stats().buffered).toBe(20 * 64 * 1024);
    expect(upstream.connections).toBe(0);
    expect((await get('victim')).status).toBe(200);
    expect(upstream.connections).toBe(1);
    // Control: with a little more it goes up.
    drips[0]?.write(Buffer.alloc(10_000, 'x'));
    await expect.poll(() => proxy.s3.stats().upstream).toMatchObject({ open: 1, idle: 0 });
  });

  test('uploads under way leave the others theirs, and who waits too long is told', async () => {
    await start({ upstream: { connectionsMax: 12, queueMs: 400 } });
    const uploads = await Promise.all(Array.from({ length: 20 }, () => begin('mallory', 200_000, 100_000)));
    // Alone, a user comes to a third.
    await expect.poll(() => proxy.s3.stats().upstream.open).toBe(4);
    for (let i = 0; i < 5; i++) expect((await get('victim')).status).toBe(200);
    expect(proxy.s3.stats().upstream.open).toBe(5);
    const told = (): number => uploads.filter(({ text }) => /^HTTP\/1\.1 503 [\s\S]*SlowDown/.test(text())).length;
    await expect.poll(told).toBe(16);
    for (const { text } of uploads) expect(text()).toMatch(/^$|retry-after: 1/i);
  });

  test('an upload that drips is cut, and its connection freed', async () => {
    await start({ limits: { uploadWindowMs: 400, uploadBytesPerSecond: 4_000 } });
    const connection = await begin('mallory', 200_000, 100_000);
    await expect.poll(() => upstream.connections).toBe(1);
    const drip = setInterval(() => connection.socket.writable && connection.write('x'), 10);
    expect(await connection.until(/RequestTimeout/)).toMatch(/^HTTP\/1\.1 400 /);
    clearInterval(drip);
    await expect.poll(() => proxy.s3.stats().upstream.open).toBe(0);
  });

  test('the time in which the upstream does not read is not the client’s', async () => {
    upstream.script = (_req, res) => void res.end();
    await start({ limits: { uploadWindowMs: 1_000, uploadBytesPerSecond: 1_000, idleMs: 60_000 } });
    const upload = s3({
      endpoint: proxy.endpoint,
      credentials: proxy.session('u'),
      method: 'PUT',
      path: `/${bucketOf('u')}/k`,
      body: Buffer.alloc(8 * MB),
    });
    await expect.poll(() => upstream.sockets.size).toBe(1);
    // The upstream stands still for several windows.
    for (const socket of upstream.sockets) socket.pause();
    const before = performance.now();
    await expect.poll(() => performance.now() - before).toBeGreaterThan(4_000);
    for (const socket of upstream.sockets) socket.resume();
    expect((await upload).status).toBe(200);
  });
});

describe('a body in pieces of a byte', () => {
  const FRAMED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const inChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

  /** One frame of so many bytes, of which the first are sent at once and the others as told. */
  const beginFrame = async (length: number, first: number): Promise<RawConnection> => {
    const signed = await signS3({
      endpoint: proxy.endpoint,
      credentials: proxy.session('mallory'),
      method: 'PUT',
      path: `/${bucketOf('mallory')}/k`,
      hash: FRAMED,
      headers: { 'x-amz-decoded-content-length': String(length) },
    });
    const connection = await rawConnection(proxy.port);
    open.push(connection);
    connection.write(renderHead(signed, 'Transfer-Encoding: chunked'));
    connection.write(inChunk(`${length.toString(16)}\r\n${'x'.repeat(first)}`));
    return connection;
  };

  test('that waits is cut, before it takes a hundred times its size', async () => {
    await start({ upstream: { connectionsMax: 1, queueMs: 600_000 } });
    upstream.script = () => {}; // whoever has the connection keeps it
    const busy = await begin('other', 100, 100);
    await expect.poll(() => proxy.s3.stats().upstream.open).toBe(1);
    const slow = await beginFrame(1_000_000, 200_000);
    await expect.poll(() => proxy.s3.stats().upstream).toMatchObject({ open: 1, waiting: 1 });
    // Control: in pieces as clients send them it waits, until no more of it is read.
    slow.write(inChunk('x'.repeat(8_192)).repeat(20));
    const bytes = await beginFrame(1_000_000, 200_000);
    await expect.poll(() => proxy.s3.stats().upstream.waiting).toBe(2);
    bytes.write(inChunk('x').repeat(20_000));
    await bytes.closed;
    await expect.poll(() => proxy.s3.stats()).toMatchObject({ active: 2, upstream: { waiting: 1 } });
    expect([busy.socket.destroyed, slow.socket.destroyed]).toEqual([false, false]);
  });

  test('is taken like any other where nothing makes it wait', async () => {
    await start();
    expect((await get('mallory')).status).toBe(200);
    const connection = await beginFrame(5_000, 0);
    connection.write(`${inChunk('x').repeat(5_000)}${inChunk('\r\n0\r\n\r\n')}0\r\n\r\n`);
    expect(await connection.until(/^HTTP\/1\.1 \d+/)).toMatch(/^HTTP\/1\.1 200/);
    expect(upstream.seen.at(-1)?.body).toHaveLength(5_000);
  });
});

describe('memory for bodies that are collected', () => {
  test('sixty unfinished documents take no more than their user may', async () => {
    await start();
    const documents = await Promise.all(
      Array.from({ length: 60 }, () => begin('mallory', 4 * MB, 0, '/k', { uploadId: 'id' })),
    );
    const refused = (): number => documents.filter(({ text }) => /^HTTP\/1\.1 503 [\s\S]*SlowDown/.test(text())).length;
    await expect.poll(refused).toBe(56);
    expect(proxy.s3.stats().buffered).toBe(16 * MB);
    // The others have theirs.
    const other = await begin('victim', 4 * MB, 0, '/k', { uploadId: 'id' });
    await expect.poll(() => proxy.s3.stats().buffered).toBe(20 * MB);
    other.socket.destroy();
    for (const { socket } of documents) socket.destroy();
    await expect.poll(() => proxy.s3.stats().buffered).toBe(0);
  });

  test('users who fill all that is theirs leave room for an upload of the next ones', async () => {
    await start();
    const crowd = Array.from({ length: 8 }, (_, i) => `mallory${i}`);
    for (const user of crowd) {
      const before = proxy.s3.stats().buffered;
      const drips = await Promise.all(
        Array.from({ length: 6 }, () => begin(user, 4 * MB, 0, '/k', { uploadId: 'id' })),
      );
      const told = (): number => drips.filter(({ text }) => /SlowDown/.test(text())).length;
      await expect.poll(() => (proxy.s3.stats().buffered - before) / (4 * MB) + told()).toBe(6);
    }
    for (let i = 0; i < 20; i++) {
      const upload = await begin(`victim${i}`, 60_000, 60_000);
      expect(await upload.until(/^HTTP\/1\.1 \d+ /)).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  test('whatever ten users ask for, the next ones find room for a first piece', () => {
    const step = fc.record({ user: fc.nat(9), bytes: fc.nat(4 * MB) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 500, size: 'max' }), (steps) => {
        const budget = createBufferBudget({ bufferBytesPerUser: 16 * MB, bufferBytesMax: 64 * MB });
        const users = Array.from({ length: 10 }, () => ({ buffered: 0 }));
        for (const { user, bytes } of steps) budget.reserve(users[user] as BufferOwner, bytes);
        // And whoever has none beside them.
        for (let i = 0; i < 8; i++) expect(budget.reserve({ buffered: 0 }, 64 * 1024)).toBe(true);
      }),
    );
  });

  test('however an exchange ends, what it reserved is free again', async () => {
    await start({ limits: { uploadWindowMs: 400 } });
    const [whole, small, tooLong, cut, slow] = await Promise.all([
      begin('u', 100_000, 100_000),
      begin('u', 1_000, 1_000),
      begin('u', 5 * MB, 10, '/k', { uploadId: 'id' }),
      begin('u', 100_000, 70_000),
      begin('u', 100_000, 10),
    ]);
    await whole?.until(/^HTTP\/1\.1 200 /);
    await small?.until(/^HTTP\/1\.1 200 /);
    await tooLong?.until(/MaxMessageLengthExceeded/);
    cut?.socket.destroy();
    await slow?.until(/RequestTimeout/);
    await expect.poll(() => proxy.s3.stats()).toMatchObject({ buffered: 0, active: 0 });
  });

  test('neither a user nor all of them have more than their budget, nor less than before when all is released', () => {
    const step = fc.record({ user: fc.nat(3), bytes: fc.nat(60), isRelease: fc.boolean() });
    const refused = { ofUser: 0, ofAll: 0 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const budget = createBufferBudget({ bufferBytesPerUser: 100, bufferBytesMax: 250 });
        const users = Array.from({ length: 4 }, () => ({ owner: { buffered: 0 }, held: [] as number[] }));
        const sum = () => users.reduce((total, { held }) => total + held.reduce((a, b) => a + b, 0), 0);
        for (const { user, bytes, isRelease } of steps) {
          const { owner, held } = users[user] as (typeof users)[number];
          if (isRelease) budget.release(owner, held.pop() ?? 0);
          else {
            const isShare = (owner.buffered + bytes) * 2 <= 250 - sum();
            const fits = owner.buffered + bytes <= 100 && sum() + bytes <= 250 && (isShare || owner.buffered === 0);
            expect(budget.reserve(owner, bytes)).toBe(fits);
            if (!fits) refused[owner.buffered + bytes > 100 ? 'ofUser' : 'ofAll']++;
            if (fits) held.push(bytes);
          }
          expect(owner.buffered).toBe(held.reduce((a, b) => a + b, 0));
          expect(budget.reserved).toBe(sum());
        }
      }),
    );
    // Both budgets were met.
    expect(Math.min(refused.ofUser, refused.ofAll)).toBeGreaterThan(50);
  });
});

test('more than a hundred query parameters are refused before anybody is asked', async () => {
  let asked = 0;
  await start({
    verifyToken: (token) => {
      asked++;
      return verifyToken(token);
    },
  });
  const query = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, '']));
  const token = { accessKeyId: 'a.b.c', secretAccessKey: 'N/A' };
  const call = (count: number) =>
    s3({ endpoint: proxy.endpoint, credentials: token, path: `/${bucketOf('u')}/k`, query: query(count) });
  const many = await call(101);
  expect([many.status, many.code, asked]).toEqual([400, 'InvalidURI', 0]);
  // Control: as many as are allowed lead to the question.
  expect([(await call(100)).code, asked]).toEqual(['InvalidAccessKeyId', 1]);
});
