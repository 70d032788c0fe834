/** Header values of objects that HTTP libraries disagree about. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { s3 as call, signS3 } from '../s3/support/http.ts';
import { rawExchange, renderHead } from '../s3/support/raw.ts';
import { sandboxAccount } from '../support/sandbox.ts';

const start = async () => {
  const account = await sandboxAccount();
  const s3 = new S3Client(account.client);
  const Bucket = `h-nf-${account.id}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'body' }));
  return { options: { endpoint: account.endpoint, credentials: account.client.credentials, path: `/${Bucket}/k` } };
};

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const TEXTS = ['x"日本.txt"', '🐦', 'a\u0001b', 'a\r\nb: c', '\u0085', '\u2028'];

test.each(OVERRIDES)('response-%s that is not ISO-8859-1 is refused, and the account lives on', async (name) => {
  const { options } = await start();
  for (const text of TEXTS) {
    const answer = await call({ ...options, query: { [`response-${name}`]: text } });
    expect([text, answer.status, answer.code]).toEqual([text, 400, 'InvalidArgument']);
  }
  expect((await call({ ...options, method: 'HEAD' })).status).toBe(200);
});

test('a response header within ISO-8859-1 is given as asked for', async () => {
  const { options } = await start();
  const answer = await call({ ...options, query: { 'response-content-disposition': 'attachment; filename="é.txt"' } });
  expect([answer.status, answer.text]).toEqual([200, 'body']);
  expect(answer.headers['content-disposition']).toBe('attachment; filename="é.txt"');
});

test.each(['attachment; filename="日本.txt"', '🐦', 'é', 'plain'])(
  'UTF-8 in a stored header comes back: %s',
  async (text) => {
    const { options } = await start();
    const headers = { 'content-disposition': text, 'x-amz-meta-title': text };
    const signed = await signS3({ ...options, method: 'PUT', body: 'x', headers });
    const port = Number(new URL(options.endpoint).port);
    const put = `${renderHead(signed, 'connection: close')}x`;
    expect(await rawExchange(port, Buffer.from(put))).toMatch(/^HTTP\/1\.1 200/);
    const get = renderHead(await signS3(options), 'connection: close');
    const answer = Buffer.from(await rawExchange(port, get), 'latin1').toString();
    expect(answer.split('\r\n')).toEqual(
      expect.arrayContaining(['HTTP/1.1 200 OK', `content-disposition: ${text}`, `x-amz-meta-title: ${text}`]),
    );
  },
);
