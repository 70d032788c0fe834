import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

const start = async () => {
  const account = await sandboxAccount();
  const s3 = new S3Client(account.client);
  const Bucket = `h-nf-${account.id}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return { account, s3, Bucket };
};

const statement = (more: object) => ({ Effect: 'Allow', Action: 's3:*', Resource: '*', ...more });
const policy = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const userWith = async (account: SandboxAccount, document: string): Promise<SandboxAccount['client']> => {
  const iam = new IAMClient(account.client);
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: document }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  return { ...account.client, credentials };
};

const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

test('a new bucket is encrypted, private and without ACLs, and has no policy and no lifecycle', async () => {
  const { s3, Bucket } = await start();
  const at = { Bucket };
  const encryption = await s3.send(new GetBucketEncryptionCommand(at));
  expect(encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault).toEqual({
    SSEAlgorithm: 'AES256',
  });
  expect((await s3.send(new GetPublicAccessBlockCommand(at))).PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand(at));
  expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  await expect(s3.send(new GetBucketPolicyCommand(at))).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' });
  await expect(s3.send(new GetBucketLifecycleConfigurationCommand(at))).rejects.toMatchObject({
    name: 'NoSuchLifecycleConfiguration',
  });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await expect(s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'public-read' }))).rejects.toMatchObject({
    name: 'AccessControlListNotSupported',
  });
});

test.each(['Upper-Case', 'ab', 'has_underscore', '192.168.0.1', 'two..dots', 'ends-'])(
  'the bucket name %s is refused',
  async (Bucket) => {
    const account = await sandboxAccount();
    await expect(
      new S3Client({ ...account.client, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket })),
    ).rejects.toMatchObject({ name: 'InvalidBucketName' });
  },
);

test('creating a bucket again changes nothing in us-east-1, and the name is taken for everybody else', async () => {
  const { account, s3, Bucket } = await start();
  const rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } }];
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: rules } }));
  const before = await account.inventory();
  await s3.send(new CreateBucketCommand({ Bucket }));
  expect(await account.inventory()).toEqual(before);
  const other = new S3Client((await sandboxAccount()).client);
  await expect(other.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketAlreadyExists' });
  expect((await other.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
});

test('deleting the default encryption brings SSE-S3 back', async () => {
  const { s3, Bucket } = await start();
  await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe(
    'AES256',
  );
});

test('of twenty that create a key at once exactly one wins', async () => {
  const { s3, Bucket } = await start();
  const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'claim', Body, IfNoneMatch: '*' }));
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(`${index}`)));
  const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [`${index}`] : []));
  expect(winners).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') {
      expect(result.reason).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    }
  }
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'claim' }));
  expect(await Body?.transformToString()).toBe(winners[0]);
});

test('of ten multipart uploads that complete a key at once exactly one wins', async () => {
  const { s3, Bucket } = await start();
  const at = { Bucket, Key: 'claim' };
  const uploads = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
      const part = new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: `${index}` });
      const { ETag } = await s3.send(part);
      return { ...at, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] }, IfNoneMatch: '*' };
    }),
  );
  const results = await Promise.allSettled(
    uploads.map((upload) => s3.send(new CompleteMultipartUploadCommand(upload))),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(
    results.filter((result) => result.status === 'rejected' && result.reason.name === 'PreconditionFailed'),
  ).toHaveLength(9);
});

test('If-Match writes over the version that was read only, and over nothing at all when it is gone', async () => {
  const { s3, Bucket } = await start();
  const put = (Body: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'record', Body, ...more }));
  const { ETag } = await put('one');
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => put(`next ${n}`, { IfMatch: ETag })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'absent', Body: 'x', IfMatch: ETag })),
  ).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('a body that is not what its digest says is refused', async () => {
  const { s3, Bucket } = await start();
  const put = (more: object) => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello', ...more }));
  await expect(put({ ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put({ ContentMD5: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidDigest' });
  await expect(put({ ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put({ ChecksumCRC32C: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put({ ChecksumSHA256: 'A'.repeat(43).concat('=') })).rejects.toMatchObject({ name: 'BadDigest' });
  await put({ ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==' });
  await put({ ChecksumCRC32C: 'mnG7TA==' });
});

const guarded = (bucket: string, keyArn: string) => [
  statement({
    Sid: 'RightAlgorithm',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: {
      Null: { 's3:x-amz-server-side-encryption': 'false' },
      StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
    },
  }),
  statement({
    Sid: 'RightKey',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: {
      Null: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'false' },
      StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': keyArn },
    },
  }),
];

test('a guarded Deny refuses the wrong algorithm or key, and lets absent headers fall to the default', async () => {
  const { account, s3, Bucket } = await start();
  const { KeyMetadata } = await new KMSClient(account.client).send(new CreateKeyCommand({}));
  const keyArn = KeyMetadata?.Arn ?? '';
  const rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn } }];
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: rules } }));
  const Policy = policy(...guarded(Bucket, keyArn));
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  const put = (more: object) => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }));
  expect(await put({})).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyArn });
  await put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyArn });
  await expect(put({ ServerSideEncryption: 'AES256' })).rejects.toMatchObject({
    ...DENIED,
    message: expect.stringContaining('with an explicit deny in a resource-based policy'),
  });
  const foreign = keyArn.replace(/.{4}$/, '0000');
  await expect(put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: foreign })).rejects.toMatchObject(DENIED);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await put({ ServerSideEncryption: 'AES256' });
});

test('an unguarded …IfExists Deny refuses uploads without the header', async () => {
  const { s3, Bucket } = await start();
  const deny = statement({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { StringNotLikeIfExists: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:*:*:key/k' } },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(deny) }));
  await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))).rejects.toMatchObject(DENIED);
});

test('a Deny of plain http hits plain http only', async () => {
  const { account, s3, Bucket } = await start();
  const resources = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const deny = statement({
    Effect: 'Deny',
    Principal: '*',
    Resource: resources,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(deny) }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const { hostname, port } = new URL(account.endpoint);
  const signer = new SignatureV4({
    service: 's3',
    region: account.region,
    credentials: account.credentials,
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'GET',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: `/${Bucket}/k`,
    headers: { host: `${hostname}:${port}`, 'x-forwarded-proto': 'http', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const { host: _, ...rest } = headers;
  expect((await fetch(`${account.endpoint}/${Bucket}/k`, { headers: rest })).status).toBe(403);
});

test.each([
  ['no JSON', () => 'nonsense', /valid JSON/],
  ['another bucket', () => policy(statement({ Principal: '*', Resource: 'arn:aws:s3:::other/*' })), /invalid resource/],
  [
    'an absent principal',
    (bucket: string) =>
      policy(
        statement({ Principal: { AWS: 'arn:aws:iam::111122223333:user/no' }, Resource: `arn:aws:s3:::${bucket}` }),
      ),
    /Invalid principal/,
  ],
  ['no principal', (bucket: string) => policy(statement({ Resource: `arn:aws:s3:::${bucket}` })), /Principal/],
  [
    'another effect',
    (bucket: string) => policy(statement({ Effect: 'Permit', Principal: '*', Resource: `arn:aws:s3:::${bucket}` })),
    /Effect/,
  ],
])('a bucket policy with %s is refused', async (_, render, message) => {
  const { s3, Bucket } = await start();
  await expect(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: render(Bucket) }))).rejects.toMatchObject({
    name: 'MalformedPolicy',
    message: expect.stringMatching(message),
  });
});

test('a policy for everybody is stopped by the public access block', async () => {
  const { s3, Bucket } = await start();
  const open = statement({ Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` });
  await expect(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(open) }))).rejects.toMatchObject(DENIED);
});

test('another account reads nothing, not even as root, until the bucket policy lets it in', async () => {
  const { s3, Bucket } = await start();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'shared' }));
  const other = await sandboxAccount();
  const get = () => new S3Client(other.client).send(new GetObjectCommand({ Bucket, Key: 'k' }));
  await expect(get()).rejects.toMatchObject(DENIED);
  await expect(new S3Client(other.client).send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(DENIED);
  const open = statement({
    Principal: { AWS: `arn:aws:iam::${other.id}:root` },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${Bucket}/*`,
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(open) }));
  expect(await (await get()).Body?.transformToString()).toBe('shared');
});

test('an upload needs a key that exists and lives, whether named or the default of the bucket', async () => {
  const { account, s3, Bucket } = await start();
  const kms = new KMSClient(account.client);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const keyArn = KeyMetadata?.Arn ?? '';
  const put = (SSEKMSKeyId: string) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ServerSideEncryption: 'aws:kms', SSEKMSKeyId }));
  await put(keyArn);
  await expect(put('00000000-0000-0000-0000-000000000000')).rejects.toMatchObject({ name: 'KMS.NotFoundException' });
  const rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn } }];
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: rules } }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }));
  const gone = { name: 'KMS.KMSInvalidStateException', message: `${keyArn} is pending deletion.` };
  await expect(put(keyArn)).rejects.toMatchObject(gone);
  await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'd', Body: 'x' }))).rejects.toMatchObject(gone);
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject(gone);
});

test('rights on the key are needed beside rights on the object', async () => {
  const { account, s3, Bucket } = await start();
  const Tags = [{ TagKey: 'eyrie:environment', TagValue: 'h' }];
  const { KeyMetadata } = await new KMSClient(account.client).send(new CreateKeyCommand({ Tags }));
  const keyArn = KeyMetadata?.Arn ?? '';
  const rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn } }];
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: rules } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'root', Body: 'x' }));
  const condition = {
    StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'aws:ResourceTag/eyrie:environment': 'h' },
  };
  const rights = [statement({}), statement({ Action: 'kms:GenerateDataKey', Condition: condition })];
  const ann = new S3Client(await userWith(account, policy(...rights)));
  await ann.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await expect(ann.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
    ...DENIED,
    message: expect.stringContaining(`kms:Decrypt on resource: ${keyArn} because no identity-based policy allows`),
  });
  // Looking at the object's properties decrypts nothing.
  await ann.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
});

test('whoever may not list a bucket is not told which keys it lacks', async () => {
  const { account, Bucket } = await start();
  const own = statement({
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: `arn:aws:s3:::${Bucket}/u/*`,
  });
  const client = await userWith(account, policy(own));
  const ann = new S3Client(client);
  await expect(ann.send(new GetObjectCommand({ Bucket, Key: 'u/absent' }))).rejects.toMatchObject(DENIED);
  const root = new S3Client(account.client);
  await expect(root.send(new GetObjectCommand({ Bucket, Key: 'u/absent' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
});

test('a delete of many keys removes those that are allowed and names the others', async () => {
  const { account, s3, Bucket } = await start();
  for (const Key of ['u/1', 'u/2', 'v/1']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const own = statement({ Action: 's3:DeleteObject', Resource: `arn:aws:s3:::${Bucket}/u/*` });
  const ann = new S3Client(await userWith(account, policy(own)));
  const objects = ['u/1', 'v/1', 'u/2'].map((Key) => ({ Key }));
  const answer = await ann.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: objects } }));
  expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['u/1', 'u/2']);
  expect(answer.Errors).toEqual([{ Key: 'v/1', Code: 'AccessDenied', Message: 'Access Denied' }]);
  const left = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(left.Contents?.map(({ Key }) => Key)).toEqual(['v/1']);
});

test('a copy needs rights on its source', async () => {
  const { account, s3, Bucket } = await start();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'secret/k', Body: 'x' }));
  const own = statement({ Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${Bucket}/u/*` });
  const ann = new S3Client(await userWith(account, policy(own)));
  const copy = (from: string) =>
    ann.send(new CopyObjectCommand({ Bucket, Key: 'u/copy', CopySource: `${Bucket}/${from}` }));
  await expect(copy('secret/k')).rejects.toMatchObject({
    ...DENIED,
    message: expect.stringContaining(`s3:GetObject on resource: "arn:aws:s3:::${Bucket}/secret/k"`),
  });
  await ann.send(new PutObjectCommand({ Bucket, Key: 'u/own', Body: 'x' }));
  await copy('u/own');
});

test('a bucket of another region answers with that region', async () => {
  const account = await sandboxAccount();
  const west = new S3Client({ ...account.client, region: 'us-west-2' });
  const Bucket = `west-${account.id}`;
  await west.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }));
  await west.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const east = new S3Client(account.client);
  await expect(east.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
    name: 'AuthorizationHeaderMalformed',
    message: expect.stringContaining("the region 'us-east-1' is wrong; expecting 'us-west-2'"),
  });
});

test('the inventory lists buckets with their settings, and objects', async () => {
  const { account, s3, Bucket } = await start();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'u/k', Body: 'hello' }));
  const inventory = await account.inventory();
  expect(inventory.map(({ type, id }) => [type, id])).toEqual([
    ['AWS::S3::Bucket', Bucket],
    ['AWS::S3::Object', `${Bucket}/u/k`],
  ]);
  expect(inventory[0]).toMatchObject({
    name: Bucket,
    region: 'us-east-1',
    details: { ownership: 'BucketOwnerEnforced', policy: null, lifecycle: null },
  });
  expect(inventory[1]).toMatchObject({
    name: 'u/k',
    details: { size: 5, etag: '"5d41402abc4b2a76b9719d911017c592"' },
  });
});
