import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { Sha256 } from '../../../sandbox/signature/sha256.ts';
import { type SandboxAccount, sandboxAccount } from '../../support/sandbox.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

/** Sends bytes as given: no client in between that would tidy up a path or a header. */
const send = (
  endpoint: string,
  { method, path, headers = {}, body }: Sent,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const outgoing = request({ hostname, port, method, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
    });
    outgoing.once('error', reject).end(body);
  });

const signerOf = ({ credentials, region }: SandboxAccount): SignatureV4 =>
  new SignatureV4({ credentials, region, service: 's3', sha256: Sha256, uriEscapePath: false, applyChecksum: true });

const sign = async (account: SandboxAccount, sent: Sent, host = new URL(account.endpoint).host): Promise<Sent> => {
  const headers = { host, ...sent.headers };
  const unsigned = new HttpRequest({ ...sent, headers, hostname: host });
  const signed = await signerOf(account).sign(unsigned);
  return { ...sent, headers: signed.headers };
};

const makeBucket = async (account: SandboxAccount): Promise<string> => {
  const Bucket = `bucket-${account.id}`;
  await new S3Client(account.client).send(new CreateBucketCommand({ Bucket }));
  return Bucket;
};

const read = async (account: SandboxAccount, Bucket: string, Key: string): Promise<string | undefined> => {
  const { Body } = await new S3Client(account.client).send(new GetObjectCommand({ Bucket, Key }));
  return await Body?.transformToString();
};

test('a key with blanks, pluses, dots and escapes is the same object in signature and storage', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  const s3 = new S3Client(account.client);
  for (const Key of ['a b+c/%41/ü*~', 'x/./y', '/lead', 'trail/', "q'(1)!"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    expect(await read(account, Bucket, Key)).toBe(Key);
  }
});

test('the body must be the one that was signed', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  const signed = await sign(account, { method: 'PUT', path: `/${Bucket}/k`, body: Buffer.from('signed') });
  const swapped = await send(account.endpoint, { ...signed, body: Buffer.from('forged') });
  expect([swapped.status, swapped.text]).toEqual([400, expect.stringContaining('XAmzContentSHA256Mismatch')]);
  expect((await send(account.endpoint, signed)).status).toBe(200); // control
});

test('an x-amz header that was added after signing is refused', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  const signed = await sign(account, { method: 'PUT', path: `/${Bucket}/k`, body: Buffer.from('x') });
  const added = { ...signed, headers: { ...signed.headers, 'x-amz-acl': 'public-read' } };
  const answer = await send(account.endpoint, added);
  expect([answer.status, answer.text]).toEqual([
    403,
    expect.stringContaining('<HeadersNotSigned>x-amz-acl</HeadersNotSigned>'),
  ]);
});

test('virtual-hosted and path style reach the same bucket', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  const host = `${Bucket}.s3.us-east-1.amazonaws.com`;
  const signed = await sign(account, { method: 'PUT', path: '/hosted', body: Buffer.from('x') }, host);
  expect((await send(account.endpoint, signed)).status).toBe(200);
  expect(await read(account, Bucket, 'hosted')).toBe('x');
  expect((await account.journal()).find(({ operation }) => operation === 'PutObject')?.resource).toBe(
    `${Bucket}/hosted`,
  );
});

test('a presigned URL works without headers, once expired or changed it does not', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  await new S3Client(account.client).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }));
  const host = new URL(account.endpoint).host;
  const presign = async (signingDate: Date) => {
    const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const wanted = new HttpRequest({ method: 'GET', path: `/${Bucket}/k`, headers, hostname: host });
    const { query } = await signerOf(account).presign(wanted, { expiresIn: 60, signingDate });
    return `/${Bucket}/k?${new URLSearchParams(query as Record<string, string>)}`;
  };
  const path = await presign(new Date());
  const good = await send(account.endpoint, { method: 'GET', path });
  expect(good).toEqual({ status: 200, text: 'content' });
  const changed = await send(account.endpoint, { method: 'GET', path: path.replace('Expires=60', 'Expires=90') });
  expect([changed.status, changed.text]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
  const old = await send(account.endpoint, { method: 'GET', path: await presign(new Date(Date.now() - 61_000)) });
  expect([old.status, old.text]).toEqual([403, expect.stringContaining('Request has expired')]);
});

test('a stream of unknown hash arrives whole, with its trailing checksum', async (t) => {
  const account = await sandboxAccount(t);
  const Bucket = await makeBucket(account);
  const content = Buffer.alloc(300_000, 'stream');
  const s3 = new S3Client(account.client);
  const sent: Record<string, string>[] = [];
  s3.middlewareStack.add(
    (next) => (args) => {
      sent.push((args.request as HttpRequest).headers);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const Body = Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]);
  await s3.send(
    new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: content.length, ChecksumAlgorithm: 'SHA256' }),
  );
  expect(sent[0]?.['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER'); // or this tests nothing
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
  expect(
    createHash('sha256')
      .update((await got.Body?.transformToByteArray()) ?? '')
      .digest('base64'),
  ).toBe(createHash('sha256').update(content).digest('base64'));
  expect(got.ChecksumSHA256).toBe(createHash('sha256').update(content).digest('base64'));
  expect(got.ContentEncoding ?? '').not.toContain('aws-chunked');
});
