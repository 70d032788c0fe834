/** What every bucket has, whoever owns it. Each is read first: a write that changes nothing still shows in the audit log. */
import {
  GetBucketOwnershipControlsCommand,
  GetPublicAccessBlockCommand,
  PutBucketOwnershipControlsCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import { isAwsCode, isNotFound } from '#aws/errors.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';

type S3 = AwsClient<S3Client>;

interface At {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string;
}

/** A setting that was never made is answered by "not found"; a bucket that isn't there is not. */
export const setting = async <T>(read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error) && !isAwsCode(error, 'NoSuchBucket')) return undefined;
    throw error;
  }
};

export const closeToPublic = async (s3: S3, at: At): Promise<void> => {
  const wanted = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  const found = await setting(s3.send(new GetPublicAccessBlockCommand(at)));
  if (holdsWhatWasSent(wanted, found?.PublicAccessBlockConfiguration)) return;
  await s3.send(new PutPublicAccessBlockCommand({ ...at, PublicAccessBlockConfiguration: wanted }));
};

/** ACLs count no more. */
export const enforceOwnership = async (s3: S3, at: At): Promise<void> => {
  const found = await setting(s3.send(new GetBucketOwnershipControlsCommand(at)));
  if (found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced') return;
  const Rules = [{ ObjectOwnership: 'BucketOwnerEnforced' as const }];
  await s3.send(new PutBucketOwnershipControlsCommand({ ...at, OwnershipControls: { Rules } }));
};
