/**
 * Objects are their owners' HTML on an origin that may have other people's cookies: whatever is answered, and whatever
 * the upstream or the object says about itself, no browser takes it for a page of that origin.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS, type Operation } from '#s3/operations.ts';
import { presign, type S3Call, s3, send, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { rawExchange, renderHead } from '../support/raw.ts';
import { errorBody, type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

const BUCKET = `/${bucketOf('u')}`;
const HTML = '<script>alert(document.cookie)</script>';

/** What an upstream, or a client at its upload, might say to be believed. */
const HOSTILE = {
  'content-type': 'text/html',
  'content-security-policy': "default-src * 'unsafe-inline'",
  'X-Content-Type-Options': 'sniff',
  'content-security-policy-report-only': 'x',
  'x-amz-meta-content-security-policy': 'none',
  'cache-control': 'public',
};

let status = 200;
let upstream: ScriptedUpstream;
let proxy: TestProxy;
beforeAll(async () => {
  upstream = await scriptedUpstream((req, res) => {
    const body = status === 304 || req.method === 'HEAD' ? '' : status < 300 ? HTML : errorBody('NoSuchKey', HTML);
    res.writeHead(status, { ...HOSTILE, ...(body && { 'content-length': String(Buffer.byteLength(body)) }) }).end(body);
  });
  proxy = await startProxy({ upstream: upstream.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

/** Every line of these names, so that a second one beside ours shows. */
const policyOf = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && /^(content-security-policy|x-content-type-options)/i.test(name)
      ? [`${name.toLowerCase()}: ${rawHeaders[i + 1]}`]
      : [],
  );

const SAFE = ['content-security-policy: sandbox', 'x-content-type-options: nosniff'];

const callOf = ({ method, on, marker, copies }: Operation): Partial<S3Call> & { path: string } => ({
  method,
  path: on === 'service' ? '/' : on === 'bucket' ? BUCKET : `${BUCKET}/page.html`,
  ...(marker !== undefined && { query: { [marker]: marker === 'list-type' ? '2' : marker === 'uploadId' ? 'u' : '' } }),
  ...(copies && { headers: { 'x-amz-copy-source': `${BUCKET}/page.html` } }),
  ...(method === 'PUT' && !copies && { body: HTML }),
});

const call = (partial: Partial<S3Call> & { path: string }) =>
  s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), ...partial });

describe.each([200, 206, 304, 403, 404, 412, 416, 500, 503])('the upstream answers %i', (answered) => {
  test.each(OPERATIONS.map((operation) => [operation.name, operation] as const))('%s', async (_name, operation) => {
    status = answered;
    for (const endpoint of [proxy.endpoint, proxy.rootEndpoint]) {
      const { rawHeaders } = await s3({ endpoint, credentials: proxy.session('u'), ...callOf(operation) });
      expect(policyOf(rawHeaders).sort()).toEqual(SAFE);
    }
  });
});

describe('answers of our own', () => {
  const REFUSED: Record<string, Partial<S3Call> & { path: string }> = {
    'no such operation': { path: BUCKET, query: { policy: '' } },
    'no such method': { path: BUCKET, method: 'PATCH' },
    'somebody else’s bucket': { path: `/${bucketOf('other')}/k` },
    'a bad signature': { path: BUCKET, credentials: { ...{ accessKeyId: 'x' }, secretAccessKey: 'y' } },
    'an unsigned header': { path: BUCKET, unsigned: { 'x-amz-acl': 'public-read' } },
    'a preflight': { path: `${BUCKET}/k`, method: 'OPTIONS' },
    'a copy from elsewhere': {
      path: `${BUCKET}/k`,
      method: 'PUT',
      headers: { 'x-amz-copy-source': `/${bucketOf('other')}/k` },
    },
    'an old date': { path: BUCKET, date: new Date(0) },
  };
  test.each(Object.keys(REFUSED))('%s', async (name) => {
    status = 200;
    const { rawHeaders } = await call(REFUSED[name] as Partial<S3Call> & { path: string });
    expect(policyOf(rawHeaders).sort()).toEqual(SAFE);
  });

  test.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])('%s without any authentication', async (method) => {
    const origin = `http://127.0.0.1:${proxy.port}`;
    const answer = await send({ method, origin, target: `/s3${BUCKET}/k`, headers: ['host', 'x'] });
    expect(policyOf(answer.rawHeaders).sort()).toEqual(SAFE);
  });

  test('what Node’s parser refuses, and an expectation that is not met', async () => {
    const signed = await signS3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `${BUCKET}/k` });
    for (const text of [
      'nonsense\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`,
      renderHead(signed, 'Expect: wonders', 'Connection: close'),
      'GET http://elsewhere/s3/b/k HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    ]) {
      const head = (await rawExchange(proxy.port, text)).split('\r\n\r\n', 1)[0] as string;
      expect(
        policyOf(
          head
            .split('\r\n')
            .slice(1)
            .flatMap((line) => line.split(': ', 2)),
        ).sort(),
      ).toEqual(SAFE);
    }
  });
});

test.each([
  {},
  { 'response-content-type': 'text/html' },
  { 'response-content-disposition': 'inline', 'response-cache-control': 'public' },
])('a presigned URL with the overrides %j', async (query) => {
  status = 200;
  const presigned = await presign({
    endpoint: proxy.endpoint,
    credentials: proxy.session('u'),
    path: `${BUCKET}/page.html`,
    query: query as Record<string, string>,
  });
  const answer = await send({ ...presigned, headers: ['host', presigned.host] });
  expect([answer.status, answer.text]).toEqual([200, HTML]);
  expect(policyOf(answer.rawHeaders).sort()).toEqual(SAFE);
});
