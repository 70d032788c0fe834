/**
 * Making, setting up and removing buckets: a new one is as private and as encrypted as AWS makes it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
import {
  DeleteBucketTaggingCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  type ServerSideEncryptionConfiguration,
} from '@aws-sdk/client-s3';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { Locks } from '../../core/locks.ts';
import { textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { type Bucket, type Buckets, checkBucketName } from './buckets.ts';

const SSE_S3: ServerSideEncryptionConfiguration = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
};

const ALL_BLOCKED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

const regionOf = (call: Call): string => {
  const configuration = (call.params.CreateBucketConfiguration ?? {}) as { LocationConstraint?: string };
  const given = configuration.LocationConstraint ?? '';
  return given === 'EU' ? 'eu-west-1' : given || call.region;
};

export const bucketRules = (world: World, buckets: Buckets, locks: Locks): Record<string, Rule> => {
  const setDefaults = async ({ name, account, region, ownership }: Bucket): Promise<void> => {
    const s3 = world.moto(S3Client, account, region);
    await s3.send(new PutBucketEncryptionCommand({ Bucket: name, ServerSideEncryptionConfiguration: SSE_S3 }));
    await s3.send(new PutPublicAccessBlockCommand({ Bucket: name, PublicAccessBlockConfiguration: ALL_BLOCKED }));
    const Rules = [{ ObjectOwnership: ownership as 'BucketOwnerEnforced' }];
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: name, OwnershipControls: { Rules } }));
    // moto keeps the tags of a bucket that was deleted, and gives them to the next one of its name.
    await s3.send(new DeleteBucketTaggingCommand({ Bucket: name }));
  };

  const createBucket: Rule = (call, forward) => {
    const name = textOf(call.params, 'Bucket');
    checkBucketName(name);
    const ownership = call.request.headers['x-amz-object-ownership'] ?? 'BucketOwnerEnforced';
    const acl = call.request.headers['x-amz-acl'];
    if (ownership === 'BucketOwnerEnforced' && acl !== undefined && acl !== 'private') {
      throw new AwsError(
        'InvalidBucketAclWithObjectOwnership',
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
      );
    }
    return locks(`bucket ${name}`, async () => {
      const answer = await forward();
      if (answer.status >= 300 || buckets.find(name)) return answer;
      const bucket: Bucket = { name, account: call.account, region: regionOf(call), ownership };
      await setDefaults(bucket);
      buckets.add(bucket);
      return answer;
    });
  };

  const putEncryption: Rule = async (call, forward) => {
    const bucket = buckets.mustFind(textOf(call.params, 'Bucket'));
    const { Rules = [] } = (call.params.ServerSideEncryptionConfiguration ?? {}) as ServerSideEncryptionConfiguration;
    const { SSEAlgorithm = '', KMSMasterKeyID } = Rules[0]?.ApplyServerSideEncryptionByDefault ?? {};
    const isKms = SSEAlgorithm.startsWith('aws:kms');
    if (!isKms && KMSMasterKeyID !== undefined) {
      throw new AwsError(
        'InvalidArgument',
        'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      );
    }
    const answer = await forward();
    // S3 takes any key here; the first upload finds out whether it is one.
    if (answer.status < 300) bucket.kms = isKms ? { ...(KMSMasterKeyID && { keyId: KMSMasterKeyID }) } : undefined;
    return answer;
  };

  /** The default of a bucket is never nothing. */
  const deleteEncryption: Rule = async (call, forward) => {
    const bucket = buckets.mustFind(textOf(call.params, 'Bucket'));
    const answer = await forward();
    const s3 = world.moto(S3Client, bucket.account, bucket.region);
    await s3.send(new PutBucketEncryptionCommand({ Bucket: bucket.name, ServerSideEncryptionConfiguration: SSE_S3 }));
    bucket.kms = undefined;
    return answer;
  };

  const setOwnership: Rule = async (call, forward) => {
    const bucket = buckets.mustFind(textOf(call.params, 'Bucket'));
    const answer = await forward();
    const { Rules = [] } = (call.params.OwnershipControls ?? {}) as { Rules?: { ObjectOwnership?: string }[] };
    if (answer.status < 300) bucket.ownership = Rules[0]?.ObjectOwnership ?? 'ObjectWriter';
    return answer;
  };

  const deleteBucket: Rule = (call, forward) => {
    const name = textOf(call.params, 'Bucket');
    return locks(`bucket ${name}`, async () => {
      const answer = await forward();
      if (answer.status < 300) buckets.remove(name);
      return answer;
    });
  };

  return {
    CreateBucket: createBucket,
    DeleteBucket: deleteBucket,
    PutBucketEncryption: putEncryption,
    DeleteBucketEncryption: deleteEncryption,
    PutBucketOwnershipControls: setOwnership,
    DeleteBucketOwnershipControls: setOwnership,
  };
};
