/** An upstream that speaks TLS, as AWS does: records of 16 KiB are gathered, a slow client holds them up, a stranger is refused. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, makeCertificate } from '../../../src/cli/dev/certificate.ts';
import { type S3Call, s3, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';

const BODY = randomBytes(5_000_001);
const folder = mkdtempSync(join(tmpdir(), 's3-tls-'));
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let certificate: Certificate;
let received = Buffer.alloc(0);
let written = 0;
let endpoint = '';
let stopUpstream = (): void => {};

beforeAll(async () => {
  certificate = makeCertificate(folder);
  const tls = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
  const server = createServer(tls, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('end', () => {
      received = Buffer.concat(chunks);
      if (req.method !== 'GET') res.end();
      else if (req.url?.includes('endless')) {
        const more = (): void => {
          if (res.destroyed) return;
          written += BODY.length;
          if (res.write(BODY)) setImmediate(more);
          else res.once('drain', more);
        };
        more();
      } else if (req.url?.includes('chunked')) {
        for (let at = 0; at < BODY.length; at += 700_000) res.write(BODY.subarray(at, at + 700_000));
        res.end();
      } else res.writeHead(200, { 'content-length': BODY.length }).end(BODY);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stopUpstream = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterAll(() => {
  stopUpstream();
  rmSync(folder, { recursive: true });
});

describe.each(['lean', 'undici'] as const)('%s', (client) => {
  let proxy: TestProxy;
  const call = (key: string, change: Partial<S3Call> = {}): S3Call => ({
    endpoint: proxy.endpoint,
    path: `/${bucketOf('tls')}/${key}`,
    credentials: proxy.session('tls'),
    ...change,
  });
  beforeAll(async () => {
    const credentials = async () => ({ accessKeyId: 'INTERNALKEYID', secretAccessKey: 'internal-secret' });
    const ca = readFileSync(certificate.ca, 'utf8');
    proxy = await startProxy({ upstream: { endpoint, region: 'us-east-1', credentials, client, ca } });
  });
  afterAll(() => proxy?.stop());

  test.each(['whole', 'chunked'])('a large body, %s, comes through unchanged', async (key) => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => s3(call(key))));
    for (const { status, body } of answers) expect([status, digest(body)]).toEqual([200, digest(BODY)]);
  });

  test('so does an upload', async () => {
    const { status } = await s3(call('key', { method: 'PUT', body: BODY }));
    expect([status, digest(received)]).toEqual([200, digest(BODY)]);
  });

  test('a client that does not read holds up the upstream, and leaves nothing when it goes', async () => {
    written = 0;
    const { target, headers } = await signS3(call('endless'));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(proxy.port, '127.0.0.1', () => {
      socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
    }).on('error', () => {});
    socket.pause();
    // As much as all the sockets on the way hold, and no more: the count comes to a stand.
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = written > 0 && written === before;
          before = written;
          return stands;
        },
        { interval: 500, timeout: 20_000 },
      )
      .toBe(true);
    expect(written).toBeLessThan(60_000_000);
    socket.resetAndDestroy();
    await expect.poll(() => proxy.s3.stats().active, { timeout: 10_000 }).toBe(0);
  });

  test('an upstream that nobody vouches for is not spoken to', async () => {
    const credentials = async () => ({ accessKeyId: 'INTERNALKEYID', secretAccessKey: 'internal-secret' });
    const other = await startProxy({ upstream: { endpoint, region: 'us-east-1', credentials, client } });
    received = Buffer.from('untouched');
    const put = { endpoint: other.endpoint, credentials: other.session('tls'), method: 'PUT', body: BODY };
    const { status } = await s3(call('key', put));
    await other.stop();
    expect([status, received.toString()]).toEqual([503, 'untouched']);
  });
});
