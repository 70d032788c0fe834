/**
 * What is remembered of requests is small, whatever they were like: V8 keeps a whole text alive for a part of it, so that a
 * name or a key id that is kept would keep the 64 KiB of the head in which it came.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createStsHandler } from '#s3/auth/sts.ts';
import type { SessionMint } from '#s3/identity/mint.ts';
import type { SessionIdentity } from '#s3/identity/session.ts';
import { S3_SERVER_OPTIONS } from '#s3/mount.ts';
import { type Credentials, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { rawConnection, renderHead } from '../support/raw.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';
import { token } from '../support/tokens.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const REQUESTS = 150;
const PADDING = `padding: ${'x'.repeat(60_000)}`;

let upstream: ScriptedUpstream;
let proxy: TestProxy;
let clientToken: string;
let session: Credentials;

beforeAll(async () => {
  upstream = await scriptedUpstream((_req, res) => res.end('fine'));
  proxy = await startProxy({ upstream: upstream.upstream, audit: () => {} });
  clientToken = await token({ azp: 'tes' });
  session = proxy.session('alice');
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

const headOf = async (credentials: Credentials, user: string, region = 'us-east-1'): Promise<string> =>
  renderHead(
    await signS3({ endpoint: proxy.endpoint, credentials, path: `/${bucketOf(user)}/k`, region }),
    'Connection: keep-alive',
    PADDING,
  );

/** The nth head of somebody who never sends the same twice, and what is answered. */
const STRANGE: Readonly<Record<string, (nth: number) => Promise<{ head: string; answer: RegExp }>>> = {
  'names of headers, by nobody': async (nth) => ({
    head: `GET /s3/bucket/k HTTP/1.1\r\nHost: x\r\nx-a-name-of-its-own-${nth}: 1\r\n${PADDING}\r\n\r\n`,
    answer: /^HTTP\/1\.1 403 [\s\S]*<\/Error>/,
  }),
  'sessions of a user': async () => ({
    head: await headOf(proxy.session('alice'), 'alice'),
    answer: /^HTTP\/1\.1 200 [\s\S]*fine/,
  }),
  'regions of a session': async (nth) => ({
    head: await headOf(session, 'alice', `a-region-of-its-own-${nth}`),
    answer: /^HTTP\/1\.1 200 [\s\S]*fine/,
  }),
  'regions of a token': async (nth) => ({
    head: await headOf(
      { accessKeyId: `${clientToken};userId=alice`, secretAccessKey: 'N/A' },
      'alice',
      `a-region-of-its-own-${nth}`,
    ),
    answer: /^HTTP\/1\.1 200 [\s\S]*fine/,
  }),
  'users of a client': async (nth) => ({
    head: await headOf(
      { accessKeyId: `${clientToken};userId=a-user-of-its-own-${nth}`, secretAccessKey: 'N/A' },
      `a-user-of-its-own-${nth}`,
    ),
    answer: /^HTTP\/1\.1 200 [\s\S]*fine/,
  }),
};

test('a body in pieces of a byte, by nobody', async () => {
  let came = 0;
  const sts = createStsHandler({
    mint: {} as SessionMint,
    sessions: {} as SessionIdentity,
    now: Date.now,
    nextRequestId: () => 'id',
  });
  const server = createServer(S3_SERVER_OPTIONS, (req, res) => {
    req.on('data', (chunk: Buffer) => {
      came += chunk.length;
    });
    sts.handle(req, res);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await rawConnection(port);
  onTestFinished(() => void connection.socket.destroy());
  connection.write('POST /aws/sts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
  await expect.poll(() => came).toBe(1);
  const before = used();
  for (let sent = 1; sent < 60_000; sent += 1_000) connection.write('1\r\nx\r\n'.repeat(1_000));
  await expect.poll(() => came).toBe(60_001);
  expect(used() - before).toBeLessThan(2_000_000);
});

/** Bytes that are in use once there is no garbage. */
const used = (): number => {
  upstream.seen.length = 0;
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

test.each(Object.keys(STRANGE))('%s', async (kind) => {
  const ask = async (nth: number): Promise<void> => {
    const { head, answer } = await (STRANGE[kind] as (typeof STRANGE)[string])(nth);
    const connection = await rawConnection(proxy.port);
    connection.write(head);
    expect(await connection.until(answer)).toMatch(answer);
    connection.socket.destroy();
    await connection.closed;
  };
  for (let nth = 0; nth < 20; nth++) await ask(nth);
  const before = used();
  for (let nth = 20; nth < 20 + REQUESTS; nth++) await ask(nth);
  await expect.poll(() => proxy.s3.stats().active).toBe(0);
  const grown = used() - before;
  expect(grown).toBeLessThan((REQUESTS * PADDING.length) / 3);
});
