/** Admission alone, without a connection: from a head to who, what, on which resource and how the body comes, or why not. */
import { randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, describe, expect, test } from 'vitest';
import { type Admission, type Admitted, admit, type Refused } from '#s3/admission.ts';
import { newScopeMemo } from '#s3/auth/signature-fields.ts';
import { createCore } from '#s3/core.ts';
import type { S3Error } from '#s3/errors.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createIdentities } from '#s3/identity/identities.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import type { S3Options } from '#s3/options.ts';
import { memoryEpochStore } from './support/epoch-store.ts';
import { type S3Call, signS3 } from './support/http.ts';
import { bucketOf, HOSTNAME } from './support/proxy.ts';
import { verifyToken } from './support/tokens.ts';

const sessionKeys = createSessionKeys([{ version: 1, secret: randomBytes(32) }]);
const silent = { info() {}, warn() {}, error() {} };
const asked: string[] = [];
const options: S3Options = {
  mode: 'constant',
  hostname: HOSTNAME,
  upstream: {
    endpoint: 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials: () => Promise.reject(new Error('none')),
  },
  verifyToken,
  delegates: [],
  sessionKeys,
  epochs: createEpochs(memoryEpochStore(), Date.now),
  log: silent,
  registry: new Registry(),
};
const core = createCore(options, createIdentities(options));
afterAll(async () => {
  core.watchdog.close();
  await core.upstream.close();
});

const session = sessionKeys.mint({
  userId: 'alice',
  rights: ['read', 'create'],
  prefix: 'task/',
  issuedAt: Date.now(),
  expiresAt: Date.now() + 3_600_000,
  tokenHash: '',
  epoch: 0,
});
const home = `/${bucketOf('alice')}`;

async function admission(
  call: Partial<S3Call> & { path: string },
  rules: Partial<typeof core> = {},
): Promise<Admission> {
  const signed = await signS3({ endpoint: 'http://localhost/s3', credentials: session, ...call });
  return admit(
    { ...core, ...rules },
    {
      method: signed.method,
      target: signed.target,
      rawHeaders: Object.entries(signed.headers).flat(),
      secure: false,
      prefix: '/s3',
      memo: newScopeMemo(),
    },
  );
}

const summary = (result: Admission) => {
  if (result.kind === 'preflight') return 'preflight';
  const { operation } = result;
  return result.kind === 'refused'
    ? `${operation?.name}: ${(result.error as S3Error).code}`
    : `${operation?.name}: ${result.payload?.mode}`;
};

test('an upload: who, what, where, with which headers, how the body comes', async () => {
  const headers = { 'x-amz-meta-a': '1', 'x-amz-acl': 'private', 'user-agent': 'x' };
  const result = (await admission({ method: 'PUT', path: `${home}/task/k`, body: 'x', headers })) as Admitted;
  expect(result).toMatchObject({
    kind: 'admitted',
    operation: { name: 'PutObject' },
    identity: { principal: { userId: 'alice' }, verification: 'session' },
    request: { bucket: home.slice(1), key: 'task/k' },
    payload: { mode: 'hash', length: 1 },
  });
  expect([...result.headers]).toEqual([['x-amz-meta-a', '1']]);
});

test('a copy: both resources', async () => {
  const copy = (source: string) =>
    admission({ method: 'PUT', path: `${home}/task/k`, headers: { 'x-amz-copy-source': source } });
  expect(((await copy(`${home}/task/a%2Fb`)) as Admitted).copySource).toMatchObject({ key: 'task/a/b' });
  expect(summary(await copy(`${home}/other/k`))).toBe('CopyObject: AccessDenied');
  expect(summary(await copy(`/${bucketOf('bob')}/task/k`))).toBe('CopyObject: AccessDenied');
});

describe('a refusal names the operation', () => {
  test.each<[string, Partial<S3Call> & { path: string }]>([
    ['PutBucketPolicy: NotImplemented', { method: 'PUT', path: home, query: { policy: '' }, body: '{}' }],
    ['DeleteObject: AccessDenied', { method: 'DELETE', path: `${home}/task/k` }],
    ['GetObject: AccessDenied', { path: `${home}/other` }],
    ['GetObject: RequestTimeTooSkewed', { path: `${home}/task/k`, date: new Date(0) }],
    [
      'UploadPart: InvalidAccessKeyId',
      {
        method: 'PUT',
        path: `${home}/task/k`,
        query: { uploadId: 'x', partNumber: '1' },
        body: 'x',
        credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' },
      },
    ],
    ['PutObject: InvalidArgument', { method: 'PUT', path: `${home}/task/k`, body: 'x', hash: 'nonsense' }],
    ['undefined: MethodNotAllowed', { method: 'PATCH', path: `${home}/task/k`, body: 'x' }],
  ])('%s', async (expected, call) => {
    expect(summary(await admission(call))).toBe(expected);
  });

  test('what can not be read has none', async () => {
    expect(await admission({ path: '/NOT_A_BUCKET/k' })).toMatchObject({ request: undefined, operation: undefined });
  });
});

test('who is denied by Arborist is known by name', async () => {
  const decisions = {
    check: async (_principal: unknown, right: string) => {
      asked.push(right);
      throw new Error('no answer');
    },
  };
  const { token } = await import('./support/tokens.ts');
  const credentials = { accessKeyId: await token({ sub: 'alice' }), secretAccessKey: 'N/A' };
  const result = (await admission({ path: `${home}/k`, credentials }, { decisions })) as Refused;
  expect(result).toMatchObject({ kind: 'refused', identity: { principal: { userId: 'alice' } } });
  expect(asked).toEqual(['read']);
});

test('nothing is changed by it: the same head gives the same answer', async () => {
  const call = { method: 'PUT', path: `${home}/task/k`, body: 'x', date: new Date() };
  const [one, two] = [await admission(call), await admission(call)] as [Admitted, Admitted];
  expect({ ...one, identity: undefined, request: { ...one.request } }).toEqual({
    ...two,
    identity: undefined,
    request: { ...two.request },
  });
});
