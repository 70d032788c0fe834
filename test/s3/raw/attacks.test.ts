/**
 * Bytes that no client sends, on the client's side of the endpoint. Of each attack it is told which requests of it reach
 * the upstream, how it is answered, and whether its connection is used on; however the bytes are cut. The request that is
 * hidden in most of them is signed rightly: whoever reads it as one carries it out.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAnswers } from '../support/answers.ts';
import { s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { rawConnection } from '../support/raw.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';
import { type Attack, createKit, type Kit, MALLORY } from './attack.ts';
import { BODIES } from './bodies.ts';
import { CONNECTIONS } from './connections.ts';
import { HEADS } from './heads.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;

beforeAll(async () => {
  upstream = await scriptedUpstream((req, res, body) => {
    const text = `answer to ${req.method} ${req.url} ${body.length}`;
    res.writeHead(200, { etag: '"x"', 'content-length': String(text.length) }).end(text);
  });
  // One connection for all, so that whatever is left on it meets the next user.
  proxy = await startProxy({ upstream: { ...upstream.upstream, connectionsMax: 1 } });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});
beforeEach(() => {
  upstream.seen.length = 0;
});

/** Of the application, where something is not below S3's prefix. */
const NOT_S3 = 404;

/** In which pieces the bytes are sent. */
const DELIVERIES = {
  'at once': (bytes: string) => [bytes],
  // Long ones are long in one place, which is no matter to a parser.
  'byte by byte': (bytes: string) => [...bytes.slice(0, 2_000), ...(bytes.length > 2_000 ? [bytes.slice(2_000)] : [])],
};

/** Everything that is answered until the connection has ended. */
async function deliver(port: number, pieces: readonly string[], ends: Attack['ends']): Promise<string> {
  const connection = await rawConnection(port);
  connection.socket.setNoDelay(true);
  for (const piece of pieces) {
    if (!connection.socket.writable) break;
    connection.write(piece);
    if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
  }
  if (ends === 'half-close') connection.socket.end();
  if (ends === 'reset') connection.socket.resetAndDestroy();
  await connection.closed;
  return connection.text();
}

/** What has wholly reached the upstream, in the words of the attacks. */
const seenUpstream = (hidden: number): string[] =>
  upstream.seen
    .filter(({ complete }) => complete)
    .map(({ method, target, body }) => {
      const key = target.replace(`/${MALLORY}/`, '').replace('?uploads=', '');
      return `${method} ${key} ${body.length === hidden ? 'HIDDEN' : body.length}`;
    })
    .toSorted();

/** Another user has the answer to their own request, on the connection that all share. */
async function expectNoneOfIt(): Promise<void> {
  upstream.seen.length = 0;
  const path = `/${bucketOf('victim')}/secret`;
  const { text } = await s3({ endpoint: proxy.endpoint, credentials: proxy.session('victim'), path });
  expect(text).toBe(`answer to GET ${path} 0`);
  expect(upstream.seen.filter(({ complete }) => complete)).toHaveLength(1);
}

describe.each([
  ['/s3', 'at once'],
  ['', 'byte by byte'],
] as const)('below %j, %s', (prefix, delivery) => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await createKit(proxy, prefix);
  });

  test.each(
    [...BODIES, ...HEADS, ...CONNECTIONS].map((attack): [string, Attack] => [JSON.stringify(attack.name), attack]),
  )('%s', async (_name, { bytes, answers, upstream, goesOn, mayBeCut, isHead, ends }) => {
    const pieces = [...DELIVERIES[delivery](bytes(kit)), ...(ends ? [] : [kit.next])];
    const port = prefix === '' ? proxy.rootPort : proxy.port;
    const answered = readAnswers(await deliver(port, pieces, ends), isHead);
    await expect.poll(() => proxy.s3.stats().active, { interval: 2 }).toBe(0);
    const statuses = answered.map(({ status }) => (status === NOT_S3 ? 400 : status));
    const isCut = mayBeCut === true && statuses.length === 0;
    expect({ answers: statuses, upstream: seenUpstream(kit.hidden.length) }).toEqual({
      answers: isCut ? [] : [...answers, ...(goesOn ? [200] : [])],
      upstream: [...upstream, ...(goesOn ? ['GET next 0'] : [])].toSorted(),
    });
    await expectNoneOfIt();
  });
});
