/**
 * S3 as AWS sets it up and guards it, over moto: bucket policies, owners, defaults of new buckets, digests, conditional
 * writes and the state of encryption keys.
 */
import { createLocks } from '../../core/locks.ts';
import { textOf } from '../../core/params.ts';
import type { Rule, ServiceModule, World } from '../../core/rule.ts';
import { type Bucket, checkAddress, createBuckets } from './buckets.ts';
import { createS3Inventory } from './inventory.ts';
import { missingRules } from './missing.ts';
import { objectRules } from './objects.ts';
import { policyRules } from './policy.ts';
import { bucketRules } from './settings.ts';

export interface S3Module extends ServiceModule {
  readonly service: 's3';
  /** Who owns a bucket, and its policy; undefined when there is no such bucket. */
  ownerOf(bucket: string): Pick<Bucket, 'account' | 'policy'> | undefined;
}

/** Without rules of their own, but a bucket of another account has to be looked for in that account. */
const PLAIN = [
  'AbortMultipartUpload',
  'DeleteBucketCors',
  'DeleteBucketLifecycle',
  'DeleteBucketTagging',
  'DeleteObject',
  'DeleteObjectTagging',
  'DeletePublicAccessBlock',
  'GetBucketAcl',
  'GetBucketCors',
  'GetBucketEncryption',
  'GetBucketLifecycleConfiguration',
  'GetBucketLocation',
  'GetBucketLogging',
  'GetBucketNotificationConfiguration',
  'GetBucketOwnershipControls',
  'GetBucketTagging',
  'GetBucketVersioning',
  'GetObjectAcl',
  'GetObjectAttributes',
  'GetObjectTagging',
  'GetPublicAccessBlock',
  'HeadBucket',
  'ListMultipartUploads',
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'ListParts',
  'PutBucketCors',
  'PutBucketLifecycleConfiguration',
  'PutBucketLogging',
  'PutBucketNotificationConfiguration',
  'PutBucketTagging',
  'PutBucketVersioning',
  'PutObjectTagging',
  'PutPublicAccessBlock',
] as const;

const passOn: Rule = (_, forward) => forward();

export const createS3 = (world: World): S3Module => {
  const buckets = createBuckets();
  const locks = createLocks();

  /** Looks where the bucket is, and goes on in the account that owns it. */
  const addressed =
    (rule: Rule): Rule =>
    async (call, forward) => {
      const bucket = buckets.find(textOf(call.params, 'Bucket'));
      if (!bucket) return rule(call, forward);
      checkAddress(call, bucket);
      if (bucket.account === call.account || call.operation === 'CreateBucket') return rule(call, forward);
      return rule(call, (changed) => forward({ ...changed, account: bucket.account }));
    };

  const rules: Record<string, Rule> = {
    ...missingRules,
    ...Object.fromEntries(PLAIN.map((operation) => [operation, passOn])),
    ...bucketRules(world, buckets, locks),
    ...policyRules(world, buckets),
    ...objectRules(world, buckets),
  };
  return {
    service: 's3',
    rules: Object.fromEntries(Object.entries(rules).map(([operation, rule]) => [operation, addressed(rule)])),
    inventory: createS3Inventory(world, buckets),
    ownerOf: (bucket) => buckets.find(bucket),
  };
};
