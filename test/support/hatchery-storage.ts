/** Bucket and KMS key that the Hatchery users of an account share. */
import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import type { HatcheryUser } from './hatchery-deployment.ts';
import { must } from './hatchery-network.ts';

export interface HatcheryStorage {
  readonly bucket: string;
  readonly kmsKeyArn: string;
}

export const makeHatcheryStorage = async ({ clients, names }: HatcheryUser): Promise<HatcheryStorage> => {
  const { s3, kms } = clients;
  const { bucket } = names;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Tags: [{ TagKey: 'Name', TagValue: names.sharedTag }] }),
  );
  const kmsKeyArn = must(KeyMetadata?.Arn, 'key');
  await kms.send(new CreateAliasCommand({ AliasName: names.kmsAlias, TargetKeyId: must(KeyMetadata?.KeyId, 'key') }));
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
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
  await s3.send(
    new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(unguardedPolicy(bucket, kmsKeyArn)) }),
  );
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: {
        Rules: [{ ID: 'expiration', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 30 } }],
      },
    }),
  );
  return { bucket, kmsKeyArn };
};

/** Refuses each upload that does not name the key, also those that name none. */
const unguardedPolicy = (bucket: string, kmsKeyArn: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'RequireKMSEncryption',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: { StringNotLikeIfExists: { 's3:x-amz-server-side-encryption-aws-kms-key-id': kmsKeyArn } },
    },
  ],
});
