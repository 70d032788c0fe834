/** S3's semantics on the way in: what S3 accepts is accepted, and goes up as what it means. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32Of, putFrames, unsignedFrames } from '../support/frames.ts';
import { s3, send, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { createRandom } from '../support/random.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { errorBody, type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
let rig: Rig;
let scripted: ScriptedUpstream;
let proxy: TestProxy;
const HOME = `/${bucketOf('u')}`;

beforeAll(async () => {
  rig = await startRig();
  scripted = await scriptedUpstream((_req, res) => res.end());
  proxy = await startProxy({ upstream: scripted.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await scripted?.stop();
  await rig?.stop();
});

const call = (partial: Partial<Parameters<typeof s3>[0]> = {}) =>
  s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `${HOME}/k`, ...partial });

test('a client on the SDK for C++ is served', async () => {
  const headers = { 'x-amz-api-version': '2006-03-01', 'amz-sdk-invocation-id': 'x', 'x-amz-user-agent': 'y' };
  expect((await rig.put('cpp', 'x', headers)).status).toBe(200);
  for (const path of [`${rig.home}/cpp`, rig.home, '/'])
    expect((await rig.call({ path, headers })).status, path).toBe(200);
});

describe('a scope may name any region', () => {
  test.each(['us-east-1', 'eu.central', 'cn-north-1.amazonaws', 'auto', 'a'.repeat(64), 'US_WEST~1'])(
    '%s',
    async (region) => {
      expect((await rig.call({ path: rig.home, region })).status).toBe(200);
    },
  );
});

describe('a body on an operation that takes none', () => {
  const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');
  const md5 = (body: string): string => createHash('md5').update(body).digest('base64');
  const CALLS = [
    { method: 'GET', path: `${HOME}/k` },
    { method: 'GET', path: HOME },
    { method: 'DELETE', path: `${HOME}/k` },
    { method: 'POST', path: `${HOME}/k`, query: { uploads: '' } },
    { method: 'PUT', path: `${HOME}/k`, headers: { 'x-amz-copy-source': `${HOME}/other` } },
    { method: 'DELETE', path: `${HOME}/k`, query: { uploadId: 'x' } },
  ];
  test.each(CALLS)(
    '$method $path $query: rightly hashed, it is dropped with its digests',
    async ({ headers, ...one }) => {
      scripted.seen.length = 0;
      const digests = { 'content-md5': md5('useless'), 'x-amz-checksum-crc32': crc32Of(Buffer.from('useless')) };
      const answer = await call({ ...one, body: 'useless', headers: { ...headers, ...digests } });
      expect(answer.status).toBe(200);
      await expect.poll(() => scripted.seen.length).toBe(1);
      expect(scripted.seen[0]).toMatchObject({ body: Buffer.alloc(0) });
      expect(scripted.seen[0]?.headers).toMatchObject({ 'x-amz-content-sha256': sha256('') });
      expect(scripted.seen[0]?.headers).not.toHaveProperty('content-md5');
      expect(scripted.seen[0]?.headers).not.toHaveProperty('x-amz-checksum-crc32');
    },
  );

  test.each(CALLS)('$method $path $query: wrongly hashed, it is refused', async ({ headers, ...one }) => {
    scripted.seen.length = 0;
    const wrong = [
      await call({ ...one, ...(headers && { headers }), body: 'useless', hash: sha256('other') }),
      await call({ ...one, body: 'useless', headers: { ...headers, 'content-md5': md5('other') } }),
      await call({ ...one, ...(headers && { headers }), hash: sha256('other') }),
    ];
    expect(wrong.map(({ code }) => code)).toEqual([
      'XAmzContentSHA256Mismatch',
      'BadDigest',
      'XAmzContentSHA256Mismatch',
    ]);
    expect(scripted.seen).toEqual([]);
  });
});

describe('frames that would be stored', () => {
  const framed = unsignedFrames(Buffer.from('hello'), {
    trailer: `x-amz-checksum-crc32:${crc32Of(Buffer.from('hello'))}`,
  });
  test.each([
    { 'content-encoding': 'aws-chunked' },
    { 'content-encoding': 'gzip, AWS-chunked' },
    { 'x-amz-decoded-content-length': '5' },
    { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' },
  ])('%j', async (headers: Record<string, string>) => {
    for (const hash of ['UNSIGNED-PAYLOAD', undefined]) {
      const answer = await rig.unseen(() =>
        rig.call({
          method: 'PUT',
          path: `${rig.home}/framed`,
          headers,
          body: framed.toString('latin1'),
          ...(hash && { hash }),
        }),
      );
      expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
    }
  });
});

describe('an upload with a trailer, on a store that keeps every label', () => {
  test.each([
    [undefined, undefined],
    ['aws-chunked', undefined],
    ['gzip,aws-chunked', 'gzip'],
    ['gzip', 'gzip'],
  ])('content-encoding %s is stored as %s', async (sent, stored) => {
    scripted.seen.length = 0;
    const answer = await putFrames({
      endpoint: proxy.endpoint,
      credentials: proxy.session('u'),
      path: `${HOME}/k`,
      mode: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      body: Buffer.from('x'),
      headers: sent === undefined ? { 'content-encoding': 'aws-chunked' } : { 'content-encoding': sent },
    });
    expect(answer.status).toBe(200);
    await expect.poll(() => scripted.seen.length).toBe(1);
    expect(scripted.seen[0]?.headers['content-encoding']).toBe(stored);
  });
});

describe('DeleteObjects', () => {
  test('the checksum of its trailer goes up with it', async () => {
    const mode = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    await rig.put('gone', 'x');
    rig.strict.tap.clear();
    const body = Buffer.from('<Delete><Object><Key>gone</Key></Object></Delete>');
    const trailer = `x-amz-checksum-crc32:${crc32Of(body)}`;
    const frames = unsignedFrames(body, { trailer });
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      method: 'POST',
      path: rig.home,
      query: { delete: '' },
      hash: mode,
      headers: {
        'x-amz-decoded-content-length': String(body.length),
        'x-amz-trailer': 'x-amz-checksum-crc32',
        'content-length': String(frames.length),
      },
    });
    const answer = await send({ ...signed, headers: Object.entries(signed.headers).flat(), body: frames });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('<Deleted>')]);
    expect(rig.strict.tap.text()).toMatch(
      new RegExp(`x-amz-checksum-crc32: ${crc32Of(body).replace(/[+/]/g, '.')}\\r\\n`),
    );
    expect((await rig.call({ path: `${rig.home}/gone` })).status).toBe(404);
  });
});

describe('every key that can be stored can be copied', () => {
  const random = createRandom(SEED);
  const PIECES = [
    '\n',
    '\r\n',
    '\t',
    '\u0001',
    '\u007f',
    '+',
    ' ',
    '%',
    '%0A',
    '?',
    '#',
    '&',
    '=',
    '"',
    "'",
    '<',
    '\\',
    '//',
    'é',
    '不',
    '😀',
    'a',
    'b/c',
    '\ufeff',
    '\u00a0',
    ':',
    ';',
    ',',
    '@',
    '$',
    '!',
    '(',
    '*',
    '~',
    '|',
    '[',
    '{',
    '^',
    '`',
  ];
  const keys = Array.from(
    { length: 40 },
    (_, i) => `${i}${Array.from({ length: 1 + random.below(6) }, () => PIECES[random.below(PIECES.length)]).join('')}z`,
  );
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  /** As SDKs and tools write the source of a copy. */
  const WRITERS: Readonly<Record<string, (key: string) => string>> = {
    'all but the slashes': (key) => encode(key).replaceAll('%2F', '/'),
    everything: (key) => encode(`${rig.home.slice(1)}/${key}`).replace(/^/, '\u0000'),
    'lower-case triplets': (key) => encode(key).replace(/%[0-9A-F]{2}/g, (triplet) => triplet.toLowerCase()),
    'a form, spaces as plus': (key) => encode(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
  };

  const sourceOf = (home: string, write: (key: string) => string, key: string): string => {
    const written = write(key);
    return written.startsWith('\u0000') ? written.slice(1) : `${home}/${written}`;
  };

  // The sandbox's store has no keys with line breaks.
  test.each(keys.filter((key) => !/[\r\n]/.test(key)))(`%j (seed ${SEED})`, async (key) => {
    const path = `${rig.home}/${encode(key).replaceAll('%2F', '/')}`;
    expect((await rig.call({ method: 'PUT', path, body: key })).status).toBe(200);
    for (const [name, write] of Object.entries(WRITERS)) {
      const headers = { 'x-amz-copy-source': sourceOf(rig.home, write, key) };
      const copied = await rig.call({ method: 'PUT', path: `${rig.home}/copy`, headers });
      expect([name, copied.status, copied.code]).toEqual([name, 200, '']);
      expect((await rig.call({ path: `${rig.home}/copy` })).text).toBe(key);
    }
  });

  test.each([...keys, '\n', '\r', 'a\nb', '\r\n'])(`%j is named to the store (seed ${SEED})`, async (key) => {
    scripted.script = (_req, res) => res.end();
    for (const [name, write] of Object.entries(WRITERS)) {
      if (name.startsWith('a form')) continue;
      scripted.seen.length = 0;
      const headers = {
        'x-amz-copy-source': sourceOf(HOME, (text) => write(text).replace(rig.home.slice(1), HOME.slice(1)), key),
      };
      const copied = await call({ method: 'PUT', path: `${HOME}/copy`, headers });
      expect([name, copied.status, copied.code]).toEqual([name, 200, '']);
      await expect.poll(() => scripted.seen.at(-1)?.method).toBe('PUT');
      const named = scripted.seen.at(-1)?.headers['x-amz-copy-source'];
      expect([name, named]).toEqual([name, `${HOME}/${encode(key).replaceAll('%2F', '/')}`]);
    }
  });
});

describe('errors of S3 keep their status and code', () => {
  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
  const CLIENTS: readonly [number, string][] = [
    [400, 'BadDigest'],
    [409, 'ConditionalRequestConflict'],
    [400, 'EntityTooLarge'],
    [400, 'EntityTooSmall'],
    [400, 'IncompleteBody'],
    [400, 'InvalidArgument'],
    [400, 'InvalidDigest'],
    [400, 'InvalidEncryptionAlgorithmError'],
    [403, 'InvalidObjectState'],
    [400, 'InvalidPart'],
    [400, 'InvalidPartOrder'],
    [416, 'InvalidRange'],
    [400, 'InvalidRequest'],
    [400, 'InvalidStorageClass'],
    [400, 'InvalidTag'],
    [400, 'KeyTooLongError'],
    [400, 'MalformedXML'],
    [400, 'MetadataTooLarge'],
    [405, 'MethodNotAllowed'],
    [411, 'MissingContentLength'],
    [404, 'NoSuchBucket'],
    [404, 'NoSuchKey'],
    [404, 'NoSuchUpload'],
    [404, 'NoSuchVersion'],
    [501, 'NotImplemented'],
    [403, 'ObjectAlreadyInActiveTierError'],
    [409, 'OperationAborted'],
    [412, 'PreconditionFailed'],
    [400, 'RequestTimeout'],
    [503, 'SlowDown'],
    [503, 'ServiceUnavailable'],
    [500, 'InternalError'],
  ];
  test.each(CLIENTS)('%i %s', async (status, code) => {
    scripted.script = (_req, res) => res.writeHead(status).end(errorBody(code, '<StorageClass>GLACIER</StorageClass>'));
    const answer = await call();
    expect([answer.status, answer.code]).toEqual([status, code]);
    if (code === 'InvalidObjectState') expect(answer.text).toContain('<StorageClass>GLACIER</StorageClass>');
  });
});

test('what nobody but the operator can change stays an alarm', async () => {
  scripted.script = (_req, res) => res.writeHead(403).end(errorBody('AllAccessDisabled'));
  const answer = await call();
  expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
});
