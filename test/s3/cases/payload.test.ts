/** B: payload modes, and the rules for frames. Whatever is refused must not have become an object. */
import { createHash, randomBytes } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32Of, type FramedPut, type FrameMode, putFrames } from '../support/frames.ts';
import type { Answer } from '../support/http.ts';
import { s3, signS3 } from '../support/http.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { rawConnection, rawExchange, renderHead } from '../support/raw.ts';
import { type Rig, startRig } from '../support/rig.ts';

const UNSIGNED: FrameMode = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const SIGNED: FrameMode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const SIGNED_TRAILER: FrameMode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
const MODES = [UNSIGNED, SIGNED, SIGNED_TRAILER];

let rig: Rig;
let strictMode: TestProxy;
beforeAll(async () => {
  rig = await startRig();
  strictMode = await startProxy({
    upstream: rig.strict.upstream,
    mode: 'constant',
    sessionKeys: rig.proxy.sessionKeys,
  });
});
afterAll(async () => {
  await strictMode?.stop();
  await rig?.stop();
});

let count = 0;
const fresh = (): string => `${rig.home}/object-${count++}`;
const stored = async (path: string): Promise<Buffer | undefined> => {
  const Key = path.slice(rig.home.length + 1);
  try {
    const { Body } = await rig.strict.client.send(new GetObjectCommand({ Bucket: rig.home.slice(1), Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch {
    return undefined;
  }
};
const frames = (put: Partial<FramedPut> & Pick<FramedPut, 'path' | 'mode' | 'body'>): Promise<Answer> =>
  putFrames({ endpoint: rig.proxy.endpoint, credentials: rig.session, ...put });

const SIZES = [0, 1, 8_191, 8_192, 65_536, 65_537, 300_000, 2_500_000];

describe('B1 a hash', () => {
  test.each(SIZES)('%i bytes arrive', async (size) => {
    const [path, body] = [fresh(), randomBytes(size)];
    expect((await rig.call({ method: 'PUT', path, body })).status).toBe(200);
    expect((await stored(path))?.equals(body)).toBe(true);
  });
  test.each([10, 300_000])('that does not fit %i bytes is refused, and nothing is stored', async (size) => {
    const path = fresh();
    const answer = await rig.call({
      method: 'PUT',
      path,
      body: randomBytes(size),
      tamper: (call) => {
        if (call.body) call.body[0] = (call.body[0] ?? 0) ^ 1;
      },
    });
    expect([answer.status, answer.code]).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(await stored(path)).toBeUndefined();
  });
});

describe('B2 UNSIGNED-PAYLOAD', () => {
  test.each(SIZES)('%i bytes arrive', async (size) => {
    const [path, body] = [fresh(), randomBytes(size)];
    expect((await rig.call({ method: 'PUT', path, body, hash: 'UNSIGNED-PAYLOAD' })).status).toBe(200);
    expect((await stored(path))?.equals(body)).toBe(true);
  });
  test('with content-md5 and checksums, right and wrong', async () => {
    for (const size of [5, 200_000]) {
      const body = randomBytes(size);
      const md5 = createHash('md5').update(body).digest('base64');
      for (const [headers, code] of [
        [{ 'content-md5': md5 }, ''],
        [{ 'x-amz-checksum-crc32': crc32Of(body) }, ''],
        [{ 'content-md5': createHash('md5').digest('base64') }, 'BadDigest'],
        [{ 'content-md5': 'nonsense' }, 'InvalidDigest'],
        [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, /BadDigest|XAmzContentChecksumMismatch/],
      ] as [Record<string, string>, string | RegExp][]) {
        const path = fresh();
        const answer = await rig.call({ method: 'PUT', path, body, hash: 'UNSIGNED-PAYLOAD', headers });
        expect(answer.code).toMatch(code);
        expect((await stored(path)) !== undefined).toBe(code === '');
      }
    }
  });
  test('without a length: 411', async () => {
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      method: 'PUT',
      path: fresh(),
      hash: 'UNSIGNED-PAYLOAD',
    });
    const head = renderHead(signed, 'Transfer-Encoding: chunked', 'Connection: close');
    expect(await rawExchange(rig.proxy.port, `${head}5\r\nhello\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 411 [\s\S]*MissingContentLength/,
    );
  });
});

describe.each([
  ['B3', UNSIGNED],
  ['B4', SIGNED],
  ['B5', SIGNED_TRAILER],
] as const)('%s %s', (_id, mode) => {
  test.each(SIZES)('%i bytes arrive without their frames', async (size) => {
    const [path, body] = [fresh(), randomBytes(size)];
    const answer = await frames({ path, mode, body });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await stored(path))?.equals(body)).toBe(true);
  });

  test('the encoding of the transfer is not stored, that of the object is', async () => {
    const path = fresh();
    const headers = { 'content-encoding': 'gzip,aws-chunked', 'content-type': 'text/x-test' };
    expect((await frames({ path, mode, body: Buffer.from('zipped'), headers })).status).toBe(200);
    const head = await rig.strict.client.send(
      new HeadObjectCommand({ Bucket: rig.home.slice(1), Key: path.slice(rig.home.length + 1) }),
    );
    expect([head.ContentEncoding, head.ContentType, head.ContentLength]).toEqual(['gzip', 'text/x-test', 6]);
  });

  test('upper-case sizes and odd chunks are understood', async () => {
    const [path, body] = [fresh(), randomBytes(100_000)];
    const upper = (all: Buffer): Buffer =>
      Buffer.from(
        all
          .toString('latin1')
          .replace(/(^|\r\n)([0-9a-f]{2,5})(?=[;\r])/g, (_m, start: string, hex: string) => start + hex.toUpperCase()),
        'latin1',
      );
    expect(
      (await frames({ path, mode, body, chunk: 0xabc + 8_192, ...(mode === UNSIGNED && { tamper: upper }) })).status,
    ).toBe(200);
    expect((await stored(path))?.equals(body)).toBe(true);
  });

  test.each([
    ['cut in a chunk', (all: Buffer) => all.subarray(0, 50_000), 'IncompleteBody'],
    ['cut before the last chunk', (all: Buffer) => all.subarray(0, all.lastIndexOf('\r\n0')), 'IncompleteBody'],
    [
      'with data behind the end',
      (all: Buffer) => Buffer.concat([all, Buffer.from('GET / HTTP/1.1\r\n\r\n')]),
      'InvalidRequest',
    ],
    ['not framed at all', () => randomBytes(70_000), 'IncompleteBody'],
    ['with a size that is no number', (all: Buffer) => Buffer.concat([Buffer.from('zz'), all]), 'IncompleteBody'],
    ['with a chunk of 4 GiB', () => Buffer.from('ffffffff\r\n'), 'IncompleteBody'],
    ['with a header without an end', () => Buffer.alloc(3_000, '1'), 'IncompleteBody'],
    [
      'with no line end after a chunk',
      (all: Buffer) => Buffer.from(all.toString('latin1').replace(/\r\n0/, 'xx0'), 'latin1'),
      /IncompleteBody|InvalidChunk/,
    ],
  ] as [string, (all: Buffer) => Buffer, string | RegExp][])(
    'a body %s is refused and not stored',
    async (_name, tamper, code) => {
      const path = fresh();
      const answer = await frames({ path, mode, body: randomBytes(70_000), tamper });
      expect(answer.status).toBe(400);
      expect(answer.code).toMatch(code);
      expect(await stored(path)).toBeUndefined();
    },
  );

  test('more or less than announced is refused and not stored', async () => {
    for (const decodedLength of [69_999, 70_001, 0]) {
      const path = fresh();
      const answer = await frames({ path, mode, body: randomBytes(70_000), decodedLength });
      expect([answer.status, answer.code]).toEqual([400, 'IncompleteBody']);
      expect(await stored(path)).toBeUndefined();
    }
  });

  test('without the announced length: 411', async () => {
    const answer = await rig.unseen(() => frames({ path: fresh(), mode, body: Buffer.from('x'), decodedLength: null }));
    expect([answer.status, answer.code]).toEqual([411, 'MissingContentLength']);
  });

  test('more than 5 GiB announced: EntityTooLarge, before anything is read', async () => {
    const answer = await rig.unseen(() =>
      frames({ path: fresh(), mode, body: Buffer.from('x'), decodedLength: 5 * 1024 ** 3 + 1 }),
    );
    expect([answer.status, answer.code]).toEqual([400, 'EntityTooLarge']);
  });

  test('chunks under 8 KiB are refused, but for the last', async () => {
    const path = fresh();
    const answer = await frames({ path, mode, body: randomBytes(20_000), chunk: 1_000 });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidChunkSizeError']);
    expect(await stored(path)).toBeUndefined();
  });

  test('a connection that ends in mid-body leaves nothing behind, upstream or here', async () => {
    const path = fresh();
    const body = randomBytes(1_000_000);
    const all = await new Promise<Buffer>((resolve) => {
      const take = (framed: Buffer): Buffer => {
        resolve(framed);
        return framed.subarray(0, 10);
      };
      void frames({ path, mode, body, tamper: take });
    });
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: { ...rig.token, secretAccessKey: 'not checked' },
      method: 'PUT',
      path,
      hash: mode,
      headers: {
        'x-amz-decoded-content-length': String(body.length),
        'content-length': String(all.length),
        ...(mode !== SIGNED && { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
      },
    });
    const connection = await rawConnection(rig.proxy.port);
    connection.write(renderHead(signed));
    connection.write(all.subarray(0, 500_000));
    await expect.poll(() => rig.proxy.s3.stats().active).toBeGreaterThan(0);
    connection.socket.destroy();
    await expect.poll(() => rig.proxy.s3.stats().active).toBe(0);
    expect(await stored(path)).toBeUndefined();
  });
});

describe('B3 goes on with its trailer', () => {
  test('the upstream gets one frame of known length, the sentinel, and the checksum of the client', async () => {
    rig.strict.tap.clear();
    const body = randomBytes(150_000);
    expect((await frames({ path: fresh(), mode: UNSIGNED, body })).status).toBe(200);
    const text = rig.strict.tap.text();
    expect(text).toMatch(/x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n/i);
    // A label that this store might keep; AWS takes it off.
    expect(text).not.toMatch(/content-encoding/i);
    expect(text).toContain(`\r\n\r\n${body.length.toString(16)}\r\n`);
    expect(text).toContain(`\r\n0\r\nx-amz-checksum-crc32:${crc32Of(body)}\r\n\r\n`);
    expect(text).not.toMatch(/transfer-encoding/i);
  });

  test('sent with Transfer-Encoding and no length, as SDKs do', async () => {
    const [path, body] = [fresh(), randomBytes(100_000)];
    const signed = await signS3({
      endpoint: rig.proxy.endpoint,
      credentials: rig.session,
      method: 'PUT',
      path,
      hash: UNSIGNED,
      headers: { 'x-amz-decoded-content-length': String(body.length), 'x-amz-trailer': 'x-amz-checksum-crc32' },
    });
    const inner = Buffer.concat([
      Buffer.from(`${body.length.toString(16)}\r\n`),
      body,
      Buffer.from(`\r\n0\r\nx-amz-checksum-crc32:${crc32Of(body)}\r\n\r\n`),
    ]);
    const outer = Buffer.concat([Buffer.from(`${inner.length.toString(16)}\r\n`), inner, Buffer.from('\r\n0\r\n\r\n')]);
    const head = Buffer.from(renderHead(signed, 'Transfer-Encoding: chunked', 'Connection: close'));
    expect(await rawExchange(rig.proxy.port, Buffer.concat([head, outer]))).toMatch(/^HTTP\/1\.1 200 /);
    expect((await stored(path))?.equals(body)).toBe(true);
  });
});

describe.each([UNSIGNED, SIGNED_TRAILER])('trailers of %s', (mode) => {
  test.each([0, 10, 200_000])('a wrong checksum of %i bytes: BadDigest, not stored', async (size) => {
    const path = fresh();
    const answer = await frames({
      path,
      mode,
      body: randomBytes(size),
      checksum: size === 0 ? 'AAAAAQ==' : 'AAAAAA==',
    });
    expect([answer.status, answer.code]).toEqual([400, 'BadDigest']);
    expect(await stored(path)).toBeUndefined();
  });

  test.each([
    ['missing', (line: string) => line.replace(/x-amz-checksum-crc32:[^\r]*\r\n/, '')],
    ['of another name', (line: string) => line.replace('x-amz-checksum-crc32:', 'x-amz-checksum-sha1:')],
    ['given twice', (line: string) => line.replace(/(x-amz-checksum-crc32:[^\r]*\r\n)/, '$1$1')],
    ['without a colon', (line: string) => line.replace('x-amz-checksum-crc32:', 'x-amz-checksum-crc32 ')],
    [
      'with another header behind it',
      (line: string) => line.replace(/(x-amz-checksum-crc32:[^\r]*\r\n)/, '$1x-amz-copy-source:/b/k\r\n'),
    ],
  ])('a trailer %s: MalformedTrailerError, not stored', async (_name, change) => {
    const path = fresh();
    const answer = await frames({
      path,
      mode,
      body: randomBytes(9_000),
      tamper: (all) => Buffer.from(change(all.toString('latin1')), 'latin1'),
    });
    expect([answer.status, answer.code]).toEqual([400, 'MalformedTrailerError']);
    expect(await stored(path)).toBeUndefined();
  });

  test('a value that is no CRC32: InvalidRequest', async () => {
    const path = fresh();
    const answer = await frames({ path, mode, body: randomBytes(10), checksum: 'c2hvcnQ' });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
    expect(await stored(path)).toBeUndefined();
  });

  test('line ends as minio-go writes them', async () => {
    const [path, body] = [fresh(), randomBytes(10_000)];
    const tamper = (all: Buffer): Buffer =>
      Buffer.from(all.toString('latin1').replace(/(x-amz-checksum-crc32:[^\r]*)\r\n/, '$1\n\r\n'), 'latin1');
    expect((await frames({ path, mode, body, tamper })).status).toBe(200);
    expect((await stored(path))?.equals(body)).toBe(true);
  });
});

test('two checksum headers, or one beside a trailer: InvalidRequest', async () => {
  const body = Buffer.from('x');
  const sha1 = createHash('sha1').update(body).digest('base64');
  const two = await rig.unseen(() =>
    rig.call({
      method: 'PUT',
      path: fresh(),
      body,
      headers: { 'x-amz-checksum-sha1': sha1, 'x-amz-checksum-crc32': crc32Of(body) },
    }),
  );
  expect([two.status, two.code]).toEqual([400, 'InvalidRequest']);
  const beside = await rig.unseen(() =>
    frames({ path: fresh(), mode: UNSIGNED, body, headers: { 'x-amz-checksum-sha1': sha1 } }),
  );
  expect([beside.status, beside.code]).toEqual([400, 'InvalidRequest']);
});

describe.each([SIGNED, SIGNED_TRAILER])('signatures of %s', (mode) => {
  const flip = (all: Buffer, at: number): Buffer => {
    const changed = Buffer.from(all);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };
  test.each([
    ['a byte of the first chunk', (all: Buffer) => flip(all, 200)],
    ['a byte of the last chunk', (all: Buffer) => flip(all, all.lastIndexOf('\r\n0;') - 5)],
    [
      'a signature',
      (all: Buffer) =>
        Buffer.from(
          all
            .toString('latin1')
            .replace(/chunk-signature=(.)/, (_m, c: string) => `chunk-signature=${c === '0' ? '1' : '0'}`),
          'latin1',
        ),
    ],
    ['the last signature', (all: Buffer) => flip(all, all.lastIndexOf('signature=') + 12)],
  ])('%s changed: refused and not stored, with session and constant', async (_name, tamper) => {
    for (const [{ endpoint }, credentials] of [
      [rig.proxy, rig.session],
      [rig.proxy, rig.token],
      [strictMode, rig.token],
    ] as const) {
      const path = fresh();
      const answer = await frames({ endpoint, credentials, path, mode, body: randomBytes(150_000), tamper });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.code).toMatch(/SignatureDoesNotMatch|IncompleteBody/);
      expect(await stored(path)).toBeUndefined();
    }
  });

  test('chunks in another order are refused', async () => {
    const path = fresh();
    const swap = (all: Buffer): Buffer => {
      // Counted, since the bytes of the body may look like the end of a line.
      const size = all.indexOf('\r\n') + 2 + 65_536 + 2;
      return Buffer.concat([all.subarray(size, 2 * size), all.subarray(0, size), all.subarray(2 * size)]);
    };
    expect((await frames({ path, mode, body: randomBytes(150_000), tamper: swap })).status).toBe(403);
    expect(await stored(path)).toBeUndefined();
  });

  test('with a secret that is not known, the frames are still checked', async () => {
    const bearer = { ...rig.token, secretAccessKey: 'unknown' };
    const [path, body] = [fresh(), randomBytes(150_000)];
    expect((await frames({ path, mode, body, credentials: bearer })).status).toBe(200);
    expect((await stored(path))?.equals(body)).toBe(true);
    const cut = fresh();
    expect(
      (await frames({ path: cut, mode, body, credentials: bearer, tamper: (all) => all.subarray(0, -10) })).status,
    ).toBe(400);
    expect(await stored(cut)).toBeUndefined();
  });
});

test('B5 parts of a multipart upload with CRC32 can be completed', async () => {
  const path = fresh();
  const created = await rig.call({
    method: 'POST',
    path,
    query: { uploads: '' },
    headers: { 'x-amz-checksum-algorithm': 'CRC32' },
  });
  const uploadId = /<UploadId>([^<]*)</.exec(created.text)?.[1] ?? '';
  const bodies = [randomBytes(5 * 1024 * 1024), randomBytes(100_000)];
  const parts: string[] = [];
  for (const [index, body] of bodies.entries()) {
    const query = { partNumber: String(index + 1), uploadId };
    const answer = await frames({ path, query, mode: SIGNED_TRAILER, body });
    expect(answer.status).toBe(200);
    parts.push(
      `<Part><PartNumber>${index + 1}</PartNumber><ETag>${answer.headers.etag}</ETag><ChecksumCRC32>${crc32Of(body)}</ChecksumCRC32></Part>`,
    );
  }
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  const completed = await rig.call({ method: 'POST', path, query: { uploadId }, body });
  expect([completed.status, completed.text]).toEqual([200, expect.stringContaining('<ETag>')]);
  expect((await stored(path))?.equals(Buffer.concat(bodies))).toBe(true);
});

test.each([
  { 'x-amz-checksum-crc32c': 'KJ0seg==', 'x-amz-checksum-type': 'COMPOSITE' },
  { 'x-amz-checksum-crc32c': 'KJ0seg==-2', 'x-amz-checksum-type': 'COMPOSITE' },
  { 'x-amz-checksum-crc64nvme': 'ZCyyXCnt4sk=', 'x-amz-checksum-type': 'FULL_OBJECT' },
])('B5 the checksum of CompleteMultipartUpload is the object’s and goes up as it came: %o', async (headers) => {
  rig.strict.tap.clear();
  const body = '<CompleteMultipartUpload></CompleteMultipartUpload>';
  await rig.call({ method: 'POST', path: fresh(), query: { uploadId: 'none' }, body, headers });
  const lines = rig.strict.tap.text().split('\r\n');
  expect(lines).toEqual(expect.arrayContaining(Object.entries(headers).map(([name, value]) => `${name}: ${value}`)));
});

test('B5 a checksum of another document is the body’s: a wrong one is refused', async () => {
  const body = '<Delete><Object><Key>x</Key></Object></Delete>';
  const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' };
  const answer = await rig.unseen(() =>
    rig.call({ method: 'POST', path: rig.home, query: { delete: '' }, body, headers }),
  );
  expect([answer.status, answer.code]).toEqual([400, 'BadDigest']);
});

test.each(['STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER'])(
  'B6 %s: 501',
  async (hash) => {
    const answer = await rig.unseen(() => rig.call({ method: 'PUT', path: fresh(), body: 'x', hash }));
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
  },
);

test('B7 no hash at all: unsigned in compat mode, refused in the others', async () => {
  const call = {
    credentials: { ...rig.token, secretAccessKey: 'not checked' },
    method: 'PUT',
    body: 'no hash',
    hash: null,
  };
  const path = fresh();
  expect((await s3({ ...call, endpoint: rig.proxy.endpoint, path })).status).toBe(200);
  expect((await stored(path))?.toString()).toBe('no hash');
  // Signed as other services have it: over a hash that no header tells.
  const empty = { ...call, credentials: rig.session, method: 'PUT', body: '' };
  const answer = await rig.unseen(() => s3({ ...empty, endpoint: strictMode.endpoint, path: fresh() }));
  expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
});

test('any other hash: 400 InvalidArgument', async () => {
  for (const hash of ['nonsense', 'A'.repeat(64), 'STREAMING-UNSIGNED-PAYLOAD', '']) {
    const answer = await rig.unseen(() => rig.call({ method: 'PUT', path: fresh(), body: 'x', hash }));
    expect([hash, answer.status]).toEqual([hash, 400]);
  }
});

test('all modes are covered', () => expect(MODES).toHaveLength(3));
