/** The examples that AWS publishes for S3, with the signatures that it publishes for them. */
import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createHmacKey, hmac } from '#s3/auth/hmac.ts';
import {
  amzDateOf,
  canonicalHeaderValue,
  canonicalRequest,
  deriveSigningKey,
  EMPTY_SHA256,
  hmacHex,
  parseAmzDate,
  scopeOf,
  stringToSign,
} from '#s3/auth/sigv4.ts';
import { ChunkChain } from '#s3/payload/chunk-signatures.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const DATE = '20130524T000000Z';
const KEY = deriveSigningKey(SECRET, '20130524', 'us-east-1');

interface Example {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers: Record<string, string>;
  readonly payloadHash: string;
  readonly signature: string;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const EXAMPLES: Example[] = [
  {
    name: 'GET Object with a range',
    method: 'GET',
    path: '/test.txt',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': DATE,
    },
    payloadHash: EMPTY_SHA256,
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT Object with a dollar sign in its key',
    method: 'PUT',
    path: '/test%24file.text',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': DATE,
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    payloadHash: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET Bucket lifecycle',
    method: 'GET',
    path: '/',
    query: 'lifecycle=',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': DATE,
    },
    payloadHash: EMPTY_SHA256,
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'GET Bucket (list objects)',
    method: 'GET',
    path: '/',
    query: 'max-keys=2&prefix=J',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': DATE,
    },
    payloadHash: EMPTY_SHA256,
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    name: 'presigned GET Object',
    method: 'GET',
    path: '/test.txt',
    query:
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host',
    headers: { host: 'examplebucket.s3.amazonaws.com' },
    payloadHash: 'UNSIGNED-PAYLOAD',
    signature: 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  },
  {
    name: 'seed signature of a chunked upload',
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    headers: {
      'content-encoding': 'aws-chunked',
      'content-length': '66824',
      host: 's3.amazonaws.com',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-date': DATE,
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  },
];

describe('the published signatures come out', () => {
  test.each(EXAMPLES)('$name', ({ method, path, query = '', headers, payloadHash, signature }) => {
    const names = Object.keys(headers).sort();
    const canonical = canonicalRequest({
      method,
      path,
      query,
      headers: names.map((name) => `${name}:${headers[name]}\n`).join(''),
      signedHeaders: names.join(';'),
      payloadHash,
    });
    expect(hmacHex(KEY, stringToSign(DATE, scopeOf('20130524', 'us-east-1'), canonical))).toBe(signature);
  });
});

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
describe('the published chunk signatures', () => {
  const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
  const chain = () => new ChunkChain({ key: KEY, amzDate: DATE, scope: scopeOf('20130524', 'us-east-1'), seed: SEED });
  const SIGNATURES = [
    ['ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648', 65_536],
    ['0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497', 1_024],
    ['b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9', 0],
  ] as const;

  test('are accepted in order, however the bytes arrive', () => {
    const signatures = chain();
    for (const [signature, length] of SIGNATURES) {
      for (let sent = 0; sent < length; sent += 1_000)
        signatures.update(Buffer.alloc(Math.min(1_000, length - sent), 'a'));
      signatures.endChunk(signature);
    }
  });

  test.each([0, 1, 2])('are refused when chunk %i has another byte, or another signature', (at) => {
    const run = (change: (signature: string, bytes: Buffer) => string) => {
      const signatures = chain();
      SIGNATURES.forEach(([signature, length], index) => {
        const bytes = Buffer.alloc(length, 'a');
        const given = index === at ? change(signature, bytes) : signature;
        if (bytes.length > 0) signatures.update(bytes);
        signatures.endChunk(given);
      });
    };
    expect(() => run((signature) => signature)).not.toThrow();
    expect(() => run((signature) => signature.replace(/^./, (c) => (c === '0' ? '1' : '0')))).toThrow(/chunk/);
    if (at < 2) {
      expect(() =>
        run((signature, bytes) => {
          bytes[0] = 0;
          return signature;
        }),
      ).toThrow(/chunk/);
    }
  });
});

describe('canonical forms', () => {
  test('header values are trimmed and inner blanks collapsed, but a byte A0 is no blank', () => {
    expect(canonicalHeaderValue('  a   b\t\tc ')).toBe('a b c');
    expect(canonicalHeaderValue('a\u00a0\u00a0b\u00a0')).toBe('a\u00a0\u00a0b\u00a0');
  });

  test('dates go forth and back, and nonsense does not parse', () => {
    const time = Date.UTC(2026, 10, 21, 11, 45, 7);
    expect(amzDateOf(time + 999)).toBe('20261121T114507Z');
    expect(parseAmzDate('20261121T114507Z')).toBe(time);
    for (const text of ['20261121T114507', '20261321T114507Z', '2026-11-21T11:45:07Z', ''])
      expect(parseAmzDate(text)).toBeUndefined();
  });

  test('HMAC agrees with Node for keys and texts of every length', () => {
    for (const keyLength of [0, 1, 31, 32, 63, 64, 65, 200]) {
      for (const textLength of [0, 1, 55, 300, 400, 5_000]) {
        const [key, text] = [randomBytes(keyLength), 'é'.repeat(textLength)];
        expect(hmac(createHmacKey(key), text, 'hex')).toBe(createHmac('sha256', key).update(text).digest('hex'));
      }
    }
  });
});
