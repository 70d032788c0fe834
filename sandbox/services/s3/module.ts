/**
 * S3 as AWS sets it up and guards it, over moto: bucket policies, owners, defaults of new buckets, digests, conditional
 * writes and the state of encryption keys.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */

import type { Rule } from '../../core/call.ts';
import { createLocks } from '../../core/locks.ts';
import { textOf } from '../../core/params.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { s3Actions } from './actions.ts';
import { checkAddress, createBuckets } from './buckets.ts';
import { createS3Inventory } from './inventory.ts';
import { missingRules } from './missing.ts';
import { objectRules } from './objects.ts';
import { policyRules } from './policy.ts';
import { bucketRules } from './settings.ts';

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

/** The root of the bucket's account can always repair its policy. */
const ROOT_REPAIRS: ReadonlySet<string> = new Set(['GetBucketPolicy', 'PutBucketPolicy', 'DeleteBucketPolicy']);

const passOn: Rule = (_, forward) => forward();

export const createS3 = (world: World): ServiceModule => {
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
    actions: s3Actions,
    ownerOf(call, arn) {
      const name = arn.split(':').slice(5).join(':').split('/')[0] ?? '';
      // Whoever asks for a new bucket asks in an account of their own; that the name is taken is no question of rights.
      const bucket = call.operation === 'CreateBucket' ? undefined : buckets.find(name);
      if (!bucket) return { account: call.account };
      return { account: bucket.account, policy: bucket.policy, bindsRoot: !ROOT_REPAIRS.has(call.operation) };
    },
    errors: {
      throttle: ['SlowDown', 503, 'Please reduce your request rate.'],
      denied: ['AccessDenied', 403, 'Access Denied'],
      internal: ['InternalError', 500, 'We encountered an internal error. Please try again.'],
    },
  };
};
