/** The examples that AWS publishes for Signature Version 4 on S3, all signed with one well-known key. */
import { expect, test } from 'vitest';
import { createKeyring } from '../../../sandbox/core/keyring.ts';
import { decodeChunked } from '../../../sandbox/signature/aws-chunked.ts';
import { verifySignature } from '../../../sandbox/signature/verify.ts';
import type { RawRequest } from '../../../sandbox/wire/request.ts';

const NOW = Date.UTC(2013, 4, 24);
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

const keyring = createKeyring();
keyring.add({
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  caller: { kind: 'user', account: '123456789012', arn: 'arn:aws:iam::123456789012:user/example', userName: 'example' },
});

const aRequest = (changes: Partial<RawRequest>): RawRequest => ({
  method: 'GET',
  path: '/',
  query: '',
  body: Buffer.alloc(0),
  ...changes,
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-content-sha256': EMPTY,
    ...changes.headers,
  },
});

const signed = (names: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=${CREDENTIAL},SignedHeaders=${names},Signature=${signature}`;

const GET_OBJECT = aRequest({
  path: '/test.txt',
  headers: {
    range: 'bytes=0-9',
    authorization: signed(
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  },
});

const PUT_OBJECT = aRequest({
  method: 'PUT',
  path: '/test%24file.text',
  body: Buffer.from('Welcome to Amazon S3.'),
  headers: {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    authorization: signed(
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ),
  },
});

const GET_LIFECYCLE = aRequest({
  query: 'lifecycle',
  headers: {
    authorization: signed(
      'host;x-amz-content-sha256;x-amz-date',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ),
  },
});

const LIST_OBJECTS = aRequest({
  query: 'max-keys=2&prefix=J',
  headers: {
    authorization: signed(
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  },
});

const PRESIGNED: RawRequest = {
  method: 'GET',
  path: '/test.txt',
  query: [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${CREDENTIAL.replaceAll('/', '%2F')}`,
    'X-Amz-Date=20130524T000000Z',
    'X-Amz-Expires=86400',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  ].join('&'),
  headers: { host: 'examplebucket.s3.amazonaws.com' },
  body: Buffer.alloc(0),
};

test.each([
  ['GetObject', GET_OBJECT],
  ['PutObject', PUT_OBJECT],
  ['GetBucketLifecycleConfiguration', GET_LIFECYCLE],
  ['ListObjects', LIST_OBJECTS],
  ['a presigned GetObject', PRESIGNED],
])('the published example of %s verifies, and one changed bit does not', async (_name, request) => {
  await expect(verifySignature(request, keyring, NOW)).resolves.toMatchObject({
    key: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
  });
  const changed = { ...request, path: `${request.path}x` };
  await expect(verifySignature(changed, keyring, NOW)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
});

test('a presigned URL ends with its lifetime, to the second', async () => {
  await expect(verifySignature(PRESIGNED, keyring, NOW + 86_400_000)).resolves.toBeDefined();
  const late = verifySignature(PRESIGNED, keyring, NOW + 86_401_000);
  await expect(late).rejects.toMatchObject({ code: 'AccessDenied', message: 'Request has expired' });
});

const chunk = (size: number, signature: string): Buffer =>
  Buffer.concat([
    Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n`),
    Buffer.alloc(size, 'a'),
    Buffer.from('\r\n'),
  ]);

const CHUNKS = Buffer.concat([
  chunk(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'),
  chunk(1_024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
  chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'),
]);

const CHUNKED = aRequest({
  method: 'PUT',
  path: '/examplebucket/chunkObject.txt',
  body: CHUNKS,
  headers: {
    host: 's3.amazonaws.com',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
    'content-length': '66824',
    authorization: signed(
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ),
  },
});

test('the published chunked upload verifies chunk by chunk and is taken apart', async () => {
  const signer = await verifySignature(CHUNKED, keyring, NOW);
  const plain = decodeChunked(CHUNKED, signer);
  expect(plain.body.equals(Buffer.alloc(66_560, 'a'))).toBe(true);
  expect(plain.headers).not.toHaveProperty('content-encoding');
  expect(plain.headers['content-length']).toBe('66560');
});

test.each([
  [
    'a changed byte in the second chunk',
    Buffer.from(CHUNKS).fill('b', CHUNKS.length - 200, CHUNKS.length - 199),
    'SignatureDoesNotMatch',
  ],
  ['a missing last chunk', CHUNKS.subarray(0, CHUNKS.length - 86), 'IncompleteBody'],
  ['an upload cut in mid-chunk', CHUNKS.subarray(0, 40_000), 'IncompleteBody'],
])('%s is refused although the headers are signed well', async (_name, body, code) => {
  const signer = await verifySignature(CHUNKED, keyring, NOW);
  expect(() => decodeChunked({ ...CHUNKED, body }, signer)).toThrow(expect.objectContaining({ code }));
});

const TRAILED = aRequest({
  method: 'PUT',
  path: '/examplebucket/chunkObject.txt',
  body: Buffer.concat([
    chunk(65_536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2'),
    chunk(1_024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7'),
    Buffer.from('0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n'),
    Buffer.from('x-amz-checksum-crc32c:sOO8/Q==\r\n'),
    Buffer.from('x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'),
  ]),
  headers: {
    host: 's3.amazonaws.com',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
    'x-amz-trailer': 'x-amz-checksum-crc32c',
    authorization: signed(
      'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    ),
  },
});

test('the published upload with a signed trailer verifies; its checksum becomes a header', async () => {
  const signer = await verifySignature(TRAILED, keyring, NOW);
  expect(decodeChunked(TRAILED, signer).headers['x-amz-checksum-crc32c']).toBe('sOO8/Q==');
  const body = Buffer.from(TRAILED.body.toString('latin1').replace('sOO8/Q==', 'sOO8/R=='), 'latin1');
  const changed = () => decodeChunked({ ...TRAILED, body }, signer);
  expect(changed).toThrow(expect.objectContaining({ code: 'SignatureDoesNotMatch' }));
});
