/** Requests past Node's server, and connections that it takes over: whatever is sent in whatever pieces, each is answered in turn. */
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { stopServer, track } from '#api/stop-server.ts';
import type { ClientRequest, ClientResponse } from '#s3/http/client.ts';
import { openPlainDoor } from '#s3/plain/plain-door.ts';
import { PlainRequest } from '#s3/plain/plain-request.ts';
import { readAnswers } from '../support/answers.ts';
import { type RawConnection, rawConnection } from '../support/raw.ts';

/** Milliseconds; long enough that a test which waited for it would fail by its own time. */
const NEVER_MS = 600_000;

interface Held {
  readonly req: ClientRequest;
  readonly res: ClientResponse;
  /** Nothing moved on its connection for as long as that may be idle. */
  readonly timedOut: Promise<void>;
}

/** Answers with what it was asked, so many turns later as the target ends with; none where that is `/held`. */
const serve = async (options: { keepAliveTimeout?: number; headersTimeout?: number } = {}) => {
  const held: Held[] = [];
  const seen: boolean[] = [];
  const server = createServer({ keepAliveTimeout: NEVER_MS, ...options });
  const tracked = track(server);
  openPlainDoor(server, { isOurs: (target) => target.startsWith('/s3') });
  const answer = (req: ClientRequest, res: ClientResponse, body: string): void => {
    const text = `${req.method} ${req.url} ${body}`;
    later(Number(req.url?.at(-1)) || 0, () => {
      res.writeHead(200, ['content-length', String(text.length)]);
      res.end(text, 'latin1');
    });
  };
  const listener = (req: ClientRequest, res: ClientResponse): void => {
    seen.push(req instanceof PlainRequest);
    if (req.url === '/s3/held') {
      const timedOut = new Promise<void>((resolve) => req.socket.once('timeout', resolve));
      held.push({ req, res, timedOut });
      return;
    }
    if (req.whole) {
      answer(req, res, req.whole.toString('latin1'));
      return;
    }
    let body = '';
    req.on('data', (chunk) => {
      body += chunk.toString('latin1');
    });
    req.on('end', () => answer(req, res, body));
  };
  server.on('request', listener as RequestListener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, tracked, held, seen, port: (server.address() as AddressInfo).port };
};

const later = (turns: number, work: () => void): void => {
  if (turns === 0) work();
  else setImmediate(() => later(turns - 1, work));
};

const get = (target: string, ...lines: string[]): string =>
  `GET ${target} HTTP/1.1\r\nHost: h\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const put = (target: string, body: string): string =>
  `PUT ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const putChunked = (target: string, body: string): string =>
  `PUT ${target} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const bodies = (text: string): string[] => readAnswers(text).map(({ body }) => body);

const opened = async (port: number): Promise<RawConnection> => {
  const connection = await rawConnection(port);
  onTestFinished(() => void connection.socket.destroy());
  return connection;
};

/** The nth answer is whole. */
const answered = (connection: RawConnection, ...texts: string[]): Promise<string> =>
  connection.until(new RegExp(texts.map((text) => `\r\n\r\n${text}`).join('[\\s\\S]*')));

test('plain requests pass one after the other, the first other one goes to Node, and with it the connection', async () => {
  const { port, seen } = await serve();
  const connection = await opened(port);
  for (const [bytes, text] of [
    [get('/s3/1'), 'GET /s3/1 '],
    [put('/s3/2', 'ab'), 'PUT /s3/2 ab'],
    [putChunked('/s3/3', 'cd'), 'PUT /s3/3 cd'],
    [get('/s3/4'), 'GET /s3/4 '],
  ] as const) {
    connection.write(bytes);
    await answered(connection, text);
  }
  expect(seen).toEqual([true, true, false, false]);
});

test('what is not S3 is Node’s', async () => {
  const { port, seen } = await serve();
  const connection = await opened(port);
  connection.write(get('/s3/1'));
  await answered(connection, 'GET /s3/1 ');
  connection.write(get('/api'));
  await answered(connection, 'GET /s3/1 ', 'GET /api ');
  expect(seen).toEqual([true, false]);
});

/** Of more than one read; no two places in it are alike. */
const LONG = Array.from({ length: 30_000 }, (_, i) => `${i} `).join('');

test('property: in whatever pieces, however many at once, all are answered in turn', async () => {
  const { port, seen } = await serve();
  const one = fc.record({
    target: fc.integer({ min: 0, max: 99 }).map((n) => `/s3/${n}`),
    kind: fc.constantFrom('get', 'get', 'put', 'put', 'chunked'),
    body: fc.oneof(
      fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', '\r', '\n', '0', ' ') }),
      fc.constant(LONG),
    ),
  });
  const story = fc.record({
    requests: fc.array(one, { minLength: 1, maxLength: 5 }),
    cuts: fc.array(fc.nat(1_000_000), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ requests, cuts }) => {
      const bytes = requests
        .map(({ target, kind, body }) =>
          kind === 'get' ? get(target) : (kind === 'put' ? put : putChunked)(target, body),
        )
        .join('');
      const at = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
      const connection = await rawConnection(port);
      connection.socket.setNoDelay(true);
      for (let i = 1; i < at.length; i++) {
        connection.write(bytes.slice(at[i - 1], at[i]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const expected = requests.map(({ target, kind, body }) =>
        kind === 'get' ? `GET ${target} ` : `PUT ${target} ${body}`,
      );
      const isOver = (text: string): boolean =>
        text.match(/HTTP\/1\.1 200/g)?.length === expected.length && text.endsWith(expected.at(-1) as string);
      await expect.poll(() => isOver(connection.text()), { interval: 2 }).toBe(true);
      connection.socket.destroy();
      await connection.closed;
      expect(bodies(connection.text()).map((body, nth) => body === expected[nth])).toEqual(expected.map(() => true));
    }),
    // A smaller story would take a minute for each try: what fails here waits for an answer.
    { numRuns: 200, verbose: 1, endOnFailure: true },
  );
  expect(new Set(seen)).toEqual(new Set([true, false]));
});

test('a request that comes while an answer is under way waits for its turn', async () => {
  const { port, held, seen } = await serve();
  const connection = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  connection.write(get('/s3/2'));
  connection.write(get('/s3/3'));
  await expect.poll(() => held[0]?.req.socket.bytesRead).toBe(get('/s3/held').length + get('/s3/2').length * 2);
  expect(connection.text()).toBe('');
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  await answered(connection, 'ok', 'GET /s3/2 ', 'GET /s3/3 ');
  expect(seen[0]).toBe(true);
});

test('what comes in parts while an answer is under way is read in its order', async () => {
  const { port, held } = await serve();
  const connection = await opened(port);
  connection.socket.setNoDelay(true);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  const socket = held[0]?.req.socket;
  const [whole, last] = [get('/s3/2'), put('/s3/3', 'abc')];
  let sent = get('/s3/held').length;
  for (const part of [whole + last.slice(0, -4), last.slice(-4)]) {
    connection.write(part);
    sent += part.length;
    await expect.poll(() => socket?.bytesRead).toBe(sent);
  }
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  await answered(connection, 'ok', 'GET /s3/2 ', 'PUT /s3/3 abc');
});

test('no request is carried out behind the last answer of a connection', async () => {
  const { port, held, seen } = await serve();
  const connection = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  connection.write(get('/s3/2'));
  await expect.poll(() => held[0]?.req.socket.bytesRead).toBe(get('/s3/held').length + get('/s3/2').length);
  held[0]?.res.writeHead(200, ['content-length', '2', 'connection', 'close']);
  held[0]?.res.end('ok', 'latin1');
  connection.write(get('/s3/3'));
  await connection.closed;
  expect(bodies(connection.text())).toEqual(['ok']);
  expect(seen).toEqual([true]);
});

test('of what comes meanwhile only so much is read', async () => {
  const { port, held } = await serve();
  const connection = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  const socket = held[0]?.req.socket;
  const body = Array.from({ length: 2_000_000 }, (_, i) => `${i} `).join('');
  const more = put('/s3/2', body);
  connection.write(more);
  await expect.poll(() => socket?.isPaused()).toBe(true);
  expect(socket?.bytesRead).toBeLessThan(1_000_000);
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  const answer = `PUT /s3/2 ${body}`;
  await new Promise<void>((resolve) => {
    connection.socket.on('data', () => connection.socket.bytesRead > answer.length && resolve());
  });
  await connection.until(/1999999 $/);
  expect(bodies(connection.text())[1] === answer).toBe(true);
});

test('a client that goes away ends its answer, unfinished', async () => {
  const { port, held } = await serve();
  for (const leave of ['end', 'destroy'] as const) {
    const connection = await opened(port);
    connection.write(get('/s3/held'));
    await expect.poll(() => held.length).toBe(1);
    const { res } = held.pop() as Held;
    const closed = new Promise<void>((resolve) => res.on('close', resolve));
    connection.socket[leave]();
    await closed;
    expect(res).toMatchObject({ destroyed: true, writableFinished: false });
    res.writeHead(200, ['content-length', '2']);
    res.end('ok', 'latin1'); // nobody is there, and nothing is thrown
  }
});

test('a long answer waits for its client, and is whole', async () => {
  const { port, held, seen } = await serve();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ask = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path, agent }, resolve).on('error', reject).end();
    });
  const asked = ask('/s3/held');
  await expect.poll(() => held.length).toBe(1);
  const { res } = held.pop() as Held;
  const piece = Buffer.alloc(1_000_000, 'x');
  const count = 20;
  res.writeHead(200, []);
  let written = 0;
  let waits = 0;
  const more = (): void => {
    while (written < count) {
      written++;
      if (!res.write(piece)) {
        waits++;
        res.once('drain', more);
        return;
      }
    }
    res.end();
  };
  more();
  expect(written).toBeLessThan(count);
  let bytes = 0;
  for await (const chunk of await asked) bytes += chunk.length;
  expect(waits).toBeGreaterThan(1);
  expect(bytes).toBe(count * piece.length);
  expect(await text(await ask('/s3/2'))).toBe('GET /s3/2 ');
  expect(seen).toEqual([true, true]);
});

test.each([
  ['before a request', { headersTimeout: 50 }, ''],
  ['between requests', { keepAliveTimeout: 50 }, get('/s3/1')],
])('a connection on which nothing comes is closed: %s', async (_name, options, bytes) => {
  const { port } = await serve(options);
  const connection = await opened(port);
  if (bytes !== '') connection.write(bytes);
  await connection.closed;
  expect(bodies(connection.text())).toHaveLength(bytes === '' ? 0 : 1);
});

test('an answer that takes longer than that is waited for', async () => {
  const { port, held } = await serve({ headersTimeout: 20, keepAliveTimeout: 20 });
  const connection = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  await held[0]?.timedOut;
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  await answered(connection, 'ok');
});

const closing = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

test('closing the server ends idle connections, and all where that is asked', async () => {
  const { server, port, held } = await serve();
  const [fresh, used, busy] = [await opened(port), await opened(port), await opened(port)];
  used.write(get('/s3/1'));
  await answered(used, 'GET /s3/1 ');
  busy.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  const closed = closing(server);
  await Promise.all([fresh.closed, used.closed]);
  expect(busy.socket.destroyed).toBe(false);
  server.closeAllConnections();
  await Promise.all([busy.closed, closed]);
});

test('stopping, an answer under way is the last one on its connection, as is one that comes meanwhile', async () => {
  const { tracked, port, held } = await serve();
  const connection = await opened(port);
  const late = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  const stopped = stopServer(tracked, NEVER_MS);
  late.write(get('/s3/2'));
  await late.closed;
  expect(late.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*GET \/s3\/2 $/);
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  await connection.closed;
  expect(connection.text()).toMatch(/Connection: close\r\n[\s\S]*ok$/);
  await stopped;
});

test('where others still listen, who comes meanwhile is told so', async () => {
  const { tracked, port, held } = await serve();
  const connection = await opened(port);
  connection.write(get('/s3/held'));
  await expect.poll(() => held.length).toBe(1);
  const stopped = stopServer(tracked, NEVER_MS, { keepsListening: true });
  const late = await opened(port);
  late.write(get('/s3/2'));
  await late.closed;
  expect(readAnswers(late.text())).toMatchObject([{ status: 503 }]);
  expect(late.text()).toMatch(/\r\nretry-after: 1\r\n/);
  held[0]?.res.writeHead(200, ['content-length', '2']);
  held[0]?.res.end('ok', 'latin1');
  await connection.closed;
  await stopped;
});

test('an HTTP client sees no difference', async () => {
  const { port, seen } = await serve();
  for (const method of ['GET', 'PUT', 'HEAD'])
    await new Promise<void>((resolve, reject) => {
      const body = method === 'PUT' ? 'ab' : undefined;
      const req = httpRequest(
        { port, host: '127.0.0.1', method, path: '/s3/x', headers: { connection: 'keep-alive' } },
        async (res) => {
          let text = '';
          for await (const chunk of res) text += chunk;
          expect(text).toBe(method === 'HEAD' ? '' : `${method} /s3/x ${body ?? ''}`);
          expect(res.headers['keep-alive']).toBe(`timeout=${NEVER_MS / 1000}`);
          resolve();
        },
      );
      req.on('error', reject).end(body);
    });
  expect(seen[0]).toBe(true);
});
