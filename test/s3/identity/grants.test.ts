/** Sessions for the files of one task: they reach these, each for what it is there for, and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Grant } from '#s3/identity/principal.ts';
import { s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;
beforeAll(async () => {
  upstream = await scriptedUpstream((_req, res) => res.writeHead(200, { 'content-length': '0' }).end());
  proxy = await startProxy({ upstream: upstream.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

const GRANTS: readonly Grant[] = [
  { rights: ['read'], keys: ['in.txt'], prefixes: ['folder/'] },
  { rights: ['read', 'create'], keys: ['out.txt'], prefixes: ['results/'] },
];
const BUCKET = bucketOf('alice');

const session = (grants = GRANTS) => proxy.session('alice', { rights: ['read', 'create'], grants });

const call = (method: string, key: string, query: Record<string, string> = {}, extra = {}) =>
  s3({
    endpoint: proxy.rootEndpoint,
    credentials: session(),
    method,
    path: `/${BUCKET}${key}`,
    query,
    ...(method === 'PUT' && { body: 'text' }),
    ...extra,
  });

describe('a session with grants', () => {
  test.each([
    ['GET', '/in.txt'],
    ['HEAD', '/in.txt'],
    ['GET', '/folder/deep/x'],
    ['PUT', '/out.txt'],
    ['HEAD', '/out.txt'],
    ['PUT', '/results/a/b'],
    ['HEAD', ''],
  ])('may %s %s', async (method, key) => {
    expect((await call(method, key)).status).toBe(200);
  });

  test.each([
    ['GET', '/other.txt'],
    ['GET', '/in.txt2'],
    ['GET', '/in.txt/below'],
    ['GET', '/folder'],
    ['GET', '/folder2/x'],
    ['PUT', '/in.txt'],
    ['PUT', '/folder/x'],
    ['DELETE', '/out.txt'],
    ['DELETE', '/results/a'],
    ['PUT', '/results/../in.txt'],
    ['GET', '/folder/../secret'],
    ['GET', '/folder/%2e%2e/secret'],
  ])('may not %s %s', async (method, key) => {
    const seen = upstream.seen.length;
    expect([400, 403]).toContain((await call(method, key)).status);
    expect(upstream.seen).toHaveLength(seen);
  });

  test.each([
    ['in.txt', 200],
    ['folder', 200],
    ['folder/', 200],
    ['folder/deep', 200],
    ['out.txt', 200],
    ['results/', 200],
    ['f', 403],
    ['in', 403],
    ['fold', 403],
    ['other/', 403],
  ])('lists below %j: %i', async (prefix, status) => {
    expect((await call('GET', '', { 'list-type': '2', prefix })).status).toBe(status);
  });

  test.each([{}, { 'list-type': '2' }, { prefix: '' }] as Record<string, string>[])(
    'looks around in the whole bucket and is shown nothing: %j',
    async (query) => {
      const seen = upstream.seen.length;
      const { status, text } = await call('GET', '', query);
      expect(status).toBe(200);
      expect(text).toContain('<KeyCount>0</KeyCount>');
      expect(upstream.seen).toHaveLength(seen);
      // Control: with a grant for the whole bucket it is asked for.
      const all = session([{ rights: ['read'], keys: [], prefixes: [''] }]);
      await s3({ endpoint: proxy.rootEndpoint, credentials: all, path: `/${BUCKET}`, query });
      expect(upstream.seen).toHaveLength(seen + 1);
    },
  );

  test.each(['versions', 'uploads'])('but not at %s', async (marker) => {
    expect((await call('GET', '', { [marker]: '' })).status).toBe(403);
  });

  test('nor in another bucket, nor without a right to read', async () => {
    const list = (path: string, credentials: ReturnType<typeof session>) =>
      s3({ endpoint: proxy.rootEndpoint, credentials, path, query: { 'list-type': '2' } });
    expect((await list(`/${bucketOf('bob')}`, session())).status).toBe(403);
    expect((await list(`/${BUCKET}`, session([]))).status).toBe(403);
  });

  test('copies from what it may read to what it may write, and not the other way round', async () => {
    const copy = (to: string, from: string) =>
      call('PUT', to, {}, { body: undefined, headers: { 'x-amz-copy-source': `/${BUCKET}/${from}` } });
    expect((await copy('/out.txt', 'in.txt')).status).toBe(200);
    expect((await copy('/out.txt', 'secret')).status).toBe(403);
    expect((await copy('/in.txt', 'out.txt')).status).toBe(403);
  });

  test('reaches nothing without any, and no other bucket', async () => {
    const none = { endpoint: proxy.rootEndpoint, credentials: session([]), path: `/${BUCKET}/in.txt` };
    expect((await s3(none)).status).toBe(403);
    expect((await s3({ ...none, credentials: session(), path: `/${bucketOf('bob')}/in.txt` })).status).toBe(403);
  });
});

describe('the key id with the token behind a dot, for clients that have no place for a token', () => {
  const joined = () => {
    const { accessKeyId, secretAccessKey, sessionToken } = session();
    return { accessKeyId: `${accessKeyId}.${sessionToken}`, secretAccessKey };
  };
  const get = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    s3({ endpoint: proxy.rootEndpoint, credentials, path: `/${BUCKET}/in.txt` });

  test('is the same session', async () => {
    expect((await get(joined())).status).toBe(200);
    expect((await s3({ endpoint: proxy.endpoint, credentials: joined(), path: `/${BUCKET}/secret` })).status).toBe(403);
  });

  test('is nothing without the secret, or with a token that was changed', async () => {
    const { accessKeyId, secretAccessKey } = joined();
    expect((await get({ accessKeyId, secretAccessKey: 'N/A' })).code).toBe('SignatureDoesNotMatch');
    expect((await get({ accessKeyId: `${accessKeyId.slice(0, -4)}AAAA`, secretAccessKey })).code).toBe('InvalidToken');
    expect((await get({ accessKeyId: accessKeyId.slice(0, 30), secretAccessKey })).code).toBe('InvalidToken');
  });

  test('is told in the log as the key id alone', async () => {
    const credentials = joined();
    await get(credentials);
    const [accessKeyId = '', sessionToken = ''] = credentials.accessKeyId.split('.');
    const log = JSON.stringify(proxy.log);
    expect(log).toContain(accessKeyId);
    expect(log).not.toContain(sessionToken);
  });
});
