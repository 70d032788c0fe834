/** Every header of S3's model, and those that SDKs add, on every operation that is offered: sent on, left out, or refused. */
import { describe, expect, test } from 'vitest';
import { S3Error } from '#s3/errors.ts';
import { forwardedHeaders, type HeaderPolicy } from '#s3/http/request-headers.ts';
import { OPERATIONS, type Operation } from '#s3/operations.ts';
import { MODEL } from './support/s3-model.ts';

const FORWARDED = OPERATIONS.filter(({ answer }) => answer === 'forward');
const policy: HeaderPolicy = {
  encryption: { mode: 'pass', kmsKeyId: () => 'own-key' },
  storageClasses: new Set(['STANDARD']),
  bucketOwner: undefined,
};

/** @returns what is sent upstream, or the code of the refusal. */
function outcome(operation: Operation, name: string, value = 'x'): string | undefined {
  try {
    const request = { headers: new Map([[name, value]]), secure: true, bucket: 'b' };
    return forwardedHeaders(request as never, operation, policy).get(name);
  } catch (error) {
    if (error instanceof S3Error) return `refused: ${error.code}`;
    throw error;
  }
}

const headersOf = (operation: Operation): readonly string[] =>
  MODEL.find(({ name }) => name === operation.name)?.headers ?? [];

/** Headers outside the model that SDKs, their transports and load balancers add. */
const ADDED = [
  'x-amz-api-version', // the SDK for C++
  'x-amz-user-agent',
  'x-amz-te',
  'x-amz-trailer',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-decoded-content-length',
  'x-amz-s3session-token',
  'x-amz-region-set',
  'x-amz-cf-id',
  'x-amz-target',
  'x-amz-invocation-type',
  'x-amz-no-such-header',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'amz-sdk-retry',
  'x-amzn-trace-id',
  'user-agent',
  'accept',
  'accept-encoding',
  'expect',
  'te',
  'traceparent',
  'x-forwarded-for',
];

describe.each(FORWARDED)('$name', (operation) => {
  test.each(ADDED)('%s is left out', (name) => {
    expect(outcome(operation, name)).toBeUndefined();
  });

  test('what its model names is sent on, decided by policy, or left out for a reason', () => {
    const refused = headersOf(operation).filter((name) => outcome(operation, name)?.startsWith('refused'));
    const byPolicy = /^x-amz-(acl|grant-|object-lock-|website-|bypass-|mfa|storage-class|server-side-encryption-aws)/;
    expect(refused.filter((name) => !byPolicy.test(name))).toEqual(
      operation.name === 'PutObject' ? ['x-amz-write-offset-bytes'] : [],
    );
    const left = headersOf(operation).filter((name) => outcome(operation, name) === undefined);
    const elsewhere = ['content-length', 'x-amz-copy-source', 'x-amz-request-payer'];
    expect(left.filter((name) => !elsewhere.includes(name) && name !== 'x-amz-meta-')).toEqual(
      operation.right === 'read' ? [] : left.filter((name) => operation.body === 'none' && name === 'content-md5'),
    );
  });

  test('what S3 ignores on it is not refused', () => {
    const own = new Set(headersOf(operation));
    const others = new Set(MODEL.flatMap(({ headers }) => headers).filter((name) => !own.has(name)));
    const refused = [...others].filter((name) => outcome(operation, name)?.startsWith('refused'));
    // A key of its own, an append, or a right that nobody has: refused wherever something is written.
    const asking = /^x-amz-(server-side-encryption-aws|write-offset|object-lock|website|bypass|mfa|grant)/;
    expect(refused.filter((name) => !asking.test(name))).toEqual([]);
  });

  test('a newer header of a family that asks for something is refused', () => {
    for (const name of ['x-amz-if-older-than', 'x-amz-checksum-blake3', 'x-amz-copy-source-part', 'x-amz-write-mode'])
      expect(outcome(operation, name)).toBe('refused: NotImplemented');
  });
});

describe('access lists', () => {
  const making = FORWARDED.filter(({ encrypts }) => encrypts);
  const others = FORWARDED.filter(({ encrypts }) => !encrypts);
  const ALL =
    'private public-read public-read-write authenticated-read aws-exec-read bucket-owner-read log-delivery-write PRIVATE nonsense'.split(
      ' ',
    );
  test.each(making)('$name: what asks for nothing is none', (operation) => {
    for (const value of ['', 'private', 'bucket-owner-full-control'])
      expect(outcome(operation, 'x-amz-acl', value)).toBeUndefined();
    for (const value of ALL.filter((acl) => acl !== 'private'))
      expect(outcome(operation, 'x-amz-acl', value)).toBe('refused: AccessControlListNotSupported');
  });

  test.each(making)('$name: grants', (operation) => {
    for (const grant of ['full-control', 'read', 'read-acp', 'write-acp']) {
      expect(outcome(operation, `x-amz-grant-${grant}`, '')).toBeUndefined();
      expect(outcome(operation, `x-amz-grant-${grant}`, 'id="x"')).toBe('refused: AccessControlListNotSupported');
    }
  });

  test.each(others)('$name ignores them, as S3 does', (operation) => {
    for (const value of ALL) expect(outcome(operation, 'x-amz-acl', value)).toBeUndefined();
    expect(outcome(operation, 'x-amz-grant-read', 'id="x"')).toBeUndefined();
  });
});
