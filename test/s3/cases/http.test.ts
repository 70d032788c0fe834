/** H: HTTP mechanics, mostly before an upstream that shows what it got. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { type S3Call, s3, send, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { rawConnection, rawExchange, renderHead } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { errorBody, type Script, type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;
const HOME = `/${bucketOf('u')}`;
const ok: Script = (_req, res) => res.writeHead(200, { etag: '"x"', 'content-length': '2' }).end('ok');

beforeAll(async () => {
  upstream = await scriptedUpstream(ok);
  proxy = await startProxy({ upstream: upstream.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});
beforeEach(() => {
  upstream.script = ok;
  upstream.seen.length = 0;
});
afterEach(async () => {
  await expect.poll(() => proxy.s3.stats().active).toBe(0);
});

const call = (partial: Partial<S3Call> = {}) =>
  s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `${HOME}/k`, ...partial });
const sign = (partial: Partial<S3Call> = {}) =>
  signS3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `${HOME}/k`, ...partial });
const lastSeen = async () => {
  await expect.poll(() => upstream.seen.length).toBeGreaterThan(0);
  return upstream.seen.at(-1) as (typeof upstream.seen)[number];
};

describe('H1 Expect: 100-continue', () => {
  test('the body is asked for after authorisation only, and the header stays here', async () => {
    const signed = await sign({ method: 'PUT', hash: 'UNSIGNED-PAYLOAD' });
    const connection = await rawConnection(proxy.port);
    connection.write(renderHead(signed, 'Expect: 100-continue', 'Content-Length: 5', 'Connection: close'));
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    expect(upstream.seen).toEqual([]);
    connection.write('hello');
    await connection.closed;
    expect(connection.text()).toMatch(/HTTP\/1\.1 200 OK/);
    expect((await lastSeen()).headers.expect).toBeUndefined();
  });

  test('a refused upload of 5 GiB costs no byte of body', async () => {
    const signed = await sign({ method: 'PUT', path: `/${bucketOf('other')}/k`, hash: 'UNSIGNED-PAYLOAD' });
    const answer = await rawExchange(
      proxy.port,
      renderHead(signed, 'Expect: 100-continue', `Content-Length: ${5 * 1024 ** 3}`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*connection: close[\s\S]*AccessDenied/i);
    expect(answer).not.toContain('100 Continue');
  });

  test('other expectations: 417', async () => {
    const signed = await sign();
    expect(await rawExchange(proxy.port, renderHead(signed, 'Expect: wonders', 'Connection: close'))).toMatch(
      /^HTTP\/1\.1 417 /,
    );
  });

  test('an empty header expects nothing', async () => {
    const signed = await sign({ method: 'PUT', hash: 'UNSIGNED-PAYLOAD' });
    const head = renderHead(signed, 'Expect:', 'Content-Length: 5', 'Connection: close');
    expect(await rawExchange(proxy.port, `${head}hello`)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('H2 a refusal in mid-body is readable, little more is read, and the connection ends', async () => {
  const signed = await sign({ method: 'PUT', path: `/${bucketOf('other')}/k`, hash: 'UNSIGNED-PAYLOAD' });
  const connection = await rawConnection(proxy.port);
  connection.write(renderHead(signed, `Content-Length: ${1024 ** 3}`));
  const feed = setInterval(() => connection.socket.writable && connection.socket.write(Buffer.alloc(16_384)), 1);
  await connection.closed;
  clearInterval(feed);
  expect(connection.text()).toMatch(/^HTTP\/1\.1 403 [\s\S]*AccessDenied/);
  expect(connection.socket.bytesWritten).toBeLessThan(64 * 1024 ** 2);
});

describe('H3 ambiguous framing', () => {
  test.each([
    ['CL and TE', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['an unknown TE', 'Transfer-Encoding: xchunked'],
    ['blank before the colon', 'Content-Length : 5'],
    ['a folded line', 'X-A: b\r\n c'],
    ['a negative length', 'Content-Length: -5'],
  ])('%s: 400, nothing upstream', async (_name, lines) => {
    const signed = await sign({ method: 'PUT', hash: 'UNSIGNED-PAYLOAD' });
    const answer = await rawExchange(
      proxy.port,
      `${renderHead(signed, lines, 'Connection: close')}5\r\nhello\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.seen).toEqual([]);
  });
});

describe('H4 hop-by-hop headers', () => {
  test('stay on their hop, both ways', async () => {
    upstream.script = (_req, res) =>
      res
        .writeHead(200, {
          'keep-alive': 'timeout=9',
          'proxy-authenticate': 'x',
          upgrade: 'h2c',
          trailer: 'x',
          etag: '"x"',
        })
        .end('ok');
    const signed = await sign();
    const answer = await send({
      ...signed,
      headers: [
        ...Object.entries(signed.headers).flat(),
        'connection',
        'keep-alive, x-private',
        'x-private',
        '1',
        'te',
        'trailers',
        'proxy-authorization',
        'x',
        'upgrade',
        'h2c',
      ],
    });
    expect(answer.status).toBe(200);
    const seen = await lastSeen();
    for (const name of ['x-private', 'te', 'proxy-authorization', 'upgrade', 'trailer'])
      expect(seen.headers[name], name).toBeUndefined();
    for (const name of ['proxy-authenticate', 'upgrade', 'trailer']) expect(answer.headers[name], name).toBeUndefined();
  });
  test.each(['x-amz-copy-source', 'X-Amz-Content-Sha256', 'host', 'authorization', 'close, x-amz-date'])(
    'S16 Connection: %s is refused',
    async (value) => {
      const signed = await sign();
      expect(await rawExchange(proxy.port, renderHead(signed, `Connection: ${value}`, 'Connection: close'))).toMatch(
        /^HTTP\/1\.1 400 /,
      );
      expect(upstream.seen).toEqual([]);
    },
  );
});

test('H5 only listed headers go upstream, and none of the client’s identity', async () => {
  const signed = await sign({
    method: 'PUT',
    body: 'x',
    headers: {
      'content-type': 'text/x',
      'cache-control': 'no-cache',
      'content-disposition': 'inline',
      'content-language': 'fr',
      expires: '0',
      'x-amz-meta-a': 'b',
    },
  });
  const extra = [
    'cookie',
    'a=b',
    'x-forwarded-for',
    '1.2.3.4',
    'forwarded',
    'for=x',
    'x-real-ip',
    '1.2.3.4',
    'user-agent',
    'secret-agent/1',
    'accept-encoding',
    'gzip, br',
    'amz-sdk-request',
    'attempt=1',
    'origin',
    'https://x',
    'referer',
    'x',
    'x-custom',
    'y',
  ];
  expect((await send({ ...signed, headers: [...Object.entries(signed.headers).flat(), ...extra] })).status).toBe(200);
  const { headers, rawHeaders } = await lastSeen();
  expect(Object.keys(headers).sort()).toEqual(
    [
      'accept-encoding',
      'authorization',
      'cache-control',
      'content-disposition',
      'content-language',
      'content-length',
      'content-type',
      'expires',
      'host',
      'user-agent',
      'x-amz-content-sha256',
      'x-amz-date',
      'x-amz-meta-a',
      'x-amz-security-token',
      ...(headers.connection ? ['connection'] : []),
    ].sort(),
  );
  expect([headers['accept-encoding'], headers['x-amz-security-token'], headers.host]).toEqual([
    'identity',
    'internal-token',
    `127.0.0.1:${upstream.port}`,
  ]);
  expect(rawHeaders.join()).not.toMatch(/secret-agent|GWS1/);
});

test('H6 what comes back: S3 headers pass, the upstream itself does not show', async () => {
  const passed = {
    etag: '"x"',
    'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT',
    'accept-ranges': 'bytes',
    'content-type': 'text/x',
    'x-amz-meta-a': 'b',
    'x-amz-version-id': 'v',
    'x-amz-checksum-crc32': 'AAAAAA==',
    'x-amz-expiration': 'e',
  };
  const withheld = {
    server: 'upstream/1',
    'x-amz-id-2': 'host-of-upstream',
    'x-amz-request-id': 'UPSTREAMREQUEST',
    'x-amz-bucket-region': 'eu-west-9',
    'set-cookie': 'a=b',
    'access-control-allow-origin': '*',
    'x-internal': '1',
    via: 'x',
    location: 'http://up/',
  };
  upstream.script = (_req, res) => res.writeHead(200, { ...passed, ...withheld, 'content-length': '2' }).end('ok');
  const answer = await call();
  expect(answer.headers).toMatchObject(passed);
  for (const name of [
    'server',
    'x-amz-id-2',
    'x-amz-bucket-region',
    'set-cookie',
    'access-control-allow-origin',
    'x-internal',
    'via',
    'location',
  ])
    expect(answer.headers[name], name).toBeUndefined();
  expect(answer.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/);
  expect(proxy.log.at(-1)?.fields).toMatchObject({
    requestId: answer.headers['x-amz-request-id'],
    upstreamRequestId: 'UPSTREAMREQUEST',
  });
});

test('H7 HEAD keeps the length of the object and has no body', async () => {
  upstream.script = (_req, res) => res.writeHead(200, { 'content-length': '123456789', etag: '"x"' }).end();
  const answer = await call({ method: 'HEAD' });
  expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '123456789', 0]);
});

describe('H8 statuses pass', () => {
  test('204, 304, 206', async () => {
    for (const [status, headers] of [
      [204, {}],
      [304, { etag: '"x"' }],
      [206, { 'content-range': 'bytes 0-1/5', 'content-length': '2' }],
    ] as const) {
      upstream.script = (_req, res) => res.writeHead(status, headers).end(status === 206 ? 'ok' : undefined);
      const answer = await call({ method: status === 204 ? 'DELETE' : 'GET' });
      expect([answer.status, answer.text]).toEqual([status, status === 206 ? 'ok' : '']);
      expect(answer.headers).toMatchObject(headers);
    }
  });
  test('416 and 412 as XML, with Content-Range', async () => {
    upstream.script = (_req, res) =>
      res
        .writeHead(416, { 'content-range': 'bytes */0', 'content-type': 'application/xml' })
        .end(
          errorBody('InvalidRange', '<RangeRequested>bytes=0-1</RangeRequested><ActualObjectSize>0</ActualObjectSize>'),
        );
    const range = await call();
    expect([range.status, range.code, range.headers['content-range']]).toEqual([416, 'InvalidRange', 'bytes */0']);
    expect(range.text).toContain('<ActualObjectSize>0</ActualObjectSize>');
    upstream.script = (_req, res) =>
      res.writeHead(412).end(errorBody('PreconditionFailed', '<Condition>If-None-Match</Condition>'));
    expect((await call()).code).toBe('PreconditionFailed');
  });
});

test('H9 H10 ranges, part numbers, checksum modes and conditions are forwarded', async () => {
  const headers = {
    range: 'bytes=0-1,5-',
    'if-match': '"a"',
    'if-none-match': '*',
    'if-modified-since': 'Sat, 21 Nov 2026 00:00:00 GMT',
    'if-unmodified-since': 'Sat, 21 Nov 2026 00:00:00 GMT',
    'x-amz-checksum-mode': 'ENABLED',
  };
  await call({ headers, query: { partNumber: '1' } });
  const seen = await lastSeen();
  expect(seen.headers).toMatchObject(headers);
  expect(seen.target).toBe(`${HOME}/k?partNumber=1`);
  const copy = {
    'x-amz-copy-source': `${HOME}/y`,
    'x-amz-copy-source-if-match': '"a"',
    'x-amz-copy-source-if-none-match': '"b"',
    'x-amz-copy-source-range': 'bytes=0-9',
  };
  await call({ method: 'PUT', headers: copy, query: { partNumber: '1', uploadId: 'u' } });
  await expect.poll(() => upstream.seen.length).toBe(2);
  expect(upstream.seen[1]?.headers).toMatchObject(copy);
});

test('H11 a long 200 is passed on as it comes, an error in it untouched', async () => {
  const go = Promise.withResolvers<void>();
  upstream.script = async (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/xml' });
    res.write('<?xml version="1.0"?>\n   ');
    await go.promise;
    res.end(errorBody('InternalError').slice(39));
  };
  const body = '<CompleteMultipartUpload/>';
  const signed = await sign({ method: 'POST', query: { uploadId: 'u' }, body });
  const connection = await rawConnection(proxy.port);
  connection.write(renderHead(signed, 'Connection: close') + body);
  await connection.until(/HTTP\/1\.1 200 OK[\s\S]*<\?xml version="1.0"\?>\n {3}/);
  go.resolve();
  await connection.closed;
  expect(connection.text()).toContain('<Code>InternalError</Code>');
});

describe('H12 the client goes away', () => {
  test('in mid-download: the upstream request ends', async () => {
    upstream.script = (_req, res) =>
      void res.writeHead(200, { 'content-length': String(1024 ** 3) }).write(Buffer.alloc(1024 ** 2));
    const connection = await rawConnection(proxy.port);
    connection.write(renderHead(await sign()));
    await connection.until(/HTTP\/1\.1 200/);
    const before = upstream.sockets.size;
    connection.socket.destroy();
    await expect.poll(() => upstream.sockets.size).toBeLessThan(before);
    await expect.poll(() => proxy.log.at(-1)?.fields.status).toBe(499);
  });
  test('in mid-upload: the upstream sees a broken request', async () => {
    const connection = await rawConnection(proxy.port);
    connection.write(renderHead(await sign({ method: 'PUT', hash: 'UNSIGNED-PAYLOAD' }), 'Content-Length: 1000000'));
    connection.write(Buffer.alloc(500_000));
    await expect.poll(() => upstream.sockets.size).toBeGreaterThan(0);
    connection.socket.destroy();
    await expect.poll(() => upstream.seen.length).toBe(1);
    expect(upstream.seen[0]?.complete).toBe(false);
  });
});

test.each([
  ['with a length', { 'content-length': '1000' }],
  ['chunked', {}],
])('H13 the upstream goes away in mid-body, %s: the client sees it', async (_name, headers) => {
  upstream.script = (req, res) => {
    res.writeHead(200, headers);
    res.write('partial');
    setImmediate(() => req.socket.destroy());
  };
  await expect(call()).rejects.toThrow();
});

test.each([301, 302, 303, 307, 308])('H14 a redirect (%i) is neither followed nor passed on', async (status) => {
  const elsewhere = await scriptedUpstream(ok);
  upstream.script = (_req, res) =>
    res
      .writeHead(status, { location: `http://127.0.0.1:${elsewhere.port}/stolen` })
      .end(errorBody('PermanentRedirect', '<Endpoint>evil</Endpoint>'));
  const answer = await call();
  await elsewhere.stop();
  expect([answer.status, answer.code, answer.headers.location]).toEqual([503, 'ServiceUnavailable', undefined]);
  expect(answer.text).not.toMatch(/evil|127\.0\.0\.1/);
  expect(elsewhere.connections).toBe(0);
  expect(proxy.log.some(({ level, fields }) => level === 'warn' && fields.kind === 'redirect')).toBe(true);
});

describe('H15 an upload', () => {
  const limits = { idleMs: 500, uploadWindowMs: 500, uploadBytesPerSecond: 2_000 };
  const LENGTH = 100_000;

  /** Sends a piece every 20 ms. @returns the answer */
  const uploadSlowly = async (t: TestContext, piece: string, everyMs = 20): Promise<string> => {
    const impatient = await startProxy({ upstream: upstream.upstream, limits });
    t.onTestFinished(() => impatient.stop());
    const signed = await signS3({
      endpoint: impatient.endpoint,
      credentials: impatient.session('u'),
      method: 'PUT',
      path: `${HOME}/k`,
      hash: 'UNSIGNED-PAYLOAD',
    });
    const slow = await rawConnection(impatient.port);
    slow.write(renderHead(signed, `Content-Length: ${LENGTH}`, 'Connection: close'));
    let left = LENGTH;
    const drip = setInterval(() => {
      if (left > 0 && slow.socket.writable) slow.write(piece.slice(0, left));
      left -= piece.length;
    }, everyMs);
    await slow.closed;
    clearInterval(drip);
    await expect.poll(() => impatient.s3.stats().active).toBe(0);
    return slow.text();
  };

  test('that stands still is cut', async (t) => {
    expect(await uploadSlowly(t, 'x', 60_000)).toMatch(/^HTTP\/1\.1 400 [\s\S]*RequestTimeout/);
  });

  test('of a byte now and then is cut', async (t) => {
    expect(await uploadSlowly(t, 'x')).toMatch(/^HTTP\/1\.1 400 [\s\S]*RequestTimeout/);
  });

  test('that is slow, but longer under way than an idle one may be, ends well', async (t) => {
    expect(await uploadSlowly(t, 'x'.repeat(1_500))).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('H16 long heads: 30 kB pass, 100 kB are refused in S3’s words', async () => {
  expect((await call({ headers: { 'x-pad': 'x'.repeat(30_000) } })).status).toBe(200);
  const answer = await rawExchange(
    proxy.port,
    `GET /s3${HOME} HTTP/1.1\r\nHost: x\r\nX-Pad: ${'x'.repeat(100_000)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*RequestHeaderSectionTooLarge/);
  const requestId = /x-amz-request-id: ([0-9A-F]{16})\r/.exec(answer)?.[1];
  expect(answer).toContain(`<RequestId>${requestId}</RequestId>`);
});

test('H17 nothing is compressed or decompressed', async () => {
  const zipped = Buffer.from('1f8b0800000000000003cb48cdc9c907008610fe8b05000000', 'hex');
  upstream.script = (_req, res) =>
    res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(zipped.length) }).end(zipped);
  const answer = await call({ headers: { 'accept-encoding': 'gzip' } });
  expect([answer.headers['content-encoding'], answer.headers['content-length'], answer.body.equals(zipped)]).toEqual([
    'gzip',
    String(zipped.length),
    true,
  ]);
  expect((await lastSeen()).headers['accept-encoding']).toBe('identity');
});

describe('H18 CORS', () => {
  const preflight = (origin: string, target: TestProxy) =>
    send({
      method: 'OPTIONS',
      origin: `http://127.0.0.1:${target.port}`,
      target: `/s3${HOME}/k`,
      headers: ['host', 'x', 'origin', origin, 'access-control-request-method', 'PUT'],
    });
  test('is off', async () => {
    const answer = await preflight('https://app.example', proxy);
    expect([answer.status, answer.code]).toEqual([403, 'AccessForbidden']);
  });
  test('knows the configured origins only', async () => {
    const open = await startProxy({ upstream: upstream.upstream, corsOrigins: ['https://app.example'] });
    const allowed = await preflight('https://app.example', open);
    const denied = await preflight('https://evil.example', open);
    const get = await s3({
      endpoint: open.endpoint,
      credentials: open.session('u'),
      path: `${HOME}/k`,
      headers: { origin: 'https://app.example' },
    });
    await open.stop();
    expect([allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers.vary]).toEqual([
      200,
      'https://app.example',
      'Origin',
    ]);
    expect([denied.status, denied.headers['access-control-allow-origin']]).toEqual([403, undefined]);
    expect([get.headers['access-control-allow-origin'], get.headers.vary]).toEqual(['https://app.example', 'Origin']);
  });
});

describe('connections', () => {
  test('one is used for many requests, on either side', async () => {
    const connection = await rawConnection(proxy.port);
    const before = upstream.connections;
    for (let i = 0; i < 20; i++) {
      connection.write(renderHead(await sign({ query: { partNumber: String(i + 1) } })));
      await expect.poll(() => connection.text().split('200 OK').length - 1, { interval: 2 }).toBe(i + 1);
    }
    connection.socket.destroy();
    expect(upstream.connections - before).toBeLessThan(3);
  });
  test('pipelined requests are answered in order', async () => {
    upstream.script = (req, res) => setTimeout(() => res.end(`<${req.url?.at(-1)}>`), req.url?.endsWith('a') ? 50 : 0);
    const connection = await rawConnection(proxy.port);
    for (const key of ['a', 'b', 'c']) connection.write(renderHead(await sign({ path: `${HOME}/${key}` })));
    expect((await connection.until(/<c>/)).match(/<[abc]>/g)).toEqual(['<a>', '<b>', '<c>']);
    connection.socket.destroy();
  });
  test('interim responses are swallowed', async () => {
    upstream.script = (_req, res) => {
      res.writeEarlyHints({ link: '</x>' });
      res.writeProcessing();
      res.writeHead(200, { 'content-length': '2' }).end('ok');
    };
    expect((await call()).text).toBe('ok');
  });
  test('half-open clients do no harm', async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('GET /s3');
    socket.destroy();
    expect((await call()).status).toBe(200);
  });
});

describe('limits and the end', () => {
  test('too many requests of one user at a time: SlowDown; another user is not concerned', async () => {
    const narrow = await startProxy({ upstream: upstream.upstream, limits: { concurrencyPerUser: 2 } });
    const go = Promise.withResolvers<void>();
    upstream.script = async (_req, res) => {
      await go.promise;
      res.writeHead(200, { 'content-length': '0' }).end();
    };
    const get = (user: string) =>
      s3({ endpoint: narrow.endpoint, credentials: narrow.session(user), path: `/${bucketOf(user)}/k` });
    const running = [get('u'), get('u'), get('v')];
    await expect.poll(() => narrow.s3.stats().active).toBe(3);
    const third = await get('u');
    go.resolve();
    const answers = await Promise.all(running);
    const after = await get('u');
    await narrow.stop();
    expect([third.status, third.code, third.headers['retry-after']]).toEqual([503, 'SlowDown', '1']);
    expect([...answers, after].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('draining waits for what is under way', async () => {
    const go = Promise.withResolvers<void>();
    upstream.script = async (_req, res) => {
      await go.promise;
      res.writeHead(200, { 'content-length': '0' }).end();
    };
    const running = call();
    await expect.poll(() => proxy.s3.stats().active).toBe(1);
    let drained = false;
    const draining = proxy.s3.drain(10_000).then(() => {
      drained = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).toBe(false);
    go.resolve();
    await Promise.all([running, draining]);
  });
});

describe('aborted reads of a real store', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig?.stop());
  test('downloads aborted in the middle leave no connection and no handle', async () => {
    expect((await rig.put('large', 'x'.repeat(3_000_000))).status).toBe(200);
    const signed = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: `${rig.home}/large` });
    for (let i = 0; i < 20; i++) {
      const connection = await rawConnection(rig.proxy.port);
      connection.write(renderHead(signed));
      await connection.until(/HTTP\/1\.1 200/);
      connection.socket.destroy();
    }
    await expect.poll(() => rig.proxy.s3.stats().active).toBe(0);
    await expect.poll(() => rig.strict.tap.open).toBeLessThanOrEqual(2);
    expect((await rig.call({ path: `${rig.home}/large` })).body.length).toBe(3_000_000);
  });
});
