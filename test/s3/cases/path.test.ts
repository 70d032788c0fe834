/** P: request line, path, host. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalQuery } from '#s3/http/query.ts';
import { presign, s3, send, signS3 } from '../support/http.ts';
import { bucketOf, startProxy } from '../support/proxy.ts';
import { rawExchange } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

describe('P1 the service itself', () => {
  test.each(['', '/'])('GET /s3%s lists the one bucket of the caller, without asking upstream', async (path) => {
    const answer = await rig.unseen(() => rig.call({ path }));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`<Name>${bucketOf(rig.alice)}</Name>`);
    expect(answer.text).not.toContain(bucketOf(rig.bob));
  });
});

test('P2 an absolute target is refused', async () => {
  const answer = await rig.unseen(() =>
    rig.call({
      path: rig.home,
      tamper: (call) => {
        call.target = `http://127.0.0.1:${rig.proxy.port}${call.target}`;
      },
    }),
  );
  expect([answer.status, answer.code]).toEqual([400, 'InvalidURI']);
});

describe('P3 dot segments', () => {
  test('never lead to another bucket', async () => {
    await rig.strict.client.send(
      new PutObjectCommand({
        Bucket: rig.foreign.slice(1),
        Key: 'secret',
        Body: 'of bob',
      }),
    );
    for (const climb of ['..', '%2e%2e', '.%2E', '%2e.', 'x/../..', './..', '/..']) {
      for (const path of [
        `${rig.home}/${climb}${rig.foreign}/secret`,
        `${rig.home}/${climb}%2f${rig.foreign.slice(1)}/secret`,
      ]) {
        for (const credentials of [rig.session, rig.token]) {
          const answer = await rig.call({ path, credentials });
          expect(answer.status, path).toBeGreaterThanOrEqual(400);
          expect(answer.text).not.toContain('of bob');
        }
      }
    }
  });

  test('alone, or slashes alone, are the bucket on a file system: no operation names it by them', async () => {
    const calls = ['/', '//', '.', './', '/./', 'a/..'].flatMap((key) => {
      const path = `${rig.home}/${key}`;
      const body = `<Delete><Object><Key>${key}</Key></Object></Delete>`;
      const digest = { 'content-md5': createHash('md5').update(body).digest('base64') };
      return [
        ...['GET', 'HEAD', 'PUT', 'DELETE'].map((method) => ({ method, path })),
        { method: 'PUT', path: `${rig.home}/copy`, headers: { 'x-amz-copy-source': path } },
        { method: 'POST', path: rig.home, query: { delete: '' }, body, headers: digest },
      ];
    });
    for (const one of calls) {
      const answer = await rig.unseen(() => rig.call(one));
      expect([one, answer.status]).toEqual([one, 400]);
    }
  });

  test('within a bucket are part of the key and forwarded as they are', async () => {
    const upstream = await startProxy({ upstream: rig.strict.upstream, dotSegments: 'forward' });
    try {
      const session = upstream.session(rig.alice);
      for (const key of ['a/./b', 'a/../b', 'a//b', '//a', 'a/', '.../x']) {
        rig.strict.tap.clear();
        await s3({ endpoint: upstream.endpoint, credentials: session, path: `${rig.home}/${key}` });
        expect(rig.strict.tap.requests()).toEqual([`GET ${rig.home}/${key} HTTP/1.1`]);
      }
    } finally {
      await upstream.stop();
    }
  });

  test('are refused where configured, before anything is sent', async () => {
    const upstream = await startProxy({ upstream: rig.strict.upstream, dotSegments: 'reject' });
    try {
      const credentials = upstream.session(rig.alice);
      const answer = await rig.unseen(() =>
        s3({ endpoint: upstream.endpoint, credentials, path: `${rig.home}/a/../b` }),
      );
      expect([answer.status, answer.code]).toEqual([400, 'InvalidURI']);
    } finally {
      await upstream.stop();
    }
  });
});

test.each([
  'gen3wf%2dlocalhost',
  'Upper-Case',
  'a..b',
  'ab',
  'x'.repeat(64),
  'with_underscore',
  '-start',
  'sp%20ace',
  '%00abc',
])('P4 the bucket name %s is refused before anything is sent', async (bucket) => {
  const answer = await rig.unseen(() => rig.call({ path: `/${bucket}/key` }));
  expect([answer.status, answer.code]).toEqual([400, 'InvalidBucketName']);
});

test.each(['%', '%2', '%zz', 'a%00b', '%ff%fe', '%c0%af'])('P5 the key %s is no valid URI', async (key) => {
  const answer = await rig.unseen(() => rig.call({ path: `${rig.home}/${key}` }));
  expect([answer.status, answer.code]).toEqual([400, 'InvalidURI']);
});

test.each(['/s3/b\\x', '/s3/b\tx', '/s3/b\x01x', '/s3/b#x'])('P5 the raw target %j is refused', async (target) => {
  const answer = await rawExchange(rig.proxy.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

describe('P6 keys survive PUT, HEAD, GET, LIST, COPY and DELETE', () => {
  const KEYS = [
    'plain',
    'sp ace',
    'pl+us',
    'two  spaces',
    'tilde~',
    "ex!'()*",
    'é',
    '日本語',
    '🐦',
    'a%2Fb',
    'per%cent',
    '100%',
    'a&b=c;d',
    'q?x',
    'h#x',
    'a:b@c,d$e',
    '[x]{y}|z',
    'back\\slash',
    '"quoted"',
    '<xml>&amp;',
    'line\ttab',
    'a=b',
    '%',
    '%25',
    '+',
    'trailing.',
    'dir/sub/é +%/x',
  ];
  test.each(KEYS)('%j', async (key) => {
    const path = `${rig.home}/${encodeKey(`p6/${key}`)}`;
    const copy = `${rig.home}/${encodeKey(`p6-copy/${key}`)}`;
    const body = `body of ${key}`;
    expect((await rig.call({ method: 'PUT', path, body })).status).toBe(200);
    const stored = await rig.strict.client.send(new GetObjectCommand({ Bucket: rig.home.slice(1), Key: `p6/${key}` }));
    expect(await stored.Body?.transformToString()).toBe(body);
    expect((await rig.call({ path })).text).toBe(body);
    expect((await rig.call({ method: 'HEAD', path })).headers['content-length']).toBe(String(Buffer.byteLength(body)));
    const query = { 'list-type': '2', prefix: `p6/${key}`, 'encoding-type': 'url' };
    const { endpoint, credentials } = rig.strict;
    const direct = keysOf((await s3({ endpoint, credentials, path: rig.home, query })).text);
    expect(direct).toHaveLength(1);
    expect(keysOf((await rig.call({ path: rig.home, query })).text)).toEqual(direct);
    const copied = await rig.call({
      method: 'PUT',
      path: copy,
      headers: { 'x-amz-copy-source': `${rig.home}/${encodeKey(`p6/${key}`)}` },
    });
    expect([copied.status, copied.text]).toEqual([200, expect.stringContaining('ETag')]);
    expect((await rig.call({ path: copy })).text).toBe(body);
    for (const gone of [path, copy]) expect((await rig.call({ method: 'DELETE', path: gone })).status).toBe(204);
    expect((await rig.call({ path })).status).toBe(404);
  });

  test('a literal plus is a plus, and goes out encoded', async () => {
    expect((await rig.put('p6-plus/a+b', 'plus')).status).toBe(200);
    expect(rig.strict.tap.requests().at(-1)).toContain('/p6-plus/a%2Bb ');
    const listed = await rig.strict.client.send(
      new ListObjectsV2Command({ Bucket: rig.home.slice(1), Prefix: 'p6-plus/' }),
    );
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['p6-plus/a+b']);
  });
});

test('P7 a key of 1,025 bytes is too long, one of 1,024 is not', async () => {
  const long = await rig.unseen(() => rig.call({ path: `${rig.home}/${'é'.repeat(512)}x`.replaceAll('é', '%C3%A9') }));
  expect([long.status, long.code]).toEqual([400, 'KeyTooLongError']);
  const fits = await rig.call({ path: `${rig.home}/${'%C3%A9'.repeat(512)}` });
  expect(fits.code).not.toBe('InvalidURI');
  expect(fits.status).not.toBe(200);
});

test.each(['/S3/x', '/s3x/y', '/s', '/s33'])('P8 %s is not S3', async (target) => {
  const answer = await send({
    method: 'GET',
    origin: `http://127.0.0.1:${rig.proxy.port}`,
    target,
    headers: ['host', 'x'],
  });
  expect([answer.status, answer.text]).toEqual([404, 'not S3']);
});

test('P9 two Host headers are refused', async () => {
  const { headers, target } = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: rig.home });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = await rawExchange(
    rig.proxy.port,
    `GET ${target} HTTP/1.1\r\n${lines.join('')}Host: evil.example\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('P9 no Host header is refused in S3’s words', async () => {
  const { headers, target } = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: rig.home });
  const lines = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'host');
  const answer = await rawExchange(
    rig.proxy.port,
    `GET ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Connection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*<Code>InvalidRequest<\/Code>/);
});

describe('P10 public names', () => {
  const throughIngress = (host: string, forwarded?: string) => ({
    path: rig.home,
    tamper: (call: { headers: Record<string, string> }) => {
      call.headers.host = host;
      if (forwarded) call.headers['x-forwarded-host'] = forwarded;
    },
  });

  test('a Host that was rewritten does not verify; a configured name does', async () => {
    expect((await rig.call(throughIngress('internal:8080'))).code).toBe('SignatureDoesNotMatch');
    const named = await startProxy({
      upstream: rig.strict.upstream,
      publicNames: { hosts: [`127.0.0.1:${rig.proxy.port}`] },
    });
    try {
      const signed = await signS3({
        endpoint: rig.proxy.endpoint,
        credentials: named.session(rig.alice),
        path: rig.home,
      });
      signed.headers.host = 'internal:8080';
      const answer = await send({
        ...signed,
        origin: `http://127.0.0.1:${named.port}`,
        headers: Object.entries(signed.headers).flat(),
      });
      expect(answer.status).toBe(200);
    } finally {
      await named.stop();
    }
  });

  test('X-Forwarded-Host counts only from a trusted proxy', async () => {
    const answer = await rig.call(throughIngress('internal:8080', `127.0.0.1:${rig.proxy.port}`));
    expect(answer.code).toBe('SignatureDoesNotMatch');
    const trusting = await startProxy({ upstream: rig.strict.upstream, publicNames: { trustForwarded: true } });
    try {
      const call = throughIngress('internal:8080', `127.0.0.1:${trusting.port}`);
      expect(
        (await s3({ endpoint: trusting.endpoint, credentials: trusting.session(rig.alice), ...call })).status,
      ).toBe(200);
    } finally {
      await trusting.stop();
    }
  });
});

test('P11 a prefix that an ingress cut off verifies when it is configured, else the answer names the path', async () => {
  const signed = await signS3({
    endpoint: `${rig.proxy.rootEndpoint}/workflows/s3`,
    credentials: rig.session,
    path: rig.home,
  });
  const target = signed.target.replace('/workflows', '');
  const headers = Object.entries(signed.headers).flat();
  const plain = await send({ ...signed, origin: `http://127.0.0.1:${rig.proxy.port}`, target, headers });
  expect([plain.status, plain.code]).toEqual([403, 'SignatureDoesNotMatch']);
  expect(plain.text).toContain(target);
  const configured = await startProxy({
    upstream: rig.strict.upstream,
    sessionKeys: rig.proxy.sessionKeys,
    publicNames: { prefixes: ['/workflows/s3'] },
  });
  try {
    const again = await signS3({
      endpoint: `http://127.0.0.1:${configured.port}/workflows/s3`,
      credentials: rig.session,
      path: rig.home,
    });
    const answer = await send({
      ...again,
      target: again.target.replace('/workflows', ''),
      headers: Object.entries(again.headers).flat(),
    });
    expect(answer.status).toBe(200);
  } finally {
    await configured.stop();
  }
});

test('P12 virtual hosts, where suffixes are configured; a bucket in the host makes the path a key', async () => {
  const proxy = await startProxy({ upstream: rig.strict.upstream, virtualHostSuffixes: ['s3.example.org'] });
  try {
    const credentials = proxy.session(rig.alice);
    const call = async (host: string, path: string, method = 'GET', body?: string) => {
      const signed = await signS3({
        endpoint: `http://${host}`,
        credentials,
        method,
        path,
        ...(body !== undefined && { body }),
      });
      return send({ ...signed, origin: proxy.rootEndpoint, headers: Object.entries(signed.headers).flat() });
    };
    const host = `${rig.home.slice(1)}.s3.example.org:${proxy.rootPort}`;
    expect((await call(host, '/virtual', 'PUT', 'virtual')).status).toBe(200);
    expect((await call(host, '/virtual')).text).toBe('virtual');
    expect((await call(`${rig.foreign.slice(1)}.s3.example.org`, '/virtual')).code).toBe('AccessDenied');
    expect((await call(host, `${rig.foreign}/x`)).code).toBe('NoSuchKey');
    expect((await call('s3.example.org', `${rig.home}/virtual`)).text).toBe('virtual');
  } finally {
    await proxy.stop();
  }
});

describe('P13 query parameters', () => {
  test.each([
    ['GET', '', { 'list-type': '2', versionId: '1' }],
    ['GET', '/p13', { prefix: 'x' }],
    ['GET', '/p13', { unknown: '1', session: 'a b&c' }],
    ['GET', '/p13', { policy: '', website: '' }],
    ['PUT', '/p13', { unknown: '1' }],
    ['DELETE', '/p13', { 'max-keys': '1' }],
  ])(
    '%s %s %j: what S3 ignores there is ignored, and stays here',
    async (method, key, query: Record<string, string>) => {
      await rig.put('p13', 'x');
      rig.strict.tap.clear();
      const answer = await rig.call({ method, path: rig.home + key, query, ...(method === 'PUT' && { body: 'x' }) });
      expect(answer.status).toBe(method === 'DELETE' ? 204 : 200);
      const parameters = 'list-type' in query ? '?list-type=2' : '';
      expect(rig.strict.tap.requests()).toEqual([`${method} ${rig.home}${key}${parameters} HTTP/1.1`]);
    },
  );

  test('an ignored parameter is part of what was signed, in a header and in a presigned URL', async () => {
    await rig.put('p13', 'x');
    const tamper = (call: { target: string }): void => {
      call.target = call.target.replace('mine=1', 'mine=2');
    };
    const call = { path: `${rig.home}/p13`, query: { mine: '1' } };
    expect((await rig.call(call)).text).toBe('x');
    expect((await rig.unseen(() => rig.call({ ...call, tamper }))).code).toBe('SignatureDoesNotMatch');

    const signed = await presign({ endpoint: rig.proxy.endpoint, credentials: rig.session, ...call });
    const fetchIt = (target: string) => send({ ...signed, target, headers: ['host', signed.host] });
    expect((await fetchIt(signed.target)).text).toBe('x');
    expect((await rig.unseen(() => fetchIt(signed.target.replace('mine=1', 'mine=2')))).code).toBe(
      'SignatureDoesNotMatch',
    );
    expect((await rig.unseen(() => fetchIt(`${signed.target}&added=1`))).code).toBe('SignatureDoesNotMatch');
  });

  test.each([
    ['PUT', { versionId: '1' }],
    ['PUT', { partNumber: '1' }],
    ['DELETE', { partNumber: '1' }],
  ])('%s of an object with %j would act on something else: refused', async (method, query: Record<string, string>) => {
    const answer = await rig.unseen(() =>
      rig.call({ method, path: `${rig.home}/k`, query, ...(method === 'PUT' && { body: 'x' }) }),
    );
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
  });

  test.each(['prefix=a&prefix=b', 'uploadId=1&uploadId=2', 'partNumber=1&partNumber=2', 'versionId=1&VersionId=2'])(
    'given twice is refused: %s',
    async (query) => {
      const answer = await rig.unseen(() =>
        rig.call({
          path: rig.home,
          tamper: (call) => {
            call.target += `?${query}`;
          },
        }),
      );
      expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
    },
  );

  test('x-id is ignored and not forwarded', async () => {
    rig.strict.tap.clear();
    expect((await rig.call({ path: rig.home, query: { 'list-type': '2', 'x-id': 'ListObjectsV2' } })).status).toBe(200);
    expect(rig.strict.tap.requests()).toEqual([`GET ${rig.home}?list-type=2 HTTP/1.1`]);
  });

  test('a plus is a space, as S3 reads it', () => {
    expect(
      canonicalQuery([
        ['b', 'x y'],
        ['a', ''],
      ]),
    ).toBe('a=&b=x%20y');
  });
});

describe('P14 sub-resources that are not offered', () => {
  const NAMES =
    'policy cors lifecycle website replication notification logging inventory analytics accelerate requestPayment ownershipControls publicAccessBlock encryption object-lock'.split(
      ' ',
    );
  test.each(NAMES)('?%s of the bucket: 501 for every method', async (name) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await rig.unseen(() =>
        rig.call({ method, path: rig.home, query: { [name]: '' }, ...(method === 'PUT' && { body: '<x/>' }) }),
      );
      expect([method, answer.status, answer.code]).toEqual([method, 501, 'NotImplemented']);
    }
  });

  test.each(NAMES.filter((name) => name !== 'encryption'))('?%s does not write or delete an object', async (name) => {
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' && { body: '<x/>' };
      const answer = await rig.unseen(() =>
        rig.call({ method, path: `${rig.home}/k`, query: { [name]: '' }, ...body }),
      );
      expect([method, answer.status, answer.code]).toEqual([method, 501, 'NotImplemented']);
    }
  });

  test.each(['legal-hold', 'retention', 'torrent', 'restore', 'select'])('?%s of an object: 501', async (name) => {
    for (const method of ['GET', 'PUT', 'POST']) {
      const answer = await rig.unseen(() =>
        rig.call({ method, path: `${rig.home}/k`, query: { [name]: '' }, ...(method !== 'GET' && { body: '<x/>' }) }),
      );
      expect([method, answer.status]).toEqual([method, 501]);
    }
  });

  test.each([
    ['PUT', '', { acl: '' }],
    ['PUT', '/k', { acl: '' }],
    ['PUT', '', { versioning: '' }],
    ['PUT', '', { tagging: '' }],
    ['DELETE', '', { versions: '' }],
  ])('%s %s %j: the control plane stays closed', async (method, key, query) => {
    const answer = await rig.unseen(() =>
      rig.call({ method, path: rig.home + key, query, ...(method === 'PUT' && { body: '<x/>' }) }),
    );
    expect(answer.status).toBe(501);
  });
});

const keysOf = (listing: string): string[] => listing.match(/<Key>[^<]*<\/Key>/g) ?? [];

const encodeKey = (key: string): string =>
  encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

test('the listener of its own needs no prefix', async () => {
  const answer = await s3({ endpoint: rig.proxy.rootEndpoint, credentials: rig.session, path: rig.home });
  expect(answer.status).toBe(200);
});
