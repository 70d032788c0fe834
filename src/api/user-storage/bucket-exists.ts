import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { isNotFound } from '#aws/errors.ts';
import { codeOf } from '#domain/core/failures.ts';

/** Is there a bucket of this name in Eyrie's own account? Another account's is none. */
export const createBucketExists =
  (s3: Pick<S3Client, 'send'>, ownAccountId: () => Promise<string>) =>
  async (bucket: string): Promise<boolean> => {
    try {
      await s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: await ownAccountId() }));
      return true;
    } catch (error) {
      if (isNotFound(error) || codeOf(error) === 'Denied') return false;
      throw error;
    }
  };
