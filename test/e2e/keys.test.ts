import { CreateAccessKeyCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { KEY_LIFE_MS, keyHolderRig, keysIn, s3As } from '../support/key-holder-rig.ts';
import { TIMING } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie({ timing: TIMING });
});
afterAll(async () => {
  await eyrie.close();
});

const statusOf = (work: Promise<unknown>): Promise<number | undefined> =>
  work.then(
    () => 200,
    (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
  );

describe('keys of a user', () => {
  test.concurrent('do in the bucket what Nextflow does there, and nothing beside it', async (t) => {
    const { tenant, user, userKeys } = await keyHolderRig(eyrie, t);
    const secret = await userKeys.create(user, null);
    const s3 = s3As(tenant, secret);
    const Bucket = user.bucket;
    const Key = 'ga4gh-tes/ab/file';
    await s3.send(new HeadBucketCommand({ Bucket }));
    for (const Prefix of ['ga4gh-tes', 'ga4gh-tes/', 'ga4gh-tes/ab/'])
      await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    // Whether the work directory exists: no, rather than "you may not know".
    expect(await statusOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'ga4gh-tes' })))).toBe(404);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' }));
    expect(await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()).toBe('text');
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' }));
    await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    const other = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: other.UploadId }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));

    expect(await statusOf(s3.send(new PutObjectCommand({ Bucket, Key: 'elsewhere/file', Body: 'x' })))).toBe(403);
    expect(await statusOf(s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'elsewhere/' })))).toBe(403);
  });

  test.concurrent('are two at most, however many are asked for at once, and each is gone once that was said', async (t) => {
    const { tenant, user, userKeys } = await keyHolderRig(eyrie, t);
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => userKeys.create(user, null)));
    const made = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(made).toHaveLength(2);
    expect(outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason.extras.status)).toEqual([
      400, 400,
    ]);
    expect((await keysIn(tenant)).toSorted()).toEqual(made.map(({ accessKeyId }) => accessKeyId).toSorted());
    expect(await userKeys.list(user)).toEqual(
      expect.arrayContaining(made.map(({ accessKeyId: id }) => ({ id, status: 'expires in 29 days' }))),
    );
    const [first, second] = made;
    if (!first || !second) throw new Error('no keys');
    await userKeys.remove(user, first.accessKeyId);
    expect(await keysIn(tenant)).toEqual([second.accessKeyId]);
    expect(await statusOf(s3As(tenant, first).send(new HeadBucketCommand({ Bucket: user.bucket })))).toBe(403);
    await s3As(tenant, second).send(new HeadBucketCommand({ Bucket: user.bucket }));
    await expect(userKeys.remove(user, first.accessKeyId)).rejects.toMatchObject({ code: 'NotFound' });
    await userKeys.create(user, null);
  });

  test.concurrent('that IAM refuses to delete are not said to be gone, and go as soon as it lets them', async (t) => {
    const { tenant, user, userKeys, lookAfter } = await keyHolderRig(eyrie, t);
    const { accessKeyId } = await userKeys.create(user, null);
    await tenant.account.faults(
      { service: 'iam', operation: 'UpdateAccessKey', times: -1, fault: 'denied' },
      { service: 'iam', operation: 'DeleteAccessKey', times: -1, fault: 'denied' },
    );
    await expect(userKeys.remove(user, accessKeyId)).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await keysIn(tenant)).toEqual([accessKeyId]);
    await tenant.account.clearFaults();
    await lookAfter('user');
    expect(await keysIn(tenant)).toEqual([]);
    expect(await userKeys.list(user)).toEqual([]);
  });

  test.concurrent('that were there before, or were switched off in IAM, are shown and deleted like others', async (t) => {
    const { tenant, user, userKeys, iam, iamUser } = await keyHolderRig(eyrie, t);
    const { accessKeyId } = await userKeys.create(user, null);
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: iamUser }));
    const theirs = AccessKey?.AccessKeyId ?? '';
    await iam.send(new UpdateAccessKeyCommand({ UserName: iamUser, AccessKeyId: accessKeyId, Status: 'Inactive' }));
    expect(await userKeys.list(user)).toEqual([
      { id: accessKeyId, status: 'expired' },
      { id: theirs, status: 'expires in 29 days' },
    ]);
    await userKeys.remove(user, theirs);
    expect(await keysIn(tenant)).toEqual([accessKeyId]);
  });

  test.concurrent('a lost answer at any call of IAM leaves one key, and its secret is had', async (t) => {
    const { tenant, user, userKeys } = await keyHolderRig(eyrie, t);
    for (const operation of ['CreatePolicy', 'CreateUser', 'AttachUserPolicy', 'CreateAccessKey']) {
      await tenant.account.faults({ service: 'iam', operation, fault: 'lost-answer' });
    }
    const secret = await userKeys.create(user, null);
    expect(await keysIn(tenant)).toEqual([secret.accessKeyId]);
    await s3As(tenant, secret).send(new HeadBucketCommand({ Bucket: user.bucket }));
  });
});

test.concurrent('system keys: made for the first task, rotated in time, an orphan and one that was switched off replaced', async (t) => {
  const { tenant, user, systemKeys, lookAfter, iam, iamUser } = await keyHolderRig(eyrie, t);
  const { userId } = user;
  const first = await systemKeys.newestForwardable(userId);
  if (!first) throw new Error('no key');
  const Key = 'funnel-temp-files/x';
  await s3As(tenant, first).send(new PutObjectCommand({ Bucket: user.bucket, Key, Body: 'x' }));
  expect(await systemKeys.newestForwardable(userId)).toEqual(first);

  const half = new Date(Date.now() + KEY_LIFE_MS / 2).toISOString();
  await lookAfter('system', half);
  const second = await systemKeys.newestForwardable(userId);
  expect(second?.accessKeyId).not.toBe(first.accessKeyId);
  expect(await keysIn(tenant)).toHaveLength(2);
  await s3As(tenant, first).send(new HeadBucketCommand({ Bucket: user.bucket }));

  const UserName = `${iamUser}-bot`;
  await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: second?.accessKeyId, Status: 'Inactive' }));
  await lookAfter('system');
  await iam.send(new CreateAccessKeyCommand({ UserName }));
  await lookAfter('system');
  expect(await keysIn(tenant)).toEqual([first.accessKeyId]);
  expect(await systemKeys.newestForwardable(userId)).toEqual(first);
  await lookAfter('system', half);
  expect(await keysIn(tenant)).toHaveLength(2);
  expect(await systemKeys.newestForwardable(userId)).not.toEqual(first);
});

test.concurrent('no secret stands in a record', async (t) => {
  const { user, userKeys, systemKeys, recordOf } = await keyHolderRig(eyrie, t);
  const secrets = [await userKeys.create(user, null), await systemKeys.newestForwardable(user.userId)];
  for (const role of ['user', 'system'] as const) {
    const found = await recordOf(role);
    expect(found?.keys).toHaveLength(1);
    for (const secret of secrets) expect(JSON.stringify(found)).not.toContain(secret?.secretAccessKey);
  }
});
