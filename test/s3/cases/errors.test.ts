/** Section 3: what an upstream's answers become, and that nothing of the upstream shows in them. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type S3Call, s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { errorBody, INTERNAL, type Script, type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;
const HOME = `/${bucketOf('u')}`;

beforeAll(async () => {
  upstream = await scriptedUpstream((_req, res) => res.end());
  proxy = await startProxy({ upstream: upstream.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});
beforeEach(() => {
  upstream.seen.length = 0;
});

const call = (partial: Partial<S3Call> = {}) =>
  s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `${HOME}/k`, ...partial });
const says =
  (status: number, body: string): Script =>
  (_req, res) =>
    res.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'UPSTREAMID' }).end(body);

/** As S3 answers a wrong signature: with everything that it knows. */
const LAUNDRY = `<AWSAccessKeyId>${INTERNAL.accessKeyId}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 secret string</StringToSign><SignatureProvided>abc</SignatureProvided><CanonicalRequest>x-amz-security-token:${INTERNAL.sessionToken}</CanonicalRequest><Token-0>${INTERNAL.sessionToken}</Token-0>`;
const INTERNALS =
  /INTERNALKEYID|internal-token|secret string|upstream-host|UPSTREAMID|CanonicalRequest|StringToSign|upstream says/;

describe('S7 errors about the internal credentials never get through', () => {
  test.each([
    [403, 'SignatureDoesNotMatch'],
    [403, 'InvalidAccessKeyId'],
    [400, 'InvalidToken'],
    [400, 'ExpiredToken'],
    [403, 'RequestTimeTooSkewed'],
    [400, 'AuthorizationHeaderMalformed'],
    [403, 'InvalidClientTokenId'],
    [401, 'Unauthorized'],
    [400, 'RequestExpired'],
  ])('%i %s: 500 InternalError', async (status, code) => {
    upstream.script = says(status, errorBody(code, LAUNDRY));
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await call({ method, ...(method === 'PUT' && { body: 'x' }) });
      expect([answer.status, answer.code]).toEqual([500, 'InternalError']);
      expect(answer.text).not.toMatch(INTERNALS);
      expect(JSON.stringify(answer.rawHeaders)).not.toMatch(INTERNALS);
    }
    expect(await proxy.registry.getSingleMetricAsString('eyrie_s3_upstream_drift_total')).toContain(
      'kind="credentials"',
    );
  });

  test('they are renewed once, and the request is sent again', async () => {
    let generation = 0;
    let clock = Date.now();
    const credentials = async () => ({ accessKeyId: `GENERATION${++generation}`, secretAccessKey: 'x' });
    const renewing = await startProxy({ upstream: { ...upstream.upstream, credentials }, now: () => clock });
    const get = () => s3({ endpoint: renewing.endpoint, credentials: renewing.session('u'), path: `${HOME}/k` });
    upstream.script = (_req, res) => res.end('ok');
    expect((await get()).status).toBe(200);
    clock += 2_000;
    upstream.script = (req, res) =>
      /GENERATION1\//.test(req.headers.authorization ?? '')
        ? res.writeHead(400).end(errorBody('ExpiredToken'))
        : res.end('ok');
    const answers = [await get(), await get()];
    await renewing.stop();
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(generation).toBe(2);
  });
});

describe('errors about the object pass with code, text and harmless details', () => {
  test.each([
    [404, 'NoSuchKey', '<Key>k</Key>'],
    [404, 'NoSuchUpload', '<UploadId>u</UploadId>'],
    [400, 'InvalidPart', '<PartNumber>1</PartNumber>'],
    [400, 'EntityTooSmall', '<MinSizeAllowed>5242880</MinSizeAllowed>'],
    [412, 'PreconditionFailed', '<Condition>If-Match</Condition>'],
    [416, 'InvalidRange', ''],
    [409, 'ConditionalRequestConflict', ''],
    [404, 'NoSuchVersion', ''],
    [405, 'MethodNotAllowed', ''],
    [400, 'BadDigest', ''],
    [400, 'XAmzContentSHA256Mismatch', ''],
    [400, 'MalformedXML', ''],
    [409, 'OperationAborted', ''],
    [400, 'InvalidRequest', ''],
  ])('%i %s', async (status, code, extra) => {
    upstream.script = says(status, errorBody(code, extra + LAUNDRY));
    const answer = await call();
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text).toContain(`<Message>upstream says ${code}</Message>`);
    expect(answer.text).toContain(extra);
    expect(answer.text.replace(/<Message>.*<\/Message>/, '')).not.toMatch(INTERNALS);
    expect(answer.text).toContain(`<RequestId>${answer.headers['x-amz-request-id']}</RequestId><HostId>eyrie</HostId>`);
    expect(answer.text).toContain(`<Resource>/s3${HOME}/k</Resource>`);
  });

  test('a HEAD keeps the status, without a body', async () => {
    for (const status of [400, 403, 404, 405, 409, 412]) {
      upstream.script = (_req, res) => res.writeHead(status, { 'x-amz-delete-marker': 'true' }).end();
      const answer = await call({ method: 'HEAD' });
      expect([answer.status, answer.body.length, answer.headers['x-amz-delete-marker']]).toEqual([status, 0, 'true']);
    }
  });
});

test.each([
  [403, 'AccessDenied', 403, 'AccessDenied'],
  [404, 'NoSuchBucket', 404, 'NoSuchBucket'],
  [500, 'InternalError', 500, 'InternalError'],
  [502, 'Whatever', 500, 'InternalError'],
  [503, 'SlowDown', 503, 'SlowDown'],
  [503, 'ServiceUnavailable', 503, 'ServiceUnavailable'],
  [429, 'TooManyRequests', 503, 'SlowDown'],
  [301, 'PermanentRedirect', 503, 'ServiceUnavailable'],
  [307, 'TemporaryRedirect', 503, 'ServiceUnavailable'],
  [400, 'SomethingNew', 400, 'InvalidRequest'],
  [418, 'Teapot', 418, 'InvalidRequest'],
  [400, 'KMS.DisabledException', 400, 'KMS.DisabledException'],
  [403, 'KMS.NotFoundException', 403, 'KMS.NotFoundException'],
  [403, 'KMS.Made-up of request 4711', 403, 'AccessDenied'],
] as const)('upstream %i %s becomes %i %s, in our own words', async (status, code, becomes, named) => {
  upstream.script = says(status, errorBody(code, LAUNDRY));
  const answer = await call();
  expect([answer.status, answer.code]).toEqual([becomes, named]);
  expect(answer.text).not.toMatch(INTERNALS);
});

test('NoSuchBucket of the own bucket names the set-up', async () => {
  upstream.script = says(404, errorBody('NoSuchBucket'));
  expect((await call()).text).toContain('/storage/setup');
});

test('an error page that is no XML, an empty one and a huge one do no harm', async () => {
  for (const body of [
    '<!doctype html><title>500</title>',
    '',
    `<Error><Code>NoSuchKey</Code>${'x'.repeat(3_000_000)}`,
    '<Error><Code>A&lt;script&gt;</Code></Error>',
    '\0\0\0',
  ]) {
    for (const status of [404, 500]) {
      upstream.script = says(status, body);
      const answer = await call();
      expect(answer.status).toBe(status);
      expect(answer.text.length).toBeLessThan(2_000);
    }
  }
});

test('a key that looks like markup is escaped', async () => {
  upstream.script = says(404, errorBody('NoSuchKey', '<Key>&lt;b&gt;&amp;</Key>'));
  const answer = await call({ path: `${HOME}/%3Cb%3E%26` });
  expect(answer.text).toContain('<Key>&lt;b&gt;&amp;</Key>');
  const refused = await call({ path: '/Bad<Bucket>&/k', tamper: () => {} }).catch(() => undefined);
  expect(refused?.text ?? '').not.toContain('<Bucket>');
});

describe('connections that fail', () => {
  const closedPort = async (): Promise<number> => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  test('refused: 503 ServiceUnavailable', async () => {
    const dead = await startProxy({
      upstream: { ...upstream.upstream, endpoint: `http://127.0.0.1:${await closedPort()}` },
    });
    for (const [method, size] of [
      ['GET', 0],
      ['PUT', 5],
      ['PUT', 500_000],
    ] as const) {
      const answer = await s3({
        endpoint: dead.endpoint,
        credentials: dead.session('u'),
        method,
        path: `${HOME}/k`,
        ...(size > 0 && { body: 'x'.repeat(size) }),
      });
      expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
      expect(answer.text).not.toContain('127.0.0.1');
    }
    await dead.stop();
  });

  test('no head within the time: 503', async () => {
    const impatient = await startProxy({ upstream: { ...upstream.upstream, headersTimeoutMs: 300 } });
    upstream.script = () => {};
    const answer = await s3({ endpoint: impatient.endpoint, credentials: impatient.session('u'), path: `${HOME}/k` });
    await impatient.stop();
    expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
  }, 20_000);

  test('cut before a head: sent again twice where that is safe, then 503; a streamed upload is not sent again', async () => {
    upstream.script = (req) => req.socket.destroy();
    expect((await call()).code).toBe('ServiceUnavailable');
    expect(upstream.seen.length).toBe(3);
    upstream.seen.length = 0;
    expect((await call({ method: 'PUT', body: 'x'.repeat(500_000) })).code).toBe('ServiceUnavailable');
    expect(upstream.seen.length).toBe(1);
    let failures = 1;
    upstream.script = (req, res) => (failures-- > 0 ? req.socket.destroy() : res.end('ok'));
    expect((await call()).text).toBe('ok');
  });

  test('credentials that can not be had: 503', async () => {
    const without = await startProxy({
      upstream: { ...upstream.upstream, credentials: () => Promise.reject(new Error('no role for account 123')) },
    });
    const answer = await s3({ endpoint: without.endpoint, credentials: without.session('u'), path: `${HOME}/k` });
    await without.stop();
    expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
    expect(answer.text).not.toContain('123');
  });
});

test('a token check that breaks is our own error, with a request id, and logged without the token', async () => {
  const broken = await startProxy({
    upstream: upstream.upstream,
    dotSegments: 'forward',
    verifyToken: (() => {
      throw new Error('bug');
    }) as never,
  });
  const answer = await s3({
    endpoint: broken.endpoint,
    credentials: { accessKeyId: 'some-token-text', secretAccessKey: 'N/A' },
    path: `${HOME}/k`,
  });
  await broken.stop();
  expect([answer.status, answer.code]).toEqual([500, 'InternalError']);
  expect(answer.headers['x-amz-request-id']).toBeDefined();
  expect(JSON.stringify(broken.log)).not.toContain('some-token-text');
});
