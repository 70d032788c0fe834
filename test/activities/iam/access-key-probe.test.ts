import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import { userActivities } from '#activities/iam/user.ts';
import { attempt, complete, planFor } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { accessKeyRig } from './access-key-rig.ts';

const withPolicy = async (rig: Awaited<ReturnType<typeof accessKeyRig>>) => {
  const { policy, user } = planFor(rig)['client-user'];
  const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [policy, 'arn:aws:kms:us-east-1:1:key/1']);
  await attempt(userActivities(rig.deps).ensureUser, [{ ...user, tags: {} }, [arn]]);
  await new S3Client(rig.account.client).send(new CreateBucketCommand({ Bucket: planFor(rig).foundation.bucket.name }));
};

test('a fresh key is waited for until it works three times in a row', async (t) => {
  const rig = await accessKeyRig(t);
  await withPolicy(rig);
  const { accessKeyId } = await attempt(rig.ensureAccessKey, [rig.spec]);
  await rig.account.faults({ service: 'batch', operation: 'DescribeJobQueues', skip: 1, fault: 'denied' });
  await expect(attempt(rig.awaitAccessKeyUsable, [rig.spec, accessKeyId])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(rig.awaitAccessKeyUsable, rig.spec, accessKeyId);
  const used = (await rig.account.journal()).filter((call) => call.accessKeyId === accessKeyId);
  expect(used.filter(({ status, operation }) => status === 200 && operation === 'ListObjectsV2')).toHaveLength(5);
});

test('a key that is slow to be known everywhere gets there', async (t) => {
  const rig = await accessKeyRig(t);
  await withPolicy(rig);
  await rig.account.scale(1);
  const { accessKeyId } = await attempt(rig.ensureAccessKey, [rig.spec]);
  await expect(attempt(rig.awaitAccessKeyUsable, [rig.spec, accessKeyId])).rejects.toMatchObject({ type: 'NotYet' });
  await rig.account.pass(HOUR_MS);
  await complete(rig.awaitAccessKeyUsable, rig.spec, accessKeyId);
});

test('a refusal that lasts is one, and names the call', async (t) => {
  const rig = await accessKeyRig(t);
  await new S3Client(rig.account.client).send(new CreateBucketCommand({ Bucket: planFor(rig).foundation.bucket.name }));
  const { accessKeyId } = await attempt(rig.ensureAccessKey, [rig.spec]);
  const failure = complete(rig.awaitAccessKeyUsable, rig.spec, accessKeyId);
  await expect(failure).rejects.toMatchObject({ type: 'Denied' });
  await expect(failure).rejects.toThrow('ListObjectsV2');
  await expect(attempt(rig.awaitAccessKeyUsable, [rig.spec, 'AKIAOTHER'])).rejects.toMatchObject({ type: 'NotFound' });
});
