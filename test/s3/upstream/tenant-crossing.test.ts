/** Users share the upstream's connections: nothing that one of them sends becomes another's request, or its answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, presign, type S3Call, s3, send } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

/** Characters above U+00FF whose low eight bits are CR and LF, as a writer of Latin-1 would cut them. */
const CR = '\u4e0d';
const LF = '\u4e0a';

describe.each(['lean', 'undici'] as const)('%s', (client) => {
  let upstream: ScriptedUpstream;
  let proxy: TestProxy;

  beforeAll(async () => {
    upstream = await scriptedUpstream((req, res, body) => res.end(`answer to ${req.method} ${req.url} ${body.length}`));
    // One connection, so that whatever is left on it meets the next user.
    proxy = await startProxy({ upstream: { ...upstream.upstream, client, connectionsMax: 1 } });
  });
  afterAll(async () => {
    await proxy?.stop();
    await upstream?.stop();
  });

  const as = (user: string, call: Partial<S3Call>): Promise<Answer> =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session(user), path: `/${bucketOf(user)}/k`, ...call });

  const smuggled = [
    `x: y${CR}${LF}${CR}${LF}PUT /${bucketOf('mallory')}/loot HTTP/1.1${CR}${LF}host: u${CR}${LF}content-length: 4000${CR}${LF}x-a`,
    `x: y${CR}${LF}${CR}${LF}GET /${bucketOf('victim')}/secret HTTP/1.1${CR}${LF}host: u${CR}${LF}x-a`,
    `x${LF}transfer-encoding`,
    `x${CR}${LF}content-length: 5${CR}${LF}y`,
    `x\ny`,
    `x\r\ny`,
    'x y',
    'x:y',
    '\u212a',
    'x\u00e9',
    '',
  ];

  test.each(smuggled)('a parameter named x-amz-meta-%j does not leave its request', async (name) => {
    const before = upstream.seen.length;
    const query = { [`x-amz-meta-${name}`]: 'v' };
    for (const call of [{}, { method: 'PUT', body: 'body' }, { method: 'PUT', body: 'b'.repeat(100_000) }]) {
      const answer = await as('mallory', { ...call, query });
      expect([400, 200]).toContain(answer.status);
    }
    const url = await presign({
      endpoint: proxy.endpoint,
      credentials: proxy.session('mallory'),
      path: `/${bucketOf('mallory')}/k`,
      query,
    });
    const presigned = await send({ ...url, headers: ['host', url.host] });
    expect([400, 200]).toContain(presigned.status);

    const victim = await as('victim', { path: `/${bucketOf('victim')}/secret` });
    expect(victim.text).toBe(`answer to GET /${bucketOf('victim')}/secret 0`);
    const targets = upstream.seen.slice(before).map(({ target }) => target);
    expect(targets.filter((target) => target.startsWith(`/${bucketOf('victim')}`))).toHaveLength(1);
    expect(targets.filter((target) => target.includes('loot'))).toEqual([]);
  });

  test('control: a parameter that can be a header becomes one', async () => {
    const answer = await as('mallory', { query: { 'x-amz-meta-colour': ' gr\u00fcn ' }, method: 'PUT', body: 'b' });
    expect(answer.status).toBe(200);
    const [name, value] = ['x-amz-meta-colour', upstream.seen.at(-1)?.headers['x-amz-meta-colour'] as string];
    expect([name, Buffer.from(value, 'latin1').toString()]).toEqual([name, 'gr\u00fcn']);
  });
});
