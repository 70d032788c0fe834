/** The settings of the bucket. Each is read first: a write that changes nothing still shows in the account's audit log. */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import { tagList, tagsOf } from '#domain/core/ownership.ts';
import { withKmsKey } from '#domain/resources/policy-document.ts';
import type { BucketSpec } from '#domain/resources/storage.ts';
import { sameDocument } from '../iam/documents.ts';
import { adopt } from '../shared/adopt.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';
import { closeToPublic, enforceOwnership, setting } from './bucket-parts.ts';

/** Parts of uploads that were never completed are paid for and shown nowhere. */
const ABORT_UPLOADS_DAYS = 7;

type S3 = AwsClient<S3Client>;

/** Tags first: they are what says whether the bucket may be touched at all. @throws Conflict where it is foreign. */
export const convergeBucket = async (s3: S3, spec: BucketSpec, kmsKeyArn: string): Promise<void> => {
  const Bucket = spec.name;
  await convergeTags(s3, spec);
  await closeToPublic(s3, { Bucket });
  await enforceOwnership(s3, { Bucket });
  await convergeEncryption(s3, Bucket, kmsKeyArn);
  await convergeLifecycle(s3, Bucket, spec.expirationDays);
  await convergePolicy(s3, Bucket, withKmsKey(spec.policy, kmsKeyArn));
};

const convergeTags = async (s3: S3, spec: BucketSpec): Promise<void> => {
  const { name: Bucket } = spec;
  const found = tagsOf((await setting(s3.send(new GetBucketTaggingCommand({ Bucket }))))?.TagSet);
  const lacking = adopt({ what: `bucket ${Bucket}`, tags: found }, spec);
  if (Object.keys(lacking).length === 0) return;
  // The whole set is replaced by one call.
  const TagSet = tagList({ ...found, ...lacking });
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
};

const convergeEncryption = async (s3: S3, Bucket: string, kmsKeyArn: string): Promise<void> => {
  const found = await setting(s3.send(new GetBucketEncryptionCommand({ Bucket })));
  const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  if (SSEAlgorithm === 'aws:kms' && KMSMasterKeyID === kmsKeyArn && rule?.BucketKeyEnabled) return;
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKeyArn },
            BucketKeyEnabled: true,
          },
        ],
      },
    }),
  );
};

const convergeLifecycle = async (s3: S3, Bucket: string, expirationDays: number): Promise<void> => {
  const wanted: LifecycleRule[] = [
    { ID: 'expire-objects', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: expirationDays } },
    {
      ID: 'abort-uploads',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_UPLOADS_DAYS },
    },
  ];
  const found = await setting(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
  if (holdsWhatWasSent(wanted.map(lifecycleMeaning), found?.Rules?.map(lifecycleMeaning))) return;
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: wanted } }));
};

/** A rule for all objects is given back with an empty filter, an empty prefix, or neither. */
export const lifecycleMeaning = ({ Filter, Prefix, Expiration, ...rest }: LifecycleRule) => ({
  ...rest,
  prefix: Filter?.Prefix ?? Prefix ?? '',
  days: Expiration?.Days,
});

const convergePolicy = async (s3: S3, Bucket: string, policy: string): Promise<void> => {
  const found = await setting(s3.send(new GetBucketPolicyCommand({ Bucket })));
  if (found?.Policy !== undefined && sameDocument(found.Policy, policy)) return;
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy }));
};
