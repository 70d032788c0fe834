/**
 * May the control bucket be used? A simulation of the role's rights knows nothing of the bucket's own policy, so its objects
 * are asked for, in ways that change nothing.
 */
import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Aws } from '#aws/clients.ts';
import { isAwsCode } from '#aws/errors.ts';
import type { Config } from '#config/schema.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf } from '#domain/core/failures.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';

const { ok, problem, unknown } = sayingOf('aws');

const TODO =
  'renew the worker’s role and the policy of the bucket, which names it (`eyrie bootstrap --apply`); whoever is not the worker asks as the worker, by aws.assumeRole';

/** No object has this version, so S3 refuses to write over it, once it has looked at the rights. */
const NO_VERSION = '"00000000000000000000000000000000"';

export const checkBucketAccess = async (
  aws: Pick<Aws, 's3'>,
  home: AccountRef,
  { controlBucket: Bucket }: Pick<Config['aws'], 'controlBucket'>,
): Promise<readonly Finding[]> => {
  const s3 = aws.s3(home);
  const absent = { Bucket, Key: `intents/eyrie-doctor/${randomUUID()}` };
  return await Promise.all([
    may('list', () => s3.send(new ListObjectsV2Command({ Bucket, Prefix: absent.Key, MaxKeys: 1 }))),
    may('read', () => s3.send(new GetObjectCommand(absent))),
    may('write', () => s3.send(new PutObjectCommand({ ...absent, Body: 'nothing', IfMatch: NO_VERSION }))),
    may('delete', () => s3.send(new DeleteObjectCommand(absent))),
  ]);
};

const may = async (what: string, ask: () => Promise<unknown>): Promise<Finding> => {
  const check = `control bucket: ${what}`;
  try {
    await ask();
  } catch (error) {
    if (codeOf(error) === 'Denied') return problem(check, messageOf(error), TODO);
    if (!isAwsCode(error, 'NoSuchKey', 'NotFound', 'PreconditionFailed')) return unknown(check, messageOf(error));
  }
  return ok(check, 'is allowed');
};
