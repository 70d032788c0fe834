/** Makes a user's bucket where it is missing. The data path never makes one. */
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { S3Error } from './errors.ts';
import type { S3UpstreamOptions } from './options.ts';

export interface BucketSetup {
  /** @throws S3Error AccessDenied when the name belongs to somebody else, ServiceUnavailable */
  ensureBucket(bucket: string): Promise<void>;
}

type SetupOptions = Pick<S3UpstreamOptions, 'endpoint' | 'region' | 'style' | 'credentials'> & {
  /** Account that owns the buckets: a bucket of the same name in another account is not adopted. */
  readonly bucketOwner?: string | undefined;
};

export const createBucketSetup = ({ endpoint, region, style, credentials, bucketOwner }: SetupOptions): BucketSetup => {
  const isAws = /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: (style ?? (isAws ? 'virtual' : 'path')) === 'path',
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await credentials();
      return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), ...(expiration && { expiration }) };
    },
  });
  const owner = bucketOwner === undefined ? {} : { ExpectedBucketOwner: bucketOwner };

  return {
    async ensureBucket(bucket) {
      try {
        await s3.send(new HeadBucketCommand({ Bucket: bucket, ...owner }));
        return;
      } catch (error) {
        if (statusOf(error) === 403)
          throw new S3Error('AccessDenied', 'The name of the bucket is taken by another account.');
        if (statusOf(error) !== 404) throw unavailable(error);
      }
      // us-east-1 is the one region that must not be named.
      const configuration =
        region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } };
      try {
        await s3.send(new CreateBucketCommand({ Bucket: bucket, ...configuration }));
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (name === 'BucketAlreadyOwnedByYou') return;
        if (name === 'BucketAlreadyExists')
          throw new S3Error('AccessDenied', 'The name of the bucket is taken by another account.');
        throw unavailable(error);
      }
    },
  };
};

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

const unavailable = (cause: unknown): S3Error =>
  Object.assign(new S3Error('ServiceUnavailable', 'The storage does not answer.'), { cause });
