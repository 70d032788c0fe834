/**
 * One call's worth of versions deleted. S3 answers for each key by itself: those that it could not delete at the moment
 * are tried again, those that it refuses are told.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteObjectsCommand, type _Error as KeyError, type S3Client } from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import type { Refused } from '#domain/resources/emptying.ts';

export interface Version {
  readonly key: string;
  /** `null` in words, where the bucket never had versions. */
  readonly version: string;
}

const TRIES = 4;
const PASSING = /^(InternalError|ServiceUnavailable|SlowDown|RequestTimeout|OperationAborted|Throttling.*)$/;

export interface BucketAt {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

interface Deletion {
  readonly s3: AwsClient<S3Client>;
  readonly at: BucketAt;
  /** At most 1,000. */
  readonly versions: readonly Version[];
  /** Before the second try; doubled before each one after it. */
  readonly pauseMs: number;
}

/** Those that are still there, and why. @throws a classified failure where the call itself failed */
export const deleteVersions = async ({ s3, at, versions, pauseMs }: Deletion): Promise<readonly Refused[]> => {
  let left = versions;
  const refused: Refused[] = [];
  for (let nth = 1; left.length > 0; nth += 1) {
    const Objects = left.map(({ key, version }) => ({ Key: key, VersionId: version }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ ...at, Delete: { Objects, Quiet: true } }));
    const again = nth < TRIES ? Errors.filter(({ Code = '' }) => PASSING.test(Code)) : [];
    refused.push(...Errors.filter((error) => !again.includes(error)).map(told));
    left = again.map(({ Key = '', VersionId = 'null' }) => ({ key: Key, version: VersionId }));
    if (left.length > 0) await pause(pauseMs * 2 ** (nth - 1));
  }
  return refused;
};

const told = ({ Key = '', VersionId, Code = '', Message = '' }: KeyError): Refused => ({
  key: Key,
  version: VersionId ?? null,
  why: `${Code}: ${Message}`,
});
