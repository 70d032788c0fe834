/** An answer that was lost: what may have been carried out is not sent once more, unless that changes nothing. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OPERATIONS, type Operation } from '#s3/operations.ts';
import { type S3Call, s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

const HOME = `/${bucketOf('u')}`;
const DOCUMENT = '<Delete><Object><Key>a</Key></Object></Delete>';
const ATTEMPTS = 3;

/** A request of the operation that goes upstream. */
const callOf = ({ name, method, on, marker, copies, body }: Operation): Partial<S3Call> & { path: string } => ({
  method,
  path: on === 'bucket' ? HOME : `${HOME}/k`,
  query: {
    ...(marker !== undefined && { [marker]: { 'list-type': '2', uploadId: 'id' }[marker] ?? '' }),
    ...(name.startsWith('UploadPart') && { partNumber: '1' }),
  },
  headers: {
    ...(copies && { 'x-amz-copy-source': `${HOME}/source` }),
    ...(name === 'DeleteObjects' && { 'content-md5': createHash('md5').update(DOCUMENT).digest('base64') }),
  },
  ...(body !== 'none' && { body: DOCUMENT }),
});

/** By hand once more: what is repeated has to be put on both lists. */
const REPEATED = new Set([
  'GetBucketVersioning',
  'GetObject',
  'GetObjectAcl',
  'GetObjectAttributes',
  'GetObjectTagging',
  'HeadBucket',
  'HeadObject',
  'ListMultipartUploads',
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'ListParts',
  'PutObject',
  'UploadPart',
]);

describe.each(['lean', 'undici'] as const)('%s', (client) => {
  let upstream: ScriptedUpstream;
  let proxy: TestProxy;

  beforeAll(async () => {
    upstream = await scriptedUpstream((req) => req.socket.destroy());
    proxy = await startProxy({ upstream: { ...upstream.upstream, client } });
  });
  afterAll(async () => {
    await proxy?.stop();
    await upstream?.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    upstream.script = (req) => req.socket.destroy();
  });

  const call = (partial: Partial<S3Call> & { path: string }) =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), ...partial });

  test.each(OPERATIONS.filter(({ answer }) => answer === 'forward'))('$name', async (operation) => {
    const answer = await call(callOf(operation));
    expect([answer.status, answer.code]).toEqual([503, operation.method === 'HEAD' ? '' : 'ServiceUnavailable']);
    await expect.poll(() => upstream.seen.length).toBe(REPEATED.has(operation.name) ? ATTEMPTS : 1);
  });

  test.each([
    ['if-none-match', '*'],
    ['if-match', '"x"'],
    ['x-amz-if-match-size', '3'],
  ])('a PUT with %s: the first one may have made the condition false', async (name, value) => {
    const answer = await call({ method: 'PUT', path: `${HOME}/k`, body: 'x', headers: { [name]: value } });
    expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
    expect(upstream.seen).toHaveLength(1);
  });

  test('half an answer is a lost one', async () => {
    upstream.script = (_req, res) => void res.socket?.write('HTTP/1.1 200 OK\r\nConte', () => res.socket?.destroy());
    expect((await call({ method: 'POST', path: `${HOME}/k`, query: { uploads: '' } })).status).toBe(503);
    expect(upstream.seen).toHaveLength(1);
  });

  test('an answer that does not come is asked for once, whatever the operation', async () => {
    const silent = await startProxy({ upstream: { ...upstream.upstream, client, headersTimeoutMs: 300 } });
    const asked = OPERATIONS.filter(({ answer }) => answer === 'forward');
    upstream.script = () => {};
    const answers = await Promise.all(
      asked.map((operation) =>
        s3({ endpoint: silent.endpoint, credentials: silent.session('u'), ...callOf(operation) }),
      ),
    );
    await silent.stop();
    expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 503));
    await expect.poll(() => upstream.seen.length).toBe(asked.length);
  });

  test('control: where no connection was made nothing can have been carried out, and all is repeated', async () => {
    const gone = await startProxy({
      upstream: { ...upstream.upstream, endpoint: 'http://127.0.0.1:9', client },
    });
    const answer = await s3({
      endpoint: gone.endpoint,
      credentials: gone.session('u'),
      method: 'POST',
      path: `${HOME}/k`,
      query: { uploads: '' },
    });
    const text = await gone.registry.metrics();
    await gone.stop();
    expect(answer.status).toBe(503);
    expect(text).toContain(`eyrie_s3_upstream_failures_total{failure="connect"} ${ATTEMPTS}`);
  });
});
