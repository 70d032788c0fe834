/** A: authentication by header and by query. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presign, type S3Call, s3, send, signS3 } from '../support/http.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { rawExchange, renderHead } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { publicJwk, token } from '../support/tokens.ts';

let rig: Rig;
let constant: TestProxy;
let session: TestProxy;
beforeAll(async () => {
  rig = await startRig();
  const shared = { upstream: rig.strict.upstream, sessionKeys: rig.proxy.sessionKeys };
  constant = await startProxy({ ...shared, mode: 'constant' });
  session = await startProxy({ ...shared, mode: 'session' });
  expect((await rig.put('object', 'content')).status).toBe(200);
});
afterAll(async () => {
  await Promise.all([constant?.stop(), session?.stop()]);
  await rig?.stop();
});

type Tamper = NonNullable<S3Call['tamper']>;
const authorization =
  (change: (value: string) => string): Tamper =>
  (call) => {
    call.headers.authorization = change(call.headers.authorization as string);
  };
const refused = async (partial: Partial<S3Call>): Promise<[number, string]> => {
  const answer = await rig.unseen(() => rig.call({ path: `${rig.home}/object`, ...partial }));
  return [answer.status, answer.code];
};
const object = () => `${rig.home}/object`;

describe('A1 the key id is read from the right', () => {
  test('a key id with slashes, equals signs and dots reaches the token check as a whole', async () => {
    const seen: string[] = [];
    const proxy = await startProxy({
      upstream: rig.strict.upstream,
      verifyToken: async (given) => {
        seen.push(given);
        return { ok: true, claims: { sub: rig.alice, azp: undefined, exp: Date.now() / 1000 + 60 } };
      },
    });
    const accessKeyId = 'opaque/token+with=signs/and.dots==';
    const answer = await s3({
      endpoint: proxy.endpoint,
      credentials: { accessKeyId, secretAccessKey: 'N/A' },
      path: object(),
    });
    await proxy.stop();
    expect([answer.status, seen]).toEqual([200, [accessKeyId]]);
  });
});

describe('A2 the parts of the Authorization header', () => {
  test.each([
    ['blanks after commas', (v: string) => v.replaceAll(', ', ',')],
    ['other order', (v: string) => v.replace(/(Credential=[^,]*), (SignedHeaders=[^,]*)/, '$2, $1')],
    ['tabs', (v: string) => v.replaceAll(', ', ',\t')],
  ])('%s: accepted', async (_name, change) => {
    expect((await rig.call({ path: object(), tamper: authorization(change) })).status).toBe(200);
  });

  test.each([
    ['no Signature', (v: string) => v.replace(/, Signature=.*/, '')],
    ['no SignedHeaders', (v: string) => v.replace(/SignedHeaders=[^,]*, /, '')],
    ['no Credential', (v: string) => v.replace(/Credential=[^,]*, /, '')],
    ['two Signatures', (v: string) => `${v}, Signature=${'0'.repeat(64)}`],
    ['two Credentials', (v: string) => `${v}, Credential=a/20260101/us-east-1/s3/aws4_request`],
    ['an unknown part', (v: string) => `${v}, Extra=1`],
    ['no space after the algorithm', (v: string) => v.replace('HMAC-SHA256 ', 'HMAC-SHA256')],
    ['a short credential', (v: string) => v.replace(/Credential=[^,]*/, 'Credential=key/20260101/us-east-1')],
    ['an empty key id', (v: string) => v.replace(/Credential=[^/]*/, 'Credential=')],
    ['another algorithm', (v: string) => v.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512')],
  ])('%s: 400 AuthorizationHeaderMalformed', async (_name, change) => {
    expect(await refused({ tamper: authorization(change) })).toEqual([400, 'AuthorizationHeaderMalformed']);
  });
});

describe('A3 one mechanism only', () => {
  test('two Authorization headers', async () => {
    const signed = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object() });
    const head = renderHead(signed, `Authorization: ${signed.headers.authorization}`, 'Connection: close');
    expect(await rawExchange(rig.proxy.port, head)).toMatch(/^HTTP\/1\.1 400 [\s\S]*<Code>InvalidArgument</);
  });

  test('header and query together', async () => {
    const { target } = await presign({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object() });
    const answer = await rig.call({
      path: object(),
      tamper: (call) => {
        call.target = target;
      },
    });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
  });

  test('a foreign scheme beside a presigned query is ignored', async () => {
    const { origin, target, host } = await presign({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      path: object(),
    });
    for (const foreign of ['Bearer abc', 'Basic YTpi']) {
      const answer = await send({ method: 'GET', origin, target, headers: ['host', host, 'authorization', foreign] });
      expect([answer.status, answer.text]).toEqual([200, 'content']);
    }
  });
});

test.each(['Bearer abc.def.ghi', 'Basic YTpi', 'Digest x'])(
  'A4 %s alone: 400 InvalidArgument, as XML',
  async (value) => {
    const answer = await rig.call({ path: object(), tamper: authorization(() => value) });
    expect([answer.status, answer.code, answer.headers['content-type']]).toEqual([
      400,
      'InvalidArgument',
      'application/xml',
    ]);
    expect(answer.text).toContain('AWS4-HMAC-SHA256');
    expect(answer.text).not.toContain('abc');
  },
);

test('A5 the day of the scope has to be that of the date', async () => {
  expect(await refused({ tamper: authorization((v) => v.replace(/\/\d{8}\//, '/20200101/')) })).toEqual([
    400,
    'AuthorizationHeaderMalformed',
  ]);
});

describe('A6 skew', () => {
  test.each([-16, 16])('%i minutes: 403 RequestTimeTooSkewed, with the times', async (minutes) => {
    const answer = await rig.call({ path: object(), date: new Date(Date.now() + minutes * 60_000) });
    expect([answer.status, answer.code]).toEqual([403, 'RequestTimeTooSkewed']);
    expect(answer.text).toMatch(
      /<RequestTime>\d{8}T\d{6}Z<.*<ServerTime>[\d:TZ-]+<.*<MaxAllowedSkewMilliseconds>900000</,
    );
    expect(answer.headers.date).toBeDefined();
  });
  test.each([-14, 14])('%i minutes are accepted, and upstream gets our own time', async (minutes) => {
    const date = new Date(Date.now() + minutes * 60_000);
    rig.strict.tap.clear();
    expect((await rig.call({ path: object(), date })).status).toBe(200);
    expect(rig.strict.tap.text()).not.toContain(date.toISOString().replace(/[-:]|\.\d+/g, ''));
  });
  test('also where the signature is not checked', async () => {
    const credentials = { ...rig.token, secretAccessKey: 'unknown secret' };
    expect((await rig.call({ path: object(), credentials, date: new Date(Date.now() - 20 * 60_000) })).code).toBe(
      'RequestTimeTooSkewed',
    );
  });
});

describe('A7 region', () => {
  test('any is accepted, and none goes upstream', async () => {
    for (const region of ['eu-west-1', 'auto', 'us-gov-west-1']) {
      rig.strict.tap.clear();
      expect((await rig.call({ path: object(), region })).status).toBe(200);
      expect(rig.strict.tap.text()).not.toContain(region);
    }
  });
  test('only the advertised one in strict mode, which the answer names', async () => {
    const proxy = await startProxy({ upstream: rig.strict.upstream, strictRegion: true });
    const call = { endpoint: proxy.endpoint, credentials: proxy.session(rig.alice), path: object() };
    const answer = await s3({ ...call, region: 'eu-west-1' });
    const right = await s3(call);
    await proxy.stop();
    expect([answer.status, answer.code, right.status]).toEqual([400, 'AuthorizationHeaderMalformed', 200]);
    expect(answer.text).toContain('<Region>us-east-1</Region>');
  });
  test.each(['../evil', 'a b', 'x'.repeat(65), 'evil.example#'])('%j is no region', async (region) => {
    expect(await refused({ tamper: authorization((v) => v.replace('/us-east-1/', `/${region}/`)) })).toEqual([
      400,
      'AuthorizationHeaderMalformed',
    ]);
  });
});

test.each([
  ['/s3/', '/ec2/'],
  ['aws4_request', 'aws4_requests'],
])('A8 %s replaced in the scope by %s', async (from, to) => {
  expect(await refused({ tamper: authorization((v) => v.replace(from, to)) })).toEqual([
    400,
    'AuthorizationHeaderMalformed',
  ]);
});

describe('A9 signed headers', () => {
  test('host has to be among them', async () => {
    expect(await refused({ tamper: authorization((v) => v.replace('SignedHeaders=host;', 'SignedHeaders=')) })).toEqual(
      [403, 'AccessDenied'],
    );
  });
  test('a header that the request does not have', async () => {
    for (const credentials of [rig.session, { ...rig.token, secretAccessKey: 'other' }]) {
      const answer = await refused({
        credentials,
        tamper: authorization((v) => v.replace('SignedHeaders=host;', 'SignedHeaders=absent;host;')),
      });
      expect(answer).toEqual([403, 'SignatureDoesNotMatch']);
    }
  });
});

describe('A10 an x-amz header that is not signed is refused in every mode', () => {
  const HEADERS = [
    'x-amz-copy-source',
    'x-amz-acl',
    'x-amz-tagging',
    'X-Amz-Storage-Class',
    'x-amz-security-token',
    'x-amz-meta-a',
    'x-amz-anything',
  ];
  test.each(HEADERS)('%s', async (name) => {
    const body = 'x';
    const bearer = { ...rig.token, secretAccessKey: 'not a constant' };
    const cases: [TestProxy, S3Call['credentials']][] = [
      [rig.proxy, rig.token],
      [rig.proxy, bearer],
      [constant, rig.token],
    ];
    if (name !== 'x-amz-security-token') cases.push([rig.proxy, rig.session], [session, rig.session]);
    for (const [{ endpoint }, credentials] of cases) {
      const call = { endpoint, credentials, method: 'PUT', path: `${rig.home}/a10`, body };
      const answer = await rig.unseen(() => s3({ ...call, unsigned: { [name]: 'value' } }));
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
      expect(answer.text).toContain(`<HeadersNotSigned>${name.toLowerCase()}</HeadersNotSigned>`);
    }
  });

  test('x-amz-content-sha256 alone is bound by the payload line', async () => {
    const answer = await rig.call({
      path: object(),
      tamper: (call) => {
        call.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      },
    });
    expect(answer.code).toBe('SignatureDoesNotMatch');
  });
});

test('A11 range, conditions and content-md5 need no signature', async () => {
  const answer = await rig.call({ path: object(), unsigned: { range: 'bytes=0-2', 'if-none-match': '"other"' } });
  expect([answer.status, answer.text]).toEqual([206, 'con']);
});

test.each(['x-amz-date', 'x-amz-content-sha256', 'x-amz-meta-twice'])('A12 %s on two lines', async (name) => {
  const headers = name === 'x-amz-meta-twice' ? { [name]: 'one' } : {};
  const signed = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object(), headers });
  const text = await rawExchange(
    rig.proxy.port,
    renderHead(signed, `${name}: ${signed.headers[name]}`, 'Connection: close'),
  );
  expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*<Code>InvalidRequest</);
});

describe('A13 the signature itself', () => {
  test.each([
    ['one digit off', (v: string) => v.replace(/.$/, (c) => (c === '0' ? '1' : '0'))],
    ['empty', (v: string) => v.replace(/Signature=.*/, 'Signature=')],
    ['short', (v: string) => v.slice(0, -1)],
    ['long', (v: string) => `${v}0`],
    ['upper case', (v: string) => v.replace(/[0-9a-f]{64}$/, (s) => s.toUpperCase())],
  ])('%s is refused for sessions and in constant mode', async (_name, change) => {
    for (const [{ endpoint }, credentials] of [
      [rig.proxy, rig.session],
      [session, rig.session],
      [constant, rig.token],
    ] as const) {
      const answer = await rig.unseen(() =>
        s3({ endpoint, credentials, path: object(), tamper: authorization(change) }),
      );
      expect(['SignatureDoesNotMatch', 'AuthorizationHeaderMalformed']).toContain(answer.code);
      expect(answer.text).not.toMatch(/StringToSign|[0-9a-f]{64}/);
    }
  });
});

test('A14 whatever a client signs is verified, blanks collapsed', async () => {
  const headers = {
    'amz-sdk-invocation-id': 'abc',
    'amz-sdk-request': 'attempt=1; max=3',
    'x-amz-user-agent': 'aws-sdk-js/3  x',
    'accept-encoding': 'identity',
    'user-agent': 'test   agent',
    'cache-control': 'no-cache',
    'x-amz-meta-blank': 'a   b',
  };
  const names = ['host', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', ...Object.keys(headers)];
  const answer = await rig.call({ method: 'PUT', path: `${rig.home}/a14`, body: 'x', headers });
  expect([answer.status, names.length]).toEqual([200, 11]);
});

test('A15 SigV2: 400, and the message names what to use', async () => {
  const answer = await rig.unseen(() => rig.call({ path: object(), tamper: authorization(() => 'AWS key:c2ln') }));
  expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
  expect(answer.text).toContain('AWS4-HMAC-SHA256');
  const query = await send({
    method: 'GET',
    origin: `http://127.0.0.1:${rig.proxy.port}`,
    target: `/s3${object()}?AWSAccessKeyId=k&Expires=1&Signature=s`,
    headers: ['host', 'x'],
  });
  expect([query.status, query.code]).toEqual([400, 'InvalidRequest']);
  expect(query.text).toContain('s3v4');
});

test('A16 SigV4A: 501', async () => {
  expect(
    await refused({ tamper: authorization((v) => v.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')) }),
  ).toEqual([501, 'NotImplemented']);
});

test('A17 nothing at all: 403 AccessDenied; HEAD of a bucket tells the region', async () => {
  const strip: Tamper = (call) => {
    delete call.headers.authorization;
  };
  expect(await refused({ tamper: strip })).toEqual([403, 'AccessDenied']);
  const head = await rig.call({ method: 'HEAD', path: rig.home, tamper: strip });
  expect([head.status, head.headers['x-amz-bucket-region'], head.text]).toEqual([403, 'us-east-1', '']);
});

describe('A18 tokens', () => {
  const withToken = async (accessKeyId: string) => {
    const answer = await rig.unseen(() =>
      rig.call({ path: object(), credentials: { accessKeyId, secretAccessKey: 'N/A' } }),
    );
    expect(answer.text).not.toContain(accessKeyId.split('.').find((part) => part.length > 1) ?? accessKeyId);
    return [answer.status, answer.code];
  };
  test('expired', async () =>
    expect(await withToken(await token({ sub: rig.alice, ttl: -60 }))).toEqual([403, 'ExpiredToken']));
  test('wrong audience, issuer, scope, purpose', async () => {
    for (const claims of [{ aud: 'other' }, { iss: 'https://evil.test' }, { scope: 'openid' }, { pur: 'refresh' }]) {
      expect(await withToken(await token({ sub: rig.alice, claims }))).toEqual([403, 'InvalidAccessKeyId']);
    }
  });
  test('another signature', async () => {
    const good = await token({ sub: rig.alice });
    expect(await withToken(`${good.slice(0, -8)}AAAAAAAA`)).toEqual([403, 'InvalidAccessKeyId']);
  });
  test('alg none, HS256 with the public key, no JWT at all, a very long one', async () => {
    const [head, payload] = [
      { alg: 'none' },
      { sub: rig.alice, iss: 'https://issuer.test', aud: ['gen3'], exp: 4e9 },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const hs = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'test' })).toString('base64url');
    const mac = createHmac('sha256', JSON.stringify(publicJwk)).update(`${hs}.${payload}`).digest('base64url');
    for (const forged of [
      `${head}.${payload}.`,
      `${hs}.${payload}.${mac}`,
      'AKIAIOSFODNN7EXAMPLE',
      'a.b.c',
      'x'.repeat(20_000),
    ]) {
      expect(await withToken(forged)).toEqual([403, 'InvalidAccessKeyId']);
    }
  });
});

test('A19 no answer about a token: 503, and never a way in', async () => {
  for (const verifyToken of [
    async () => ({ ok: false, reason: 'unavailable' }) as const,
    async () => Promise.reject(new Error('down')),
  ]) {
    const proxy = await startProxy({ upstream: rig.strict.upstream, verifyToken });
    const answer = await rig.unseen(() => s3({ endpoint: proxy.endpoint, credentials: rig.token, path: object() }));
    await proxy.stop();
    expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
  }
});

test('A20 a session token left over beside a token is dropped, and never forwarded', async () => {
  rig.strict.tap.clear();
  const answer = await rig.call({ path: object(), credentials: { ...rig.token, sessionToken: 'left-over' } });
  expect(answer.status).toBe(200);
  await rig.call({ path: object() });
  expect(rig.strict.tap.text()).not.toMatch(/left-over|x-amz-security-token/);
  const { sessionToken: _, ...without } = rig.session;
  expect((await rig.call({ path: object(), credentials: without })).code).toBe('InvalidToken');
});

describe('A21 the canonical path', () => {
  test('the raw one and S3 encoding are accepted', async () => {
    expect((await rig.put('a21!(x)', 'x')).status).toBe(200);
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      path: `${rig.home}/a21%21%28x%29`,
    });
    for (const target of [signed.target, signed.target.replace('%21%28x%29', '!(x)')]) {
      const answer = await send({ ...signed, target, headers: Object.entries(signed.headers).flat() });
      expect([target, answer.status]).toEqual([target, 200]);
    }
  });
  test('a doubly encoded one is not', async () => {
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      path: `${rig.home}/a%2520b`,
    });
    const answer = await send({
      ...signed,
      target: signed.target.replace('%2520', '%20'),
      headers: Object.entries(signed.headers).flat(),
    });
    expect(answer.code).toBe('SignatureDoesNotMatch');
  });
});

test('A22 response overrides work when signed; line breaks in them do not', async () => {
  const good = await rig.call({
    path: object(),
    query: { 'response-content-type': 'text/x-test', 'response-cache-control': 'no-store' },
  });
  expect([good.status, good.headers['content-type'], good.headers['cache-control']]).toEqual([
    200,
    'text/x-test',
    'no-store',
  ]);
  const bad = await rig.unseen(() =>
    rig.call({ path: object(), query: { 'response-content-type': 'a\r\nset-cookie: x' } }),
  );
  expect([bad.status, bad.code]).toEqual([400, 'InvalidArgument']);
});

describe('modes', () => {
  test('compat: constants verify, any other secret is a bare bearer and counted', async () => {
    for (const secretAccessKey of ['N/A', 'n/a']) {
      expect((await rig.call({ path: object(), credentials: { ...rig.token, secretAccessKey } })).status).toBe(200);
      expect(rig.proxy.log.at(-1)?.fields.verification).toBe('constant');
    }
    expect(
      (await rig.call({ path: object(), credentials: { ...rig.token, secretAccessKey: 'whatever' } })).status,
    ).toBe(200);
    expect(rig.proxy.log.at(-1)?.fields.verification).toBe('none');
    expect(await rig.proxy.registry.getSingleMetricAsString('eyrie_s3_signature_unverified_total')).toMatch(
      /total [1-9]/,
    );
  });
  test('constant: another secret does not match', async () => {
    const call = { endpoint: constant.endpoint, path: object() };
    expect((await s3({ ...call, credentials: rig.token })).status).toBe(200);
    const answer = await s3({ ...call, credentials: { ...rig.token, secretAccessKey: 'whatever' } });
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    expect((await s3({ ...call, credentials: rig.session })).status).toBe(200);
  });
  test('session: tokens are refused', async () => {
    const call = { endpoint: session.endpoint, path: object() };
    expect((await s3({ ...call, credentials: rig.session })).status).toBe(200);
    expect((await rig.unseen(() => s3({ ...call, credentials: rig.token }))).code).toBe('InvalidAccessKeyId');
  });
});

describe('clients that act for users', () => {
  const as = (accessKeyId: string) =>
    rig.call({ path: object(), credentials: { accessKeyId, secretAccessKey: 'N/A' } });
  test('a listed client without sub may name the user', async () => {
    const client = await token({ azp: 'tes' });
    expect((await as(`${client};userId=${rig.alice}`)).text).toBe('content');
    expect((await as(`${client};userId=${rig.bob}`)).code).toBe('AccessDenied');
  });
  test('nobody else may, in no spelling', async () => {
    const [client, other, user, both] = await Promise.all([
      token({ azp: 'tes' }),
      token({ azp: 'other' }),
      token({ sub: rig.bob }),
      token({ sub: rig.bob, azp: 'tes' }),
    ]);
    const forms = [
      client,
      `${other};userId=${rig.alice}`,
      `${user};userId=${rig.alice}`,
      `${both};userId=${rig.alice}`,
      `${client};userId=`,
      `${client};userId=${rig.alice};userId=${rig.alice}`,
      `${client};UserId=${rig.alice}`,
      `${client};userId=${rig.alice};x`,
      `${client};userId=../${rig.alice}`,
      `${client};userId=${rig.alice.toUpperCase()}`,
      `${client};userId=%61lice`,
    ];
    for (const form of forms) {
      const answer = await rig.unseen(() => as(form));
      expect([answer.status, answer.code]).toEqual([403, 'InvalidAccessKeyId']);
    }
  });
});
