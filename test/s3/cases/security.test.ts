/** S: abuse. The cases about copy sources, frames, tokens and upstream errors stand with those subjects. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presign, s3, send, signS3 } from '../support/http.ts';
import { startProxy } from '../support/proxy.ts';
import { rawConnection, rawExchange, renderHead } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  expect((await rig.put('object', 'content')).status).toBe(200);
});
afterAll(() => rig?.stop());

const object = () => `${rig.home}/object`;
const url = (partial: Partial<Parameters<typeof presign>[0]> = {}) =>
  presign({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object(), ...partial });
const open = async (
  signed: Awaited<ReturnType<typeof url>>,
  method = signed.method,
  headers: string[] = [],
  body?: Buffer,
) =>
  send({
    ...signed,
    method,
    headers: ['host', signed.host, ...headers, ...(body ? ['content-length', String(body.length)] : [])],
    body,
  });

describe('S8 presigned URLs', () => {
  test('of a session work, and are not for shared caches', async () => {
    const answer = await open(await url());
    expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([200, 'content', 'private']);
    const put = await url({ method: 'PUT', path: `${rig.home}/presigned` });
    expect((await open(put, 'PUT', [], Buffer.from('uploaded'))).status).toBe(200);
    expect((await rig.call({ path: `${rig.home}/presigned` })).text).toBe('uploaded');
  });
  test('of a token are refused: whoever has the URL would have the token', async () => {
    const answer = await rig.unseen(async () => open(await url({ credentials: rig.token })));
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
  });
  test('with another method, key, host, parameter or extra header', async () => {
    const signed = await url();
    const change = (from: string | RegExp, to: string) => ({ ...signed, target: signed.target.replace(from, to) });
    expect((await rig.unseen(() => open(signed, 'PUT', [], Buffer.from('x')))).code).toBe('SignatureDoesNotMatch');
    expect((await rig.unseen(() => open(signed, 'DELETE'))).code).toBe('SignatureDoesNotMatch');
    expect((await rig.unseen(() => open(change('/object', '/objecu')))).code).toBe('SignatureDoesNotMatch');
    expect((await rig.unseen(() => open(change('X-Amz-Expires=300', 'X-Amz-Expires=3000')))).code).toBe(
      'SignatureDoesNotMatch',
    );
    expect((await rig.unseen(() => open(change(/$/, '&response-content-type=text/html')))).code).toBe(
      'SignatureDoesNotMatch',
    );
    expect((await rig.unseen(() => open(change(/$/, '&versionId=x')))).code).toBe('SignatureDoesNotMatch');
    expect((await rig.unseen(() => open({ ...signed, host: 'evil.example' }))).code).toBe('SignatureDoesNotMatch');
    for (const name of ['x-amz-acl', 'x-amz-copy-source', 'x-amz-meta-a', 'x-amz-security-token']) {
      expect((await rig.unseen(() => open(signed, 'GET', [name, 'x']))).status, name).toBeGreaterThanOrEqual(400);
    }
    expect((await rig.unseen(() => open(change(rig.home, rig.foreign)))).status).toBe(403);
  });
  test.each([
    ['604801', 400, 'AuthorizationQueryParametersError'],
    ['-1', 400, 'AuthorizationQueryParametersError'],
    ['soon', 400, 'AuthorizationQueryParametersError'],
    ['1e3', 400, 'AuthorizationQueryParametersError'],
    ['', 400, 'AuthorizationQueryParametersError'],
  ])('X-Amz-Expires=%s: %i', async (value, status, code) => {
    const signed = await url();
    const answer = await rig.unseen(() =>
      open({ ...signed, target: signed.target.replace('X-Amz-Expires=300', `X-Amz-Expires=${value}`) }),
    );
    expect([answer.status, answer.code]).toEqual([status, code]);
  });
  test('expired, not yet valid, and older than the session', async () => {
    const expired = await open(await url({ date: new Date(Date.now() - 600_000), expiresIn: 60 }));
    expect([expired.status, expired.code]).toEqual([403, 'AccessDenied']);
    expect(expired.text).toMatch(/Request has expired.*<X-Amz-Expires>60<.*<Expires>.*<ServerTime>/);
    const early = await open(await url({ date: new Date(Date.now() + 3_600_000) }));
    expect(early.text).toMatch(/not yet valid/);
    let clock = Date.now();
    const proxy = await startProxy({ upstream: rig.strict.upstream, now: () => clock });
    const session = proxy.session(rig.alice, { expiresAt: clock + 60_000 });
    const long = await url({ endpoint: proxy.endpoint, credentials: session, expiresIn: 604_800 });
    expect((await open(long)).status).toBe(200);
    clock += 61_000;
    const dead = await rig.unseen(() => open(long));
    await proxy.stop();
    expect([dead.status, dead.code]).toEqual([403, 'ExpiredToken']);
  });
  test('die with a revocation, like the session itself', async () => {
    let clock = Date.now();
    const proxy = await startProxy({ upstream: rig.strict.upstream, now: () => clock });
    const session = proxy.session(rig.alice);
    const signed = await url({ endpoint: proxy.endpoint, credentials: session });
    expect((await open(signed)).status).toBe(200);
    clock += 10;
    await proxy.epochs.revoke(rig.alice);
    const answers = [
      await rig.unseen(() => open(signed)),
      await rig.unseen(() => s3({ endpoint: proxy.endpoint, credentials: session, path: object() })),
    ];
    const fresh = proxy.session(rig.alice, { epoch: await proxy.epochs.newest() });
    const again = await s3({ endpoint: proxy.endpoint, credentials: fresh, path: object() });
    await proxy.stop();
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [403, 'InvalidAccessKeyId'],
      [403, 'InvalidAccessKeyId'],
    ]);
    expect(again.status).toBe(200);
  });
  test('S1 a copy source that is hoisted into the query counts as a header', async () => {
    const foreign = await url({
      method: 'PUT',
      path: `${rig.home}/stolen`,
      query: { 'x-amz-copy-source': `${rig.foreign}/secret` },
    });
    expect((await rig.unseen(() => open(foreign, 'PUT'))).code).toBe('AccessDenied');
    const upper = await url({
      method: 'PUT',
      path: `${rig.home}/stolen`,
      query: { 'X-Amz-Copy-Source': `${rig.foreign}/secret` },
    });
    expect((await rig.unseen(() => open(upper, 'PUT'))).code).toBe('AccessDenied');
    const acl = await url({ method: 'PUT', path: `${rig.home}/public`, query: { 'X-Amz-Acl': 'public-read' } });
    expect((await rig.unseen(() => open(acl, 'PUT', [], Buffer.from('x')))).code).toBe('AccessControlListNotSupported');
    const own = await url({ method: 'PUT', path: `${rig.home}/copy`, query: { 'x-amz-copy-source': object() } });
    expect((await open(own, 'PUT')).status).toBe(200);
    expect((await rig.call({ path: `${rig.home}/copy` })).text).toBe('content');
  });
  test('a pinned hash is honoured', async () => {
    const hash = createHash('sha256').update('right').digest('hex');
    const signed = await url({ method: 'PUT', path: `${rig.home}/pinned`, headers: { 'x-amz-content-sha256': hash } });
    expect((await open(signed, 'PUT', [], Buffer.from('wrong'))).code).toBe('XAmzContentSHA256Mismatch');
    expect((await open(signed, 'PUT', [], Buffer.from('right'))).status).toBe(200);
  });
});

test('S4 only the upstream is ever dialled, whatever a request names', async () => {
  const signed = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.token, path: object() });
  for (const change of [
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example' },
    { host: '169.254.169.254' },
  ]) {
    rig.strict.tap.clear();
    const bearer = {
      ...signed.headers,
      authorization: (signed.headers.authorization as string).replace(/Signature=.*/, `Signature=${'0'.repeat(64)}`),
      ...change,
    };
    await send({ ...signed, headers: Object.entries(bearer).flat() });
    expect(rig.strict.tap.text()).not.toMatch(/evil|169\.254/);
  }
});

describe('S5 smuggling', () => {
  test('a request behind an early refusal is not answered as one', async () => {
    const denied = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      method: 'PUT',
      path: `${rig.foreign}/x`,
      hash: 'UNSIGNED-PAYLOAD',
    });
    const inner = renderHead(await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object() }));
    rig.strict.tap.clear();
    const text = await rawExchange(
      rig.proxy.port,
      `${renderHead(denied, `Content-Length: ${inner.length}`)}${inner}${inner}`,
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
    expect(rig.strict.tap.requests()).toEqual([]);
  });
  test('frames that end early do not make the rest a request', async () => {
    const inner = renderHead(
      await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, method: 'DELETE', path: object() }),
    );
    const body = `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n${inner}`;
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      method: 'PUT',
      path: `${rig.home}/smuggled`,
      hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      headers: { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' },
    });
    const text = await rawExchange(rig.proxy.port, `${renderHead(signed, `Content-Length: ${body.length}`)}${body}`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect((await rig.call({ path: object() })).status).toBe(200);
    expect((await rig.call({ path: `${rig.home}/smuggled` })).status).toBe(404);
  });
});

test('S6 tokens, secrets and signatures show nowhere', async () => {
  const proxy = await startProxy({ upstream: rig.strict.upstream });
  rig.strict.tap.clear();
  const session = proxy.session(rig.alice);
  const credentials = [rig.token, session, { ...rig.token, secretAccessKey: 'other' }];
  const texts: string[] = [];
  for (const one of credentials) {
    for (const path of [object(), `${rig.foreign}/x`, '/BAD', `${rig.home}/absent`]) {
      const answer = await s3({ endpoint: proxy.endpoint, credentials: one, path });
      texts.push(answer.text, JSON.stringify(answer.rawHeaders));
    }
    const signed = await url({ endpoint: proxy.endpoint, credentials: one });
    const answer = await open({ ...signed, target: `${signed.target}0` });
    texts.push(answer.text);
  }
  texts.push(JSON.stringify(proxy.log), await proxy.registry.metrics(), rig.strict.tap.text());
  await proxy.stop();
  const everything = texts.join('\n');
  const secrets = [
    ...rig.token.accessKeyId.split('.'),
    session.secretAccessKey,
    session.sessionToken ?? 'none',
    'X-Amz-Signature',
    'X-Amz-Credential',
  ];
  for (const secret of secrets) expect(everything.includes(secret), secret.slice(0, 12)).toBe(false);
  expect(everything).toContain(session.accessKeyId); // control: the log does name the session
});

describe('S10 XML that explodes', () => {
  const entities = `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>`;
  const digest = (body: string) => ({ 'content-md5': createHash('md5').update(body).digest('base64') });
  test('entities are refused in every document', async () => {
    for (const [path, query] of [
      [rig.home, { delete: '' }],
      [object(), { uploadId: 'x' }],
      [object(), { tagging: '' }],
    ] as const) {
      const method = 'tagging' in query ? 'PUT' : 'POST';
      const answer = await rig.unseen(() =>
        rig.call({ method, path, query: query as Record<string, string>, body: entities, headers: digest(entities) }),
      );
      expect([answer.status, answer.code]).toEqual([400, 'MalformedXML']);
    }
  });
  test('100 MB are refused before they are read', async () => {
    for (const [path, query] of [
      [rig.home, 'delete='],
      [object(), 'uploadId=x'],
    ]) {
      const signed = await signS3({
        endpoint: rig.proxy.endpoint,
        credentials: rig.session,
        method: 'POST',
        path: path as string,
        query: Object.fromEntries([(query as string).split('=')]) as Record<string, string>,
        hash: 'UNSIGNED-PAYLOAD',
      });
      const text = await rawExchange(rig.proxy.port, renderHead(signed, `Content-Length: ${100 * 1024 ** 2}`));
      expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*MaxMessageLengthExceeded/);
    }
  });
  test('1,001 keys are too many, 1,000 are not; a digest is needed and has to fit', async () => {
    const remove = (count: number, headers?: Record<string, string>) => {
      const body = `<Delete>${Array.from({ length: count }, (_, i) => `<Object><Key>gone-${i}</Key></Object>`).join('')}</Delete>`;
      return rig.call({
        method: 'POST',
        path: rig.home,
        query: { delete: '' },
        body,
        headers: headers ?? digest(body),
      });
    };
    expect((await rig.unseen(() => remove(1_001))).code).toBe('MalformedXML');
    expect((await remove(1_000)).status).toBe(200);
    expect((await rig.unseen(() => remove(1, {}))).code).toBe('InvalidRequest');
    expect((await rig.unseen(() => remove(1, digest('other')))).code).toBe('BadDigest');
    expect((await rig.unseen(() => remove(1, { 'x-amz-checksum-crc32': 'AAAAAA==' }))).code).toBe('BadDigest');
  });
});

test('S11 a thousand idle connections do not keep others out', async () => {
  const connections = await Promise.all(Array.from({ length: 1_000 }, () => rawConnection(rig.proxy.port)));
  for (const connection of connections.slice(0, 200)) connection.write('GET /s3 HTTP/1.1\r\nHost: x\r\n');
  expect((await rig.call({ path: object() })).status).toBe(200);
  for (const { socket } of connections) socket.destroy();
});

test('S14 the same signed request twice is the same request: allowed by the protocol, within its window', async () => {
  const signed = await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object() });
  const once = () => send({ ...signed, headers: Object.entries(signed.headers).flat() });
  expect([(await once()).status, (await once()).status]).toEqual([200, 200]);
});

test('S15 a line break in metadata never becomes a header', async () => {
  const text = await rawExchange(
    rig.proxy.port,
    `PUT /s3${object()} HTTP/1.1\r\nHost: x\r\nx-amz-meta-a: b\rSet-Cookie: c\r\nConnection: close\r\n\r\n`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text).not.toMatch(/set-cookie/i);
});

test('S18 no answer invites a shared cache', async () => {
  for (const path of [object(), '', `${rig.home}/absent`]) {
    expect((await rig.call({ path })).headers['cache-control'] ?? '').not.toMatch(/public|s-maxage/);
  }
});

test('S19 nonsense of every kind is answered or cut, and the proxy lives on', async () => {
  const signed = renderHead(await signS3({ endpoint: rig.proxy.endpoint, credentials: rig.session, path: object() }));
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(signed, 'latin1');
    const at = (i * 7919) % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (1 << (i % 8));
    const connection = await rawConnection(rig.proxy.port);
    connection.write(bytes);
    connection.socket.end();
    await connection.closed;
  }
  expect((await rig.call({ path: object() })).text).toBe('content');
});
