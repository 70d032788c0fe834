/** S: abuse of headers, paths, answers, tokens and the protocol itself; presigned URLs and framing stand in security.test.ts. */
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Call, s3 } from '../support/http.ts';
import { bucketOf, startProxy } from '../support/proxy.ts';
import { rawExchange } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { errorBody, scriptedUpstream } from '../support/scripted.ts';
import { token } from '../support/tokens.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  expect((await rig.put('object', 'content')).status).toBe(200);
});
afterAll(() => rig?.stop());

const object = () => `${rig.home}/object`;

describe('S2 headers that were not signed', () => {
  test.each([
    ['x-amz-acl', 'public-read'],
    ['x-amz-tagging', 'owner=somebody'],
    ['x-amz-storage-class', 'GLACIER'],
    ['x-amz-website-redirect-location', 'https://evil.example/'],
    ['x-amz-server-side-encryption', 'AES256'],
    ['x-amz-server-side-encryption-aws-kms-key-id', 'arn:aws:kms:us-east-1:999999999999:key/foreign'],
    ['X-AMZ-Meta-Owner', 'somebody'],
  ])('%s', async (name, value) => {
    for (const credentials of [rig.session, rig.token]) {
      const answer = await rig.unseen(() =>
        rig.call({ method: 'PUT', path: object(), body: 'x', credentials, unsigned: { [name]: value } }),
      );
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
      expect(answer.text).toContain(`<HeadersNotSigned>${name.toLowerCase()}</HeadersNotSigned>`);
    }
  });
});

test.each([
  '/../BUCKET/object',
  '/%2e%2e/BUCKET/object',
  '/.%2E/BUCKET/object',
  '/..%2fBUCKET%2fobject',
  '/a/../../BUCKET/object',
  '/./../BUCKET/object',
  '//../BUCKET/object',
])('S3 %s leads to no object of another bucket', async (path) => {
  const secret = await s3({
    endpoint: rig.proxy.endpoint,
    credentials: rig.proxy.session(rig.bob),
    method: 'PUT',
    path: `${rig.foreign}/object`,
    body: 'a secret of bob',
  });
  expect(secret.status).toBe(200);
  for (const method of ['GET', 'DELETE']) {
    const answer = await rig.call({ method, path: rig.home + path.replace('BUCKET', bucketOf(rig.bob)) });
    expect([answer.status, answer.text]).toEqual([expect.any(Number), expect.not.stringContaining('secret')]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  }
  const still = await s3({
    endpoint: rig.proxy.endpoint,
    credentials: rig.proxy.session(rig.bob),
    path: `${rig.foreign}/object`,
  });
  expect(still.text).toBe('a secret of bob');
});

test('S9 a redirect of an upload takes its body, its credentials and its client nowhere', async () => {
  const elsewhere = await scriptedUpstream((_req, res) => res.end());
  const upstream = await scriptedUpstream((_req, res) =>
    res.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(errorBody('TemporaryRedirect')),
  );
  const proxy = await startProxy({ upstream: upstream.upstream });
  const answer = await s3({
    endpoint: proxy.endpoint,
    credentials: proxy.session('u'),
    method: 'PUT',
    path: `/${bucketOf('u')}/k`,
    body: 'x'.repeat(100_000),
  });
  await Promise.all([proxy.stop(), upstream.stop(), elsewhere.stop()]);
  expect([answer.status, answer.code, answer.headers.location]).toEqual([503, 'ServiceUnavailable', undefined]);
  expect(elsewhere.connections).toBe(0);
});

test('S12 a wrong signature learns neither the right one nor how near it was', async () => {
  const answers = new Set<string>();
  for (const change of [
    (signature: string) => `${signature[0] === '0' ? '1' : '0'}${signature.slice(1)}`,
    (signature: string) => `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`,
    () => '0'.repeat(64),
    () => '0',
  ]) {
    let right = '';
    const tamper: S3Call['tamper'] = ({ headers }) => {
      headers.authorization = (headers.authorization ?? '').replace(/[0-9a-f]{64}$/, (signature) => {
        right = signature;
        return change(signature);
      });
    };
    const answer = await rig.unseen(() => rig.call({ path: object(), tamper }));
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(answer.text).not.toMatch(new RegExp(`${right}|N/A|${rig.session.secretAccessKey}`));
    answers.add(answer.text.replace(/<RequestId>.*<\/RequestId>/, ''));
  }
  expect(answers.size).toBe(1);
});

test('S13 claims that are nearly right, and a token that shares its id with a good one', async () => {
  const statusOf = async (claims: Record<string, unknown>) => {
    const accessKeyId = await token({ sub: rig.alice, claims });
    const answer = await rig.call({ path: object(), credentials: { accessKeyId, secretAccessKey: 'N/A' } });
    return `${answer.status} ${answer.code}`.trim();
  };
  expect(await statusOf({ jti: 'same' })).toBe('200');
  for (const claims of [
    { jti: 'same', sub: rig.bob },
    { aud: 'gen3.evil' },
    { aud: [] },
    { iss: 'https://issuer.test/' },
    { pur: 'refresh' },
    { scope: 'user openidx' },
    { nbf: 4e9 },
    { sub: '' },
    { sub: `${rig.alice}/../${rig.bob}` },
  ]) {
    expect([claims, await statusOf(claims)]).toEqual([
      claims,
      expect.stringMatching(/^403 (InvalidAccessKeyId|AccessDenied)$/),
    ]);
  }
});

test.each(['x-amz-content-sha256', 'X-Amz-Date', 'host', 'authorization', 'content-length'])(
  'S16 Connection: close, %s would take a header from whoever stands behind: refused',
  async (name) => {
    const answer = await rig.unseen(() =>
      rig.call({
        path: object(),
        tamper: ({ headers }) => {
          headers.connection = `close, ${name}`;
        },
      }),
    );
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
  },
);

test('S17 HTTP/2 is not spoken, neither at once nor by upgrade, so no :authority contradicts a Host', async () => {
  expect(await rawExchange(rig.proxy.port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  const session = connectHttp2(`http://127.0.0.1:${rig.proxy.port}`);
  const refused = await new Promise((resolve) => session.once('error', resolve));
  expect(refused).toBeInstanceOf(Error);
  const upgraded = await rawExchange(
    rig.proxy.port,
    'GET /s3 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  );
  expect(upgraded).toMatch(/^HTTP\/1\.1 403 /);
});
