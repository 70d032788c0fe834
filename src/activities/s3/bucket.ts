/**
 * A bucket that all owners of an environment share: a prefix each. Objects are never removed here.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { isNotFound } from '#aws/errors.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import type { Made } from '#domain/core/ownership.ts';
import type { BucketSpec } from '#domain/resources/storage.ts';
import type { ActivityDeps } from '../deps.ts';
import { whenVisible } from '../shared/visible.ts';
import { convergeBucket } from './bucket-settings.ts';
import { createBucketCommand } from './create-bucket.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

export const bucketActivities = (deps: Deps) => {
  const s3 = ({ account }: BucketSpec) => deps.aws.s3(account);

  /** @throws Conflict where the name is taken by another account, or by this one in another region. */
  const exists = async (spec: BucketSpec): Promise<boolean> => {
    const { account, name } = spec;
    try {
      const { BucketRegion = account.region } = await s3(spec).send(
        new HeadBucketCommand({ Bucket: name, ExpectedBucketOwner: account.accountId }),
      );
      if (BucketRegion === account.region) return true;
      throw elsewhere(spec, BucketRegion);
    } catch (error) {
      if (isNotFound(error)) return false;
      if (codeOf(error) === 'Denied') {
        throw fail('Conflict', `bucket ${name} belongs to another account, or may not be read`, {}, error as Error);
      }
      if (codeOf(error) === 'Invalid') throw elsewhere(spec, 'another region');
      throw error;
    }
  };

  const elsewhere = ({ account, name }: BucketSpec, region: string) =>
    fail(
      'Conflict',
      `bucket ${name} lives in ${region}, not in ${account.region}: an environment has one region per account`,
    );

  const create = async (spec: BucketSpec): Promise<void> => {
    try {
      await s3(spec).send(createBucketCommand(spec));
    } catch (error) {
      // Ours already: an earlier try made it, and the look before did not see it yet.
      if (codeOf(error) !== 'AlreadyExists') throw error;
    }
  };

  return {
    /**
     * Encrypted by the key, closed to the public, TLS only, expiring; each setting is written only where it differs.
     * @throws Conflict where the bucket is foreign.
     */
    async ensureBucket(spec: BucketSpec, kmsKeyArn: string): Promise<{ made: Made }> {
      const { name } = spec;
      if (!(await exists(spec))) await create(spec);
      await whenVisible(`bucket ${name}`, deps, () => convergeBucket(s3(spec), spec, kmsKeyArn));
      return { made: { type: 'AWS::S3::Bucket', id: name, name, origin: 'shared' } };
    },
  };
};
