import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketOf, startProxy, type TestProxy } from './support/proxy.ts';
import { token } from './support/tokens.ts';
import { type StrictUpstream, sandboxUpstream } from './support/upstreams.ts';

let strict: StrictUpstream;
let proxy: TestProxy;
beforeAll(async () => {
  strict = await sandboxUpstream();
  await strict.makeBucket(bucketOf('alice'));
  proxy = await startProxy({ upstream: strict.upstream });
});
afterAll(() => proxy?.stop());

test('the SDK works through the proxy with a token', async () => {
  const s3 = new S3Client({
    endpoint: proxy.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: await token({ sub: 'alice' }), secretAccessKey: 'N/A' },
  });
  const Bucket = bucketOf('alice');
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+c/é.txt', Body: 'hello' }));
  } finally {
    console.log(JSON.stringify(proxy.log));
    console.log(JSON.stringify(await strict.calls()));
  }
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b+c/é.txt' }));
  expect(await got.Body?.transformToString()).toBe('hello');
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['a b+c/é.txt']);
});
