import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, type TestContext, test } from 'vitest';
import { bucketActivities } from '#activities/s3/bucket.ts';
import { adoptedTags } from '#domain/core/ownership.ts';
import { activityRig, attempt, complete, planFor, refOf } from '../../control/rig.ts';
import { sandboxAccount } from '../../support/sandbox.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const s3 = new S3Client(rig.account.client);
  const spec = planFor(rig).foundation.bucket;
  const ownTags = adoptedTags(spec.owner);
  const keyArn = `arn:aws:kms:us-east-1:${rig.account.id}:key/00000000-0000-0000-0000-000000000001`;
  const writes = async () => (await rig.account.journal()).filter(({ mutating }) => mutating);
  return { ...rig, s3, spec, ownTags, keyArn, writes, Bucket: spec.name, ...bucketActivities(rig.deps) };
};

const settingsOf = (details: Record<string, unknown> | undefined) => JSON.stringify(details);

test('made twice is made once, and the second time nothing is written', async (t) => {
  const { account, spec, ownTags, keyArn, writes, ensureBucket } = await rigOf(t);
  const first = await attempt(ensureBucket, [spec, keyArn]);
  const before = await account.inventory();
  const written = (await writes()).length;
  expect(await attempt(ensureBucket, [spec, keyArn])).toEqual(first);
  expect(await account.inventory()).toEqual(before);
  expect(await writes()).toHaveLength(written);
  expect(first.made).toMatchObject({ id: spec.name, origin: 'shared' });
  expect(before).toMatchObject([{ type: 'AWS::S3::Bucket', tags: ownTags }]);
  const settings = settingsOf(before[0]?.details);
  for (const part of [keyArn, 'RequireTLS', 'abort-uploads', 'BlockPublicPolicy', 'BucketOwnerEnforced']) {
    expect(settings).toContain(part);
  }
});

test('each setting that drifted is put right', async (t) => {
  const { account, s3, spec, keyArn, Bucket, ensureBucket } = await rigOf(t);
  await attempt(ensureBucket, [spec, keyArn]);
  const before = await account.inventory();
  const otherPolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` }],
  });
  const drifts = [
    () => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
    () => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: otherPolicy })),
    () => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
    () =>
      s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: [{ ID: 'short', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } }],
          },
        }),
      ),
    () => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
    () =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
          },
        }),
      ),
    () =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [
              {
                ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
                BucketKeyEnabled: false,
              },
            ],
          },
        }),
      ),
    () => s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } })),
  ];
  for (const drift of drifts) {
    await drift();
    expect(await account.inventory()).not.toEqual(before);
    await attempt(ensureBucket, [spec, keyArn]);
    expect(await account.inventory()).toEqual(before);
  }
});

test('a changed expiry reaches the bucket, and tags of others stay', async (t) => {
  const { account, s3, spec, ownTags, keyArn, Bucket, ensureBucket } = await rigOf(t);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'cost-centre', Value: '42' }] } }));
  await attempt(ensureBucket, [spec, keyArn]);
  await attempt(ensureBucket, [{ ...spec, expirationDays: 77 }, keyArn]);
  const [bucket] = await account.inventory();
  expect(bucket?.tags).toEqual({ 'cost-centre': '42', ...ownTags });
  expect(settingsOf(bucket?.details)).toContain('77');
});

test('a bucket of another environment or workspace stays as it is', async (t) => {
  const { account, s3, spec, keyArn, Bucket, ensureBucket } = await rigOf(t);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const tag = (Key: string, Value: string) =>
    s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key, Value }] } }));
  for (const [key, value] of [
    ['eyrie:environment', 'other'],
    ['eyrie:workspace', 'other.user'],
  ] as const) {
    await tag(key, value);
    const before = await account.inventory();
    await expect(attempt(ensureBucket, [spec, keyArn])).rejects.toMatchObject({ type: 'Conflict' });
    expect(await account.inventory()).toEqual(before);
  }
  // Control: with the environment's own tag the same call converges it.
  await tag('eyrie:environment', spec.owner.environment);
  await attempt(ensureBucket, [spec, keyArn]);
  expect(settingsOf((await account.inventory())[0]?.details)).toContain('RequireTLS');
});

test("a name that another account's bucket has is a conflict", async (t) => {
  const { account, spec, keyArn, Bucket, ensureBucket } = await rigOf(t);
  const other = await sandboxAccount(t);
  await new S3Client(other.client).send(new CreateBucketCommand({ Bucket }));
  await expect(complete(ensureBucket, spec, keyArn)).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual([]);
});

test('outside of us-east-1 it is made in its own region, and another region is refused', async (t) => {
  const { account, spec, keyArn, ensureBucket } = await rigOf(t);
  const west = { ...spec, account: { ...refOf(account), region: 'us-west-2' } };
  await attempt(ensureBucket, [west, keyArn]);
  await attempt(ensureBucket, [west, keyArn]);
  const before = await account.inventory();
  expect(before).toMatchObject([{ region: 'us-west-2' }]);
  await expect(attempt(ensureBucket, [spec, keyArn])).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual(before);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const { account, spec, keyArn, ensureBucket } = await rigOf(t);
  const operations = [
    'CreateBucket',
    'PutBucketTagging',
    'PutBucketEncryption',
    'PutBucketLifecycleConfiguration',
    'PutBucketPolicy',
  ];
  await account.faults(...operations.map((operation) => ({ service: 's3', operation, fault })));
  await complete(ensureBucket, spec, keyArn);
  const after = await account.inventory();
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual(operations.map(() => 1));
  await attempt(ensureBucket, [spec, keyArn]);
  expect(await account.inventory()).toEqual(after);
});
