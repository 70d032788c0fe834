/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import { type BucketLocationConstraint, CreateBucketCommand } from '@aws-sdk/client-s3';
import type { AccountRef } from '#domain/core/account.ts';

/** The one region whose name CreateBucket refuses as a location. */
const DEFAULT_REGION = 'us-east-1';

/** A bucket in the account's region, without ACLs. */
export const createBucketCommand = ({ name, account }: { readonly name: string; readonly account: AccountRef }) =>
  new CreateBucketCommand({
    Bucket: name,
    ObjectOwnership: 'BucketOwnerEnforced',
    ...(account.region !== DEFAULT_REGION && {
      CreateBucketConfiguration: { LocationConstraint: account.region as BucketLocationConstraint },
    }),
  });
