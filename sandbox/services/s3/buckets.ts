/**
 * Who owns which bucket, and what hangs on it: one table for all accounts, since names are unique over all of them.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */

import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The policy as it was given, and parsed. */
  policyText?: string | undefined;
  policy?: unknown;
  /** `aws:kms` by default: with this key, or with AWS's own where none is named. */
  kms?: { readonly keyId?: string } | undefined;
  /** ACLs are off unless the bucket's owner turned them on. */
  ownership: string;
}

export interface Buckets {
  find(name: string): Bucket | undefined;
  /** @throws NoSuchBucket */
  mustFind(name: string): Bucket;
  add(bucket: Bucket): void;
  remove(name: string): void;
}

const noSuchBucket = (name: string): AwsError =>
  new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });

export const createBuckets = (): Buckets => {
  const buckets = new Map<string, Bucket>();
  return {
    find: (name) => buckets.get(name),
    mustFind(name) {
      const found = buckets.get(name);
      if (!found) throw noSuchBucket(name);
      return found;
    },
    add: (bucket) => void buckets.set(bucket.name, bucket),
    remove: (name) => void buckets.delete(name),
  };
};

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED = [/^xn--/, /^sthree-/, /^amzn-s3-demo-/, /-s3alias$/, /--ol-s3$/, /\.mrap$/, /--x-s3$/, /--table-s3$/];

/** @throws InvalidBucketName */
export const checkBucketName = (name: string): void => {
  const sound = NAME.test(name) && !name.includes('..') && !IP_ADDRESS.test(name);
  if (sound && !RESERVED.some((pattern) => pattern.test(name))) return;
  throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
};

/** Operations that find a bucket wherever it is. */
const ANYWHERE: ReadonlySet<string> = new Set(['CreateBucket', 'GetBucketLocation', 'HeadBucket']);

/** @throws AuthorizationHeaderMalformed, AccessDenied */
export const checkAddress = (call: Call, bucket: Bucket): void => {
  if (!ANYWHERE.has(call.operation) && call.region !== bucket.region) {
    throw new AwsError(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${call.region}' is wrong; expecting '${bucket.region}'`,
      400,
      { Region: bucket.region },
    );
  }
  const expected = call.request.headers['x-amz-expected-bucket-owner'];
  if (expected !== undefined && expected !== bucket.account) throw new AwsError('AccessDenied', 'Access Denied', 403);
};
