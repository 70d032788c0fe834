import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, type TestContext, test } from 'vitest';
import { keyActivities } from '#activities/kms/key.ts';
import { ownBucketActivities } from '#activities/s3/own-bucket.ts';
import { createdTags } from '#domain/core/ownership.ts';
import type { BucketKey } from '#domain/resources/storage.ts';
import { planStorage } from '#domain/storage/plan.ts';
import { activityRig, attempt, complete, refOf } from '../../control/rig.ts';
import { sandboxAccount } from '../../support/sandbox.ts';
import { aStorage, type StorageOverrides } from '../../support/storage-runs.ts';

const BY_RUN = { by: 'run', unsureSince: null } as const;
const BY_OWNER = { by: 'owner', unsureSince: null } as const;

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const s3 = new S3Client(rig.account.client);
  const overrides: StorageOverrides = { user: rig.account.id, account: refOf(rig.account) };
  const planOf = (settings: StorageOverrides['settings'] = {}, run = 'set-up-1') =>
    planStorage(aStorage({ ...overrides, settings }), run);
  const { bucket: spec, contents } = planOf().bucket;
  const key: BucketKey = {
    arn: `arn:aws:kms:us-east-1:${rig.account.id}:key/00000000-0000-0000-0000-000000000001`,
    formerArn: null,
  };
  const writes = async () => (await rig.account.journal()).filter(({ mutating }) => mutating).length;
  const activities = { ...ownBucketActivities(rig.deps), ...keyActivities(rig.deps) };
  return { ...rig, s3, planOf, spec, contents, key, writes, Bucket: spec.name, ...activities };
};

test('made twice is made once, whole, and the second time nothing is written', async (t) => {
  const { account, spec, key, writes, ensureOwnBucket } = await rigOf(t);
  const first = await attempt(ensureOwnBucket, [spec, key]);
  const before = await account.inventory();
  const written = await writes();
  expect(await attempt(ensureOwnBucket, [spec, key])).toEqual(first);
  expect(await account.inventory()).toEqual(before);
  expect(await writes()).toBe(written);
  expect(first.made).toMatchObject({ id: spec.name, origin: 'created' });
  expect(before).toMatchObject([{ type: 'AWS::S3::Bucket', tags: { ...spec.tags, ...createdTags(spec.owner) } }]);
  const settings = JSON.stringify(before[0]?.details);
  for (const part of [
    key.arn ?? '',
    ...['RequireTLS', 'RequireKMSEncryption', 'RequireOwnKMSKey', 'ExpireAllAfter30Days', 'AbortUploadsAfter7Days'],
    ...['"NoncurrentDays":3', '"BucketKeyEnabled":true', 'BlockPublicPolicy', 'BucketOwnerEnforced'],
    'https://brh.data-commons.org',
  ])
    expect(settings).toContain(part);
});

test('each call names the account that has to own the bucket', async (t) => {
  const { deps, spec, contents, key } = await rigOf(t);
  const unguarded: string[] = [];
  const guarding = {
    ...deps.aws,
    s3: (account: Parameters<typeof deps.aws.s3>[0]) => ({
      send: (command: { constructor: { name: string }; input: { ExpectedBucketOwner?: string } }) => {
        if (command.input.ExpectedBucketOwner !== account.accountId) unguarded.push(command.constructor.name);
        return deps.aws.s3(account).send(command as never);
      },
    }),
  };
  const { ensureOwnBucket, deleteOwnBucket } = ownBucketActivities({ ...deps, aws: guarding as never });
  await attempt(ensureOwnBucket, [spec, key]);
  await attempt(ensureOwnBucket, [
    { ...spec, corsOrigins: [], versioning: true },
    { arn: null, formerArn: key.arn },
  ]);
  expect(await attempt(deleteOwnBucket, [contents, BY_OWNER])).toEqual({ gone: true });
  // CreateBucket makes it: there is nobody's yet.
  expect(unguarded).toEqual(['CreateBucketCommand']);
});

test('each property that drifted is put right', async (t) => {
  const { account, s3, planOf, key, Bucket, ensureOwnBucket } = await rigOf(t);
  const { bucket: spec } = planOf({ versioning: true }).bucket;
  await attempt(ensureOwnBucket, [spec, key]);
  const before = await account.inventory();
  const encryption = (rule: object) =>
    s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }));
  const kms = { SSEAlgorithm: 'aws:kms' as const };
  const lifecycle = async (change: (rule: object) => object) => {
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const changed = Rules.map((rule) => ({ ...rule, ...change(rule) }));
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: changed } }));
  };
  const drifts: Record<string, () => Promise<unknown>> = {
    'no policy': () => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
    'a statement of ours that says something else': async () => {
      const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      const changed = Policy.replace('"s3:x-amz-server-side-encryption":"aws:kms"', '"s3:x-amz-acl":"private"');
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: changed }));
    },
    'no lifecycle': () => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
    'a rule that is off': () => lifecycle(() => ({ Status: 'Disabled' })),
    'public access': () => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
    ACLs: () =>
      s3.send(
        new PutBucketOwnershipControlsCommand({
          Bucket,
          OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
        }),
      ),
    'S3 encrypts': () => encryption({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }),
    'another key': () =>
      encryption({ ApplyServerSideEncryptionByDefault: { ...kms, KMSMasterKeyID: 'other' }, BucketKeyEnabled: true }),
    'no bucket key': () =>
      encryption({
        ApplyServerSideEncryptionByDefault: { ...kms, KMSMasterKeyID: key.arn ?? '' },
        BucketKeyEnabled: false,
      }),
    'versions suspended': () =>
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
    'no CORS': () => s3.send(new DeleteBucketCorsCommand({ Bucket })),
    'no tags': () => s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } })),
  };
  for (const [name, drift] of Object.entries(drifts)) {
    await drift();
    const drifted = await account.inventory();
    expect(drifted, name).not.toEqual(before);
    await attempt(ensureOwnBucket, [spec, key]);
    // Without its tags nobody knows any more which run made it: it counts as adopted.
    const wanted =
      name === 'no tags' ? before.map((one) => ({ ...one, tags: without(one.tags, 'eyrie:launch') })) : before;
    expect(await account.inventory(), name).toEqual(wanted);
  }
});

const without = (tags: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => key !== name));

test('statements, rules, CORS and tags of others stay, whatever is changed', async (t) => {
  const { account, s3, planOf, spec, key, Bucket, ensureOwnBucket } = await rigOf(t);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'cost-centre', Value: '42' }] } }));
  const statement = {
    Sid: 'TheirReader',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account.id}:root` },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${Bucket}/shared/*`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const rule = { ID: 'theirs', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 1 } } as const;
  const older = {
    ID: 'ExpireAllAfter7Days',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    Expiration: { Days: 7 },
  } as const;
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule, older] } }),
  );
  const cors = { ID: 'theirs', AllowedOrigins: ['https://theirs.example'], AllowedMethods: ['GET'] };
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [cors] } }));

  const now = async () => {
    const policy = JSON.parse((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '{}');
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    return {
      statements: policy.Statement.map(({ Sid }: { Sid: string }) => Sid),
      theirs: policy.Statement.find(({ Sid }: { Sid: string }) => Sid === 'TheirReader'),
      rules: Rules.map(({ ID }) => ID),
      cors: CORSRules.map(({ ID }) => ID),
    };
  };
  await attempt(ensureOwnBucket, [spec, key]);
  expect(await now()).toEqual({
    statements: ['TheirReader', 'RequireKMSEncryption', 'RequireOwnKMSKey', 'RequireTLS'],
    theirs: statement,
    rules: ['theirs', 'ExpireAllAfter30Days', 'AbortUploadsAfter7Days'],
    cors: ['theirs', 'eyrie-commons'],
  });
  const { bucket: other } = planOf({ expirationDays: 90, kms: false, corsOrigins: [] }).bucket;
  await attempt(ensureOwnBucket, [other, { arn: null, formerArn: key.arn }]);
  expect(await now()).toMatchObject({
    statements: ['TheirReader', 'RequireTLS'],
    rules: ['theirs', 'ExpireAllAfter90Days', 'AbortUploadsAfter7Days'],
    cors: ['theirs'],
  });
  expect((await account.inventory())[0]?.tags).toMatchObject({ 'cost-centre': '42', 'eyrie:storage': spec.owner.id });
});

test('encryption off and on again: ours goes and comes, and a key of somebody else stays the default', async (t) => {
  const { s3, planOf, Bucket, ensureOwnBucket, ensureKmsKey, findKmsKeyArn } = await rigOf(t);
  const on = planOf();
  const off = planOf({ kms: false });
  const { arn } = await attempt(ensureKmsKey, [on['encryption-key'].key]);
  const rules = async () =>
    (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules?.map(
      ({ ApplyServerSideEncryptionByDefault: by }) => by?.KMSMasterKeyID ?? by?.SSEAlgorithm,
    );
  await attempt(ensureOwnBucket, [on.bucket.bucket, { arn, formerArn: null }]);
  expect(await rules()).toEqual([arn]);
  const formerArn = await attempt(findKmsKeyArn, [off['encryption-key'].key]);
  expect(formerArn).toBe(arn);
  await attempt(ensureOwnBucket, [off.bucket.bucket, { arn: null, formerArn }]);
  expect(await rules()).toEqual(['AES256']);
  await attempt(ensureOwnBucket, [on.bucket.bucket, { arn, formerArn: null }]);
  expect(await rules()).toEqual([arn]);

  const theirs = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:aws:kms:us-east-1:1:key/theirs' } as const;
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: theirs }] },
    }),
  );
  await attempt(ensureOwnBucket, [off.bucket.bucket, { arn: null, formerArn }]);
  expect(await rules()).toEqual([theirs.KMSMasterKeyID]);
});

test('a name that another account has is refused with what to do, and nothing is read or written there', async (t) => {
  const { account, spec, contents, key, Bucket, ensureOwnBucket, deleteOwnBucket, findRemainingOwnBucket } =
    await rigOf(t);
  const squatter = await sandboxAccount(t);
  const theirs = new S3Client(squatter.client);
  await theirs.send(new CreateBucketCommand({ Bucket }));
  // Whoever squats a name opens it for those who are meant to fall for it.
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account.id}:root` },
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      },
    ],
  });
  await theirs.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const before = await squatter.inventory();
  const failure = complete(ensureOwnBucket, spec, key);
  await expect(failure).rejects.toMatchObject({ type: 'Conflict' });
  await expect(failure).rejects.toThrow(/taken by another AWS account.*Have its owner delete that bucket/);
  expect(await attempt(deleteOwnBucket, [contents, BY_OWNER])).toEqual({ gone: true });
  expect(await attempt(findRemainingOwnBucket, [contents, 'owner'])).toEqual([]);
  expect(await squatter.inventory()).toEqual(before);
  expect(await account.inventory()).toEqual([]);
});

test.for([
  ['eyrie:environment', 'other'],
  ['eyrie:storage', 'brh-data-commons-org.another'],
  ['eyrie:workspace', 'brh-data-commons-org.someone'],
] as const)('a bucket of another owner (%s) stays as it is', async ([name, value], t) => {
  const { account, s3, spec, contents, key, Bucket, ensureOwnBucket, deleteOwnBucket } = await rigOf(t);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: name, Value: value }] } }));
  const before = await account.inventory();
  await expect(attempt(ensureOwnBucket, [spec, key])).rejects.toMatchObject({ type: 'Conflict' });
  await attempt(deleteOwnBucket, [contents, BY_OWNER]);
  expect(await account.inventory()).toEqual(before);
});

test('a set-up takes back only a bucket that it made itself; a removal takes one that was adopted, too', async (t) => {
  const { account, s3, planOf, spec, contents, key, Bucket, ensureOwnBucket, deleteOwnBucket } = await rigOf(t);
  await attempt(ensureOwnBucket, [spec, key]);
  const later = planOf({}, 'set-up-2').bucket;
  expect((await attempt(ensureOwnBucket, [later.bucket, key])).made.origin).toBe('adopted');
  await attempt(deleteOwnBucket, [later.contents, BY_RUN]);
  expect(await account.inventory()).toHaveLength(1);
  expect(await attempt(deleteOwnBucket, [contents, BY_RUN])).toEqual({ gone: true });
  expect(await account.inventory()).toEqual([]);

  // One that no set-up has ever seen, as gen3-workflow leaves it.
  await s3.send(new CreateBucketCommand({ Bucket }));
  await attempt(deleteOwnBucket, [contents, BY_RUN]);
  expect(await account.inventory()).toHaveLength(1);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'y' }));
  expect(await attempt(deleteOwnBucket, [contents, BY_OWNER])).toEqual({ gone: false });
});

test('made by a run that died before it could tag it, a bucket is known for that run’s', async (t) => {
  const { account, spec, contents, key, ensureOwnBucket, deleteOwnBucket } = await rigOf(t);
  await account.faults({ service: 's3', operation: 'PutBucketTagging', times: -1, fault: 'denied' });
  await expect(attempt(ensureOwnBucket, [spec, key])).rejects.toMatchObject({ type: 'Denied' });
  await account.clearFaults();
  expect((await account.inventory())[0]?.tags).toEqual({});
  expect(await attempt(deleteOwnBucket, [contents, BY_RUN])).toEqual({ gone: true });
  expect(await account.inventory()).toEqual([]);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const { account, spec, key, ensureOwnBucket } = await rigOf(t);
  const operations = [
    ...['CreateBucket', 'PutBucketTagging', 'PutBucketEncryption', 'PutBucketLifecycleConfiguration'],
    ...['PutBucketPolicy', 'PutBucketCors'],
  ];
  await account.faults(...operations.map((operation) => ({ service: 's3', operation, fault })));
  await complete(ensureOwnBucket, spec, key);
  const after = await account.inventory();
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual(operations.map(() => 1));
  expect(after[0]?.tags).toMatchObject(createdTags(spec.owner));
  await attempt(ensureOwnBucket, [spec, key]);
  expect(await account.inventory()).toEqual(after);
});

test('its default key is told, where it has one and is ours', async (t) => {
  const { spec, contents, key, ensureOwnBucket, findDefaultKeyArn } = await rigOf(t);
  expect(await attempt(findDefaultKeyArn, [contents])).toBeNull();
  await attempt(ensureOwnBucket, [spec, { arn: null, formerArn: null }]);
  expect(await attempt(findDefaultKeyArn, [contents])).toBeNull();
  await attempt(ensureOwnBucket, [spec, key]);
  expect(await attempt(findDefaultKeyArn, [contents])).toBe(key.arn);
  const elsewhere = { ...contents, account: { ...contents.account, accountId: '210987654321' } };
  expect(await attempt(findDefaultKeyArn, [elsewhere])).toBeNull();
});
