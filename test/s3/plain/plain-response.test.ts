/** The same calls on Node's response make the same bytes. */

import { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClientResponse } from '#s3/http/client.ts';
import { PlainResponse } from '#s3/plain/plain-response.ts';

interface Story {
  readonly method: string;
  readonly status: number;
  readonly headers: string[];
  readonly pieces: readonly Buffer[];
  readonly last: Buffer | string;
  readonly flushes: boolean;
  readonly keeps: boolean;
}

function tell(res: ClientResponse, { status, headers, pieces, last, flushes }: Story): void {
  res.writeHead(status, headers);
  if (flushes) res.flushHeaders();
  for (const piece of pieces) res.write(piece);
  if (typeof last === 'string') res.end(last, 'latin1');
  else res.end(last);
}

/** What a client reads until the connection has ended. */
async function bytesOf(answer: (socket: Socket) => void): Promise<string> {
  const server = createSocketServer((socket) => answer(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  server.close();
  return Buffer.concat(chunks)
    .toString('latin1')
    .replace(/\r\nDate: [^\r]+/, '\r\nDate: now');
}

const ofNode = (story: Story): Promise<string> =>
  bytesOf((socket) => {
    const req = new IncomingMessage(socket);
    req.method = story.method;
    req.httpVersionMajor = 1;
    req.httpVersionMinor = 1;
    const res = new ServerResponse(req);
    Object.assign(res, { _keepAliveTimeout: 75_000 });
    res.shouldKeepAlive = story.keeps;
    res.assignSocket(socket);
    res.on('finish', () => socket.end());
    tell(res, story);
  });

const plain = (story: Story): Promise<string> =>
  bytesOf((socket) => {
    const options = { socket, method: story.method, keepAliveSeconds: 75, onFinished: () => void socket.end() };
    const res = new PlainResponse(options);
    res.shouldKeepAlive = story.keeps;
    tell(res, story);
  });

const header = fc.constantFrom<[string, string]>(
  ['ETag', '"x"'],
  ['x-amz-request-id', '0123'],
  ['content-type', 'text/plain'],
  ['x-amz-meta-a', ''],
  ['connection', 'close'],
);

const story = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'HEAD'),
    status: fc.constantFrom(200, 206, 204, 304, 404, 503),
    headers: fc.uniqueArray(header, { maxLength: 3, selector: ([name]) => name }),
    pieces: fc.array(
      fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)),
      { maxLength: 3 },
    ),
    last: fc.oneof(
      fc.string({ maxLength: 20, unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
      fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)),
    ),
    length: fc.boolean(),
    flushes: fc.boolean(),
    keeps: fc.boolean(),
  })
  .map(({ length, headers, ...rest }): Story => {
    const bytes = [...rest.pieces, rest.last].reduce((sum, piece) => sum + piece.length, 0);
    return { ...rest, headers: [...headers.flat(), ...(length ? ['content-length', String(bytes)] : [])] };
  });

/** Head lines in any order, since Node puts its own now before, now behind the others; and all of the body. */
const parts = (text: string) => {
  const end = text.indexOf('\r\n\r\n');
  const [start, ...lines] = text.slice(0, end).split('\r\n');
  return {
    start,
    lines: lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())).toSorted(),
    body: bodyOf(text.slice(end + 4), lines),
  };
};

/** Node and this cut their chunks elsewhere. */
const bodyOf = (body: string, lines: readonly string[]): string => {
  if (!lines.some((line) => line === 'Transfer-Encoding: chunked')) return body;
  let rest = body;
  let whole = '';
  for (;;) {
    const length = Number.parseInt(rest, 16);
    const from = rest.indexOf('\r\n') + 2;
    if (length === 0) return `${whole} and then ${JSON.stringify(rest)}`;
    whole += rest.slice(from, from + length);
    expect(rest.slice(from + length, from + length + 2)).toBe('\r\n');
    rest = rest.slice(from + length + 2);
  }
};

test('property: as Node answers', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (story) => {
      expect(parts(await plain(story))).toEqual(parts(await ofNode(story)));
    }),
    { numRuns: 300, verbose: 1 },
  );
});

test('a byte above ASCII stays one byte', async () => {
  const headers = ['content-disposition', 'x=\xe9', 'content-length', '1'];
  const base = { method: 'GET', status: 200, headers, pieces: [], flushes: false, keeps: false };
  for (const last of ['\xe9', Buffer.from([0xe9])])
    expect(await plain({ ...base, last })).toMatch(/disposition: x=\xe9\r\n[\s\S]*\r\n\r\n\xe9$/);
});

test.each([
  ['a line break in a value', ['x', 'a\r\nb']],
  ['a line break in a name', ['x\r\ny', 'a']],
  ['a letter that is no byte', ['x', '\u4e0d']],
])('%s is not written', async (_name, headers) => {
  const text = await bytesOf((socket) => {
    const res = new PlainResponse({ socket, method: 'GET', keepAliveSeconds: 75, onFinished: () => undefined });
    expect(() => res.writeHead(200, headers)).toThrow(TypeError);
    expect(res.headersSent).toBe(false);
    socket.destroy();
  });
  expect(text).toBe('');
});
