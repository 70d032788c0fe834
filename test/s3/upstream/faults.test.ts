/** Faults at every point of an exchange, with either client: each is answered, and nothing is left behind. */

import { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type S3Call, s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';

/** What an exchange is made of: one that is kept, keeps its request, its answer, a connection or bytes. */
const HELD = { Socket, IncomingMessage, ServerResponse, Uint8Array };

/** How many of each are alive, after a collection. */
const alive = (): Record<string, number> =>
  Object.fromEntries(Object.entries(HELD).map(([name, type]) => [name, Number(queryObjects(type))]));

type Behaviour = (socket: Socket, request: Buffer) => void;

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\nETag: "x"\r\n\r\n';
const full = (status: number): string => {
  const body = status === 204 || status === 304 ? '' : `<Error><Code>NoSuchKey</Code></Error>`;
  return `HTTP/1.1 ${status} X\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
};

/** Name, what the upstream does once it has the request, and the statuses that may come of it (0: cut). */
const FAULTS: [string, Behaviour, number[]][] = [
  ['reset at once', (socket) => void socket.resetAndDestroy(), [503]],
  ['closed at once', (socket) => void socket.end(), [503]],
  ['reset in the status line', (socket) => void socket.write('HTTP/1.1 20', () => socket.resetAndDestroy()), [503]],
  ['closed in the headers', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le'), [503]],
  ['closed behind the head', (socket) => void socket.end(HEAD), [0, 503]],
  ['reset in the body', (socket) => void socket.write(`${HEAD}hello`, () => socket.resetAndDestroy()), [0, 503]],
  ['closed in the body', (socket) => void socket.end(`${HEAD}hello`), [0]],
  [
    'closed in a chunk',
    (socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello'),
    [0],
  ],
  [
    'closed between chunks',
    (socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    [0],
  ],
  ['not HTTP', (socket) => void socket.end('220 smtp.example ESMTP\r\n'), [503]],
  [
    'two lengths',
    (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'),
    [503],
  ],
  ['an endless head', (socket) => void socket.end(`HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(100_000)}\r\n\r\n`), [503]],
  [
    'more than announced',
    (socket) =>
      void socket.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen',
      ),
    [200, 0],
  ],
  ...[200, 204, 206, 301, 304, 307, 400, 401, 403, 404, 409, 412, 416, 429, 500, 501, 502, 503, 504].map(
    (status): [string, Behaviour, number[]] => [
      `status ${status}`,
      (socket) => void socket.write(full(status)),
      [200, 204, 206, 301, 304, 400, 403, 404, 409, 412, 416, 500, 501, 503],
    ],
  ),
];

describe.each(['lean', 'undici'] as const)('%s', (client) => {
  let behave: Behaviour = () => {};
  let server: Server;
  let proxy: TestProxy;
  /** One for all: the proxy remembers the sessions that it has seen, up to a bound. */
  let session: S3Call['credentials'];
  const sockets = new Set<Socket>();
  const HOME = `/${bucketOf('u')}`;

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      let seen = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        const end = seen.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(seen.toString('latin1', 0, Math.max(end, 0)))?.[1] ?? 0);
        if (end < 0 || seen.length < end + 4 + length) return;
        const request = seen;
        seen = Buffer.alloc(0);
        behave(socket, request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = async () => ({ accessKeyId: 'k', secretAccessKey: 's' });
    proxy = await startProxy({
      upstream: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials, client, connectionsMax: 16 },
    });
    session = proxy.session('u');
  });
  afterAll(async () => {
    await proxy?.stop();
    server?.close();
    for (const socket of sockets) socket.destroy();
  });

  const call = async (partial: Partial<S3Call> = {}): Promise<Answer | undefined> => {
    try {
      return await s3({ endpoint: proxy.endpoint, credentials: session, path: `${HOME}/k`, ...partial });
    } catch {
      return undefined; // cut, which is how a broken response has to end
    }
  };
  const works = async (): Promise<void> => {
    behave = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const [get, put, upload] = await Promise.all([
      call(),
      call({ method: 'PUT', body: 'x' }),
      call({ method: 'PUT', body: 'x'.repeat(200_000) }),
    ]);
    expect([get?.text, put?.status, upload?.status]).toEqual(['ok', 200, 200]);
  };

  test.each(FAULTS)('%s', async (_name, behaviour, statuses) => {
    for (const partial of [
      {},
      { method: 'HEAD' },
      { method: 'PUT', body: 'small' },
      { method: 'PUT', body: 'x'.repeat(200_000) },
      { method: 'DELETE' },
    ]) {
      behave = behaviour;
      const answer = await call(partial);
      // A HEAD has no body that could be cut.
      const expected = partial.method === 'HEAD' ? [...statuses, 200] : statuses;
      expect(expected, `${partial.method ?? 'GET'}: ${answer?.text}`).toContain(answer?.status ?? 0);
      expect(answer?.text ?? '').not.toContain('stolen');
    }
    await works();
    await expect.poll(() => proxy.s3.stats().active).toBe(0);
  });

  test('a stall before the head ends with the client, and takes nothing along', async () => {
    behave = () => {};
    const answers = [call(), call()];
    await expect.poll(() => proxy.s3.stats().active).toBe(2);
    // Each is sent again twice, into the same silence.
    const cutting = setInterval(() => {
      for (const socket of sockets) socket.destroy();
    }, 20);
    for (const answer of await Promise.all(answers)) expect(answer?.status ?? 0).toBe(503);
    clearInterval(cutting);
    await works();
  }, 30_000);

  test('after a thousand errors the pool is as large as before and nothing of them is kept', async () => {
    await works();
    const before = proxy.s3.stats().upstream.open;
    const REQUESTS = 500;
    const round = async (): Promise<void> => {
      for (let i = 0; i < REQUESTS; i += 10) {
        behave = (FAULTS[(i / 10) % FAULTS.length] as (typeof FAULTS)[number])[1];
        await Promise.all(
          Array.from({ length: 10 }, (_, n) =>
            call(n % 3 === 0 ? { method: 'PUT', body: 'x'.repeat(n * 10_000) } : {}),
          ),
        );
      }
      proxy.log.length = 0;
    };
    await round();
    await works();
    const first = alive();
    await round();
    await works();
    await expect.poll(() => proxy.s3.stats().active).toBe(0);
    const { open, waiting } = proxy.s3.stats().upstream;
    expect(waiting).toBe(0);
    expect(open).toBeLessThanOrEqual(Math.max(before, 3) + 16);
    await expect.poll(() => sockets.size, { timeout: 10_000 }).toBeLessThanOrEqual(Math.max(before, 3));
    // One of anything per request would be hundreds; a connection more or less is a few.
    const most = Object.fromEntries(Object.entries(first).map(([name, count]) => [name, count + REQUESTS / 20]));
    const tooMany = (): string[] =>
      Object.entries(alive()).flatMap(([name, count]) => (count > (most[name] ?? 0) ? [`${count} ${name}`] : []));
    await expect.poll(tooMany, { interval: 1_000 }).toEqual([]);
  }, 120_000);
});
