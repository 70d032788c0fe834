/**
 * Signed requests with random changes, on connections of the endpoint. An independent parser, llhttp, reads the same
 * bytes: nothing reaches the upstream but what it reads, with the body that it reads, and nobody else has their answers.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { s3 } from '../support/http.ts';
import { type ParsedRequest, parseWithLlhttp } from '../support/llhttp.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { createRandom, type Random } from '../support/random.ts';
import { rawConnection } from '../support/raw.ts';
import { type ScriptedUpstream, type SeenRequest, scriptedUpstream } from '../support/scripted.ts';
import { CHUNKED, createKit, FRAMES, inChunk, type Kit, LAST_CHUNK, lengthOf } from './attack.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const CASES = Number(process.env.FUZZ_CASES ?? 250);

let upstream: ScriptedUpstream;
let proxy: TestProxy;
let kit: Kit;

beforeAll(async () => {
  upstream = await scriptedUpstream((req, res) => {
    const text = `answer to ${req.method} ${req.url}`;
    res.writeHead(200, { etag: '"x"', 'content-length': String(text.length) }).end(text);
  });
  proxy = await startProxy({ upstream: { ...upstream.upstream, connectionsMax: 1 } });
  kit = await createKit(proxy, '');
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

/** Lines that decide where a body ends, or seem to. */
const LINES = [
  ...['Content-Length: 0', 'Content-Length: 5', CHUNKED, 'Connection: close', 'Expect: 100-continue', 'Trailer: x'],
  ...['Transfer-Encoding: identity', 'Content-Length : 5', 'X: y\n z', 'Connection: keep-alive, x'],
];

function requestOf(random: Random): string {
  const lines = Array.from({ length: random.below(2) }, () => LINES[random.below(LINES.length)] as string);
  const { hidden } = kit;
  switch (random.below(6)) {
    case 0:
      return kit.request((['GET', 'HEAD', 'DELETE', 'POST'] as const)[random.below(4)] as 'GET', ...lines);
    case 1:
      return kit.upload([lengthOf(hidden), ...lines], hidden);
    case 2:
      return kit.framed([CHUNKED, ...lines], inChunk(FRAMES) + LAST_CHUNK);
    case 3:
      return kit.request('GET', CHUNKED, ...lines) + inChunk(hidden) + LAST_CHUNK;
    case 4:
      return kit.foreign([lengthOf(hidden), ...lines], hidden);
    default:
      return hidden;
  }
}

function bytesOf(random: Random): Buffer {
  const requests = Array.from({ length: 1 + random.below(3) }, () => Buffer.from(requestOf(random), 'latin1'));
  return Buffer.concat(requests.map((bytes) => (random.below(3) === 0 ? random.mutate(bytes) : bytes)));
}

/** Sends it in pieces, and goes away once all that can be answered is, or the connection has ended. */
async function deliver(pieces: readonly Buffer[], awaited: number, told: string): Promise<string> {
  const connection = await rawConnection(proxy.rootPort);
  for (const piece of pieces) {
    if (connection.socket.writable) connection.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const finals = (): number => connection.text().match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0;
  await expect
    .poll(() => connection.socket.destroyed || finals() >= awaited, { interval: 2, message: told })
    .toBe(true);
  connection.socket.destroy();
  await connection.closed;
  return connection.text();
}

/** Of a body in frames the oracle knows the frames alone. */
const isMeant = (seen: SeenRequest, { method, target, headers, body }: ParsedRequest): boolean =>
  seen.method === method &&
  seen.target.replace(/=$/, '') === target.replace(/=$/, '') &&
  (seen.body.length === 0 || headers.some((text) => text.startsWith('STREAMING-')) || seen.body.equals(body));

test(`${CASES} cases from seed ${SEED}`, async () => {
  const random = createRandom(SEED);
  const path = `/${bucketOf('victim')}/secret`;
  let carriedOut = 0;
  for (let nth = 0; nth < CASES; nth++) {
    upstream.seen.length = 0;
    const bytes = bytesOf(random);
    const told = `case ${nth} of seed ${SEED}: ${JSON.stringify(bytes.toString('latin1'))}`;
    const { requests } = await parseWithLlhttp(bytes, { requireHostHeader: false });
    const text = await deliver(random.split(bytes), requests.length, told);
    await expect.poll(() => proxy.s3.stats().active, { interval: 2, message: told }).toBe(0);

    const unread = [...requests];
    for (const seen of upstream.seen.filter(({ complete }) => complete)) {
      const at = unread.findIndex((one) => isMeant(seen, one));
      expect(at, `${told}: ${seen.method} ${seen.target}`).toBeGreaterThanOrEqual(0);
      unread.splice(at, 1);
      carriedOut++;
    }
    const finals = text.match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0;
    expect(finals, told).toBeLessThanOrEqual(requests.length + 1);

    const answer = await s3({ endpoint: proxy.rootEndpoint, credentials: proxy.session('victim'), path });
    expect(answer.text, told).toBe(`answer to GET ${path}`);
  }
  // About 0.58 of a request in each case, with a spread of 0.06 over 250: a quarter is no matter of the seed.
  expect(carriedOut).toBeGreaterThan(CASES / 4);
});
