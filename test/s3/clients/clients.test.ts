/** Real clients do the same list directly and through the proxy; what they see has to be equal. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsEnv, check, HOME, rcloneEnv, run } from './run.ts';
import { startTargets, type Target, type Targets } from './targets.ts';

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets?.stop());

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Everything of a target that may differ between two runs. */
const blank = (text: string, target: Target): string =>
  text
    .replaceAll(target.bucket, 'BUCKET')
    .replaceAll(target.endpoint, 'ENDPOINT')
    .replace(/\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(:\d\d)?\S*/g, 'TIME');

const compare = async (drive: (target: Target) => Promise<unknown>, { root = false } = {}): Promise<void> => {
  const expected = await drive(await targets.direct());
  for (const target of await targets.proxied(root)) {
    expect(await drive(target), target.name).toEqual(expected);
  }
};

/** A folder of files with awkward names and sizes; the same bytes each time. */
const corpus = (names: string[], sizes: number[]): string => {
  const folder = mkdtempSync(join(targets.folder, 'files-'));
  const write = (name: string, bytes: Buffer): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  for (const name of names) write(name, Buffer.from(`body of ${name}`));
  for (const size of sizes)
    write(`size-${size}`, Buffer.alloc(size, createHash('sha512').update(String(size)).digest()));
  return folder;
};
const NAMES = [
  'plain.txt',
  'sp ace.txt',
  'pl+us.txt',
  'dir/é.txt',
  'dir/日本.txt',
  'per%cent',
  "x!'()",
  'a&b=c;d',
  'tilde~',
];
const SIZES = [0, 1, 65_536, 9_000_000];
const LARGEST = 200 * 1024 * 1024;

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );

test('boto3', async () => {
  await compare(async (target) => {
    const results = JSON.parse(
      await check(join(HOME, 'python'), [here('./boto3_run.py'), JSON.stringify(target)]),
    ) as Record<string, unknown>;
    const { presigned, ...rest } = results;
    // Tokens do not sign URLs: where they do not, there is nothing to compare.
    if (target.presigns)
      expect(presigned).toEqual(['presigned', 'text/y', [403, 'AccessDenied'], [403, 'SignatureDoesNotMatch']]);
    return JSON.parse(blank(JSON.stringify(rest), target));
  });
});

test('AWS CLI v1', async () => {
  const folder = corpus(NAMES, SIZES);
  await compare(async (target) => {
    const aws = (...args: string[]) => check(join(HOME, 'aws'), args, awsEnv(target));
    const url = `s3://${target.bucket}`;
    await aws('s3', 'sync', '--no-progress', folder, `${url}/up`);
    const back = mkdtempSync(join(targets.folder, 'back-'));
    await aws('s3', 'sync', '--no-progress', `${url}/up`, back);
    await aws('s3', 'cp', '--recursive', '--no-progress', `${url}/up`, `${url}/copy`);
    await aws('s3', 'mv', '--no-progress', `${url}/copy/sp ace.txt`, `${url}/moved +é.txt`);
    const listed = await aws('s3', 'ls', '--recursive', url);
    const head = JSON.parse(
      await aws('s3api', 'head-object', '--bucket', target.bucket, '--key', 'up/pl+us.txt'),
    ) as Record<string, unknown>;
    const object = ['--bucket', target.bucket, '--key', 'up/size-65536'];
    const part = join(back, 'part');
    await aws('s3api', 'get-object', ...object, '--range', 'bytes=1000-1999', part);
    const missing = await run(
      join(HOME, 'aws'),
      ['s3api', 'head-object', '--bucket', target.bucket, '--key', 'missing'],
      awsEnv(target),
    );
    await aws('s3', 'rm', '--recursive', `${url}/copy`);
    const left = await aws('s3', 'ls', url);
    return {
      back: contents(back),
      listed: blank(listed, target),
      length: head.ContentLength,
      etag: head.ETag,
      missing: missing.code,
      text: blank(missing.err, target),
      left: blank(left, target),
    };
  });
});

test('AWS SDK for JavaScript v3, buffers and streams', async () => {
  const large = randomBytes(6_000_000);
  await compare(async (target) => {
    const s3 = new S3Client({
      endpoint: target.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      requestStreamBufferSize: 65_536,
      credentials: {
        accessKeyId: target.accessKeyId,
        secretAccessKey: target.secretAccessKey,
        ...(target.sessionToken && { sessionToken: target.sessionToken }),
      },
      ...(target.ca && {
        requestHandler: new NodeHttpHandler({
          httpsAgent: new Agent({ ca: readFileSync(target.ca), keepAlive: true }),
        }),
      }),
    });
    const Bucket = target.bucket;
    const results: Record<string, unknown> = {};
    for (const Key of [...NAMES, 'a//b', 'q?x#y', '🐦']) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      results[Key] = await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
    }
    await s3.send(new PutObjectCommand({ Bucket, Key: 'buffer', Body: large }));
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from(pieces(large)), ContentLength: large.length }),
    );
    for (const Key of ['buffer', 'stream']) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      results[Key] = large.equals(Buffer.from((await Body?.transformToByteArray()) ?? []));
    }
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'buffer' }));
    (Body as Readable).destroy();
    const part = await s3.send(new GetObjectCommand({ Bucket, Key: 'buffer', Range: 'bytes=100-5000099' }));
    const bytes = Buffer.from((await part.Body?.transformToByteArray()) ?? []);
    results.range = [part.ContentRange, bytes.equals(large.subarray(100, 5_000_100))];
    await s3.send(
      new CopyObjectCommand({ Bucket, Key: 'cop+y é', CopySource: `${Bucket}/${encodeURIComponent('pl+us.txt')}` }),
    );
    results.copy = await (await s3.send(new GetObjectCommand({ Bucket, Key: 'cop+y é' }))).Body?.transformToString();
    results.parts = await inParts(s3, Bucket, large);
    const statusOf = (Key: string) =>
      s3
        .send(new HeadObjectCommand({ Bucket, Key }))
        .catch((error: S3ServiceException) => [error.name, error.$metadata.httpStatusCode]);
    results.missing = await statusOf('missing');
    results.aborted = await abortedUpload(s3, Bucket, large).catch((error: Error) => error.name);
    results.unfinished = await statusOf('unfinished');
    results.gone = (
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: NAMES.map((Key) => ({ Key })) } }))
    ).Deleted?.length;
    results.left = (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key);
    s3.destroy();
    return results;
  });
});

/** @returns size and composite checksum of an object that was uploaded in two parts, the first of them as a stream */
async function inParts(s3: S3Client, Bucket: string, body: Buffer): Promise<unknown> {
  const target = { Bucket, Key: 'in parts' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
  const upload = async (PartNumber: number, Body: Buffer | Readable, ContentLength: number) => {
    const put = new UploadPartCommand({
      ...target,
      UploadId,
      PartNumber,
      Body,
      ContentLength,
      ChecksumAlgorithm: 'SHA256',
    });
    const { ETag, ChecksumSHA256 } = await s3.send(put);
    return { PartNumber, ETag, ChecksumSHA256 };
  };
  const first = body.subarray(0, 5 * 1024 * 1024);
  const Parts = [
    await upload(1, Readable.from(pieces(first)), first.length),
    await upload(2, body.subarray(0, 1_000), 1_000),
  ];
  const completed = new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } });
  const { ChecksumSHA256 } = await s3.send(completed);
  return [ChecksumSHA256, (await s3.send(new HeadObjectCommand(target))).ContentLength];
}

/** Sends all but the end of an object, then aborts. @throws AbortError */
async function abortedUpload(s3: S3Client, Bucket: string, body: Buffer): Promise<void> {
  const gone = new AbortController();
  const Body = Readable.from(
    (async function* () {
      yield* pieces(body.subarray(0, -100_000));
      gone.abort();
      await new Promise(() => {});
    })(),
  );
  const put = new PutObjectCommand({ Bucket, Key: 'unfinished', Body, ContentLength: body.length });
  await s3.send(put, { abortSignal: gone.signal });
}

function* pieces(all: Buffer): Generator<Buffer> {
  for (let at = 0; at < all.length; at += 100_000) yield all.subarray(at, at + 100_000);
}

test('s5cmd', async () => {
  const folder = corpus(NAMES, [...SIZES, LARGEST]);
  await compare(async (target) => {
    const flags = ['--endpoint-url', target.endpoint, ...(target.ca ? ['--no-verify-ssl'] : [])];
    const s5cmd = (...args: string[]) => check(join(HOME, 's5cmd'), [...flags, ...args], awsEnv(target));
    const url = `s3://${target.bucket}`;
    await s5cmd('cp', `${folder}/`, `${url}/up/`);
    await s5cmd('cp', `${url}/up/*`, `${url}/copy/`);
    const back = mkdtempSync(join(targets.folder, 'back-'));
    await s5cmd('cp', `${url}/copy/*`, `${back}/`);
    const listed = await s5cmd('ls', `${url}/*`);
    await s5cmd('rm', `${url}/up/*`);
    return {
      back: contents(back),
      listed: blank(listed, target).split('\n').sort(),
      left: blank(await s5cmd('ls', `${url}/*`), target).split('\n').length,
    };
  });
});

test('rclone', async () => {
  const folder = corpus(NAMES, SIZES);
  await compare(async (target) => {
    const rclone = (...args: string[]) => check(join(HOME, 'rclone'), args, rcloneEnv(target));
    await rclone('copy', folder, `r:${target.bucket}/up`);
    await rclone('copy', `r:${target.bucket}/up`, `r:${target.bucket}/copy`);
    await rclone('check', folder, `r:${target.bucket}/copy`);
    const back = mkdtempSync(join(targets.folder, 'back-'));
    await rclone('copy', `r:${target.bucket}/copy`, back);
    const part = await rclone('cat', '--offset', '1000', '--count', '100', `r:${target.bucket}/copy/size-65536`);
    await rclone('moveto', `r:${target.bucket}/copy/pl+us.txt`, `r:${target.bucket}/mo+ved.txt`);
    const listed = await rclone('lsf', '-R', '--format', 'ps', `r:${target.bucket}`);
    await rclone('purge', `r:${target.bucket}/up`);
    return {
      back: contents(back),
      part: createHash('sha256').update(part).digest('hex'),
      listed: listed.split('\n').sort(),
      left: (await rclone('lsf', '-R', `r:${target.bucket}`)).split('\n').sort(),
    };
  });
});

test('s3cmd, on a listener of its own', async () => {
  const folder = corpus(
    NAMES.filter((name) => !name.includes('%')),
    SIZES,
  );
  await compare(
    async (target) => {
      const { host, protocol } = new URL(target.endpoint);
      const config = join(mkdtempSync(join(targets.folder, 's3cmd-')), 'config');
      writeFileSync(
        config,
        `[default]\naccess_key = ${target.accessKeyId}\nsecret_key = ${target.secretAccessKey}\n${target.sessionToken ? `access_token = ${target.sessionToken}\n` : ''}host_base = ${host}\nhost_bucket = ${host}\nuse_https = ${protocol === 'https:' ? 'True' : 'False'}\nca_certs_file = ${target.ca ?? ''}\nsignature_v2 = False\nbucket_location = us-east-1\nmultipart_chunk_size_mb = 5\n`,
      );
      const s3cmd = (...args: string[]) => check(join(HOME, 's3cmd'), ['-c', config, '--no-progress', ...args]);
      const url = `s3://${target.bucket}`;
      await s3cmd('sync', `${folder}/`, `${url}/up/`);
      const back = mkdtempSync(join(targets.folder, 'back-'));
      await s3cmd('sync', `${url}/up/`, `${back}/`);
      await s3cmd('cp', `${url}/up/plain.txt`, `${url}/copy é+x.txt`);
      const listed = await s3cmd('ls', '-r', url);
      await s3cmd('rm', '-r', '--force', `${url}/up/`);
      return { back: contents(back), listed: blank(listed, target), left: blank(await s3cmd('ls', '-r', url), target) };
    },
    { root: true },
  );
});

test('minio-py, on a listener of its own', async () => {
  await compare(
    async (target) => JSON.parse(await check(join(HOME, 'python'), [here('./minio_run.py'), JSON.stringify(target)])),
    { root: true },
  );
});

describe('AWS SDK for Java v2', () => {
  const built = fileURLToPath(new URL('../../../.eyrie/s3-java', import.meta.url));

  /** Java reads certificates from a store of its own. */
  const trust = (ca: string): string[] => {
    const store = join(mkdtempSync(join(targets.folder, 'java-')), 'trust');
    const options = ['-importcert', '-noprompt', '-alias', 'ca', '-file', ca, '-keystore', store];
    execFileSync('keytool', [...options, '-storepass', 'changeit'], { stdio: 'ignore' });
    return [`-Djavax.net.ssl.trustStore=${store}`, '-Djavax.net.ssl.trustStorePassword=changeit'];
  };

  test.each(['sync', 'crt'])('%s client', async (kind) => {
    await compare(async ({ endpoint, bucket, accessKeyId, secretAccessKey, sessionToken, ca }) => {
      const program = ['-cp', `${built}/classes:${built}/dependency/*`, 'eyrie.S3Run'];
      const args = [kind, endpoint, bucket, accessKeyId, secretAccessKey, ...(sessionToken ? [sessionToken] : [])];
      return (await check('java', [...(ca ? trust(ca) : []), ...program, ...args])).split('\n');
    });
  });
});
