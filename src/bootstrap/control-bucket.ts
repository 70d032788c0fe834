/**
 * The control bucket: private, encrypted, TLS only, without versions (a destroyed seal must be gone), open to worker and
 * API alone. Nothing in it is ever touched here.
 */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { sameDocument } from '#activities/iam/documents.ts';
import { closeToPublic, enforceOwnership, setting } from '#activities/s3/bucket-parts.ts';
import { lifecycleMeaning } from '#activities/s3/bucket-settings.ts';
import { createBucketCommand } from '#activities/s3/create-bucket.ts';
import { adopt } from '#activities/shared/adopt.ts';
import { holdsWhatWasSent } from '#activities/shared/sent.ts';
import type { AwsClient } from '#aws/clients.ts';
import { isAwsCode } from '#aws/errors.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { type SharedOwner, type Tags, tagList, tagsOf } from '#domain/core/ownership.ts';
import { renderPolicy } from '#domain/resources/policy-document.ts';
import { CONTROL_BUCKET_RULES } from './lifecycle.ts';
import type { ControlBucketPlan } from './plan.ts';

type S3 = AwsClient<S3Client>;

interface At {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

/** @throws Conflict where the bucket is another account's, or not this environment's: nothing is written then */
export const ensureControlBucket = async (
  s3: S3,
  { name, policy }: ControlBucketPlan,
  { account, owner }: { readonly account: AccountRef; readonly owner: SharedOwner },
): Promise<void> => {
  const at = { Bucket: name, ExpectedBucketOwner: account.accountId };
  const tags = (await tagsNow(s3, at)) ?? (await create(s3, at, account));
  await takeOver(s3, at, tags, owner);
  await closeToPublic(s3, at);
  await enforceOwnership(s3, at);
  await encrypt(s3, at);
  await keepNoVersions(s3, at);
  await expire(s3, at);
  const text = renderPolicy(policy);
  const found = (await setting(s3.send(new GetBucketPolicyCommand(at))))?.Policy;
  if (found === undefined || !sameDocument(found, text)) {
    await s3.send(new PutBucketPolicyCommand({ ...at, Policy: text }));
  }
};

/** Undefined where there is no such bucket. */
const tagsNow = async (s3: S3, at: At): Promise<Tags | undefined> => {
  try {
    return tagsOf((await setting(s3.send(new GetBucketTaggingCommand(at))))?.TagSet);
  } catch (error) {
    if (isAwsCode(error, 'NoSuchBucket')) return undefined;
    if (codeOf(error) !== 'Denied') throw error;
    throw fail('Conflict', `bucket ${at.Bucket} is another account's, or may not be read`, {}, error as Error);
  }
};

const create = async (s3: S3, at: At, account: AccountRef): Promise<Tags> => {
  try {
    await s3.send(createBucketCommand({ name: at.Bucket, account }));
  } catch (error) {
    // The look before did not see yet what an earlier try has made.
    if (!isAwsCode(error, 'BucketAlreadyOwnedByYou')) throw error;
  }
  return {};
};

/** CreateBucket takes no tags: a bucket without any, and with nothing in it, is what a try that broke off has left. */
const takeOver = async (s3: S3, at: At, tags: Tags, owner: SharedOwner): Promise<void> => {
  const isBlank = Object.keys(tags).length === 0 && (await isEmpty(s3, at));
  const what = `bucket ${at.Bucket}`;
  const lacking = adopt({ what, tags }, { owner, tags: {}, adoptable: isBlank ? { tags: {} } : 'never' });
  if (Object.keys(lacking).length === 0) return;
  await s3.send(new PutBucketTaggingCommand({ ...at, Tagging: { TagSet: tagList({ ...tags, ...lacking }) } }));
};

const isEmpty = async (s3: S3, at: At): Promise<boolean> =>
  ((await s3.send(new ListObjectsV2Command({ ...at, MaxKeys: 1 }))).KeyCount ?? 0) === 0;

/** Any encryption will do: what is secret is sealed before it gets here. */
const encrypt = async (s3: S3, at: At): Promise<void> => {
  const found = await setting(s3.send(new GetBucketEncryptionCommand(at)));
  if ((found?.ServerSideEncryptionConfiguration?.Rules ?? []).length > 0) return;
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }];
  await s3.send(new PutBucketEncryptionCommand({ ...at, ServerSideEncryptionConfiguration: { Rules } }));
};

const keepNoVersions = async (s3: S3, at: At): Promise<void> => {
  const { Status } = await s3.send(new GetBucketVersioningCommand(at));
  if (Status !== 'Enabled') return;
  await s3.send(new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Suspended' } }));
};

/** Rules of others stay. */
const expire = async (s3: S3, at: At): Promise<void> => {
  const found = (await setting(s3.send(new GetBucketLifecycleConfigurationCommand(at))))?.Rules ?? [];
  const isOurs = ({ ID }: { readonly ID?: string | undefined }) => CONTROL_BUCKET_RULES.some((rule) => rule.ID === ID);
  const ours = found.filter(isOurs);
  if (holdsWhatWasSent(CONTROL_BUCKET_RULES.map(lifecycleMeaning), ours.map(lifecycleMeaning))) return;
  const Rules = [...found.filter((rule) => !isOurs(rule)), ...CONTROL_BUCKET_RULES];
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules } }));
};
