/**
 * The properties of a bucket that one owner has for itself, one by one: each is read first and written only where it
 * differs, and of lists only our own members are changed. Each call names the account that has to own the bucket.
 */
import {
  type CORSRule,
  DeleteBucketCorsCommand,
  DeleteBucketEncryptionCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import { type Tags, tagList, tagsOf } from '#domain/core/ownership.ts';
import { withKmsKey } from '#domain/resources/policy-document.ts';
import type { BucketKey, OwnBucketSpec } from '#domain/resources/storage.ts';
import { sameDocument } from '../iam/documents.ts';
import { adopt } from '../shared/adopt.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';
import { closeToPublic, enforceOwnership, setting } from './bucket-parts.ts';
import { lifecycleMeaning } from './bucket-settings.ts';

type S3 = AwsClient<S3Client>;

interface At {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

/**
 * Tags first: they are what says whether the bucket may be touched at all.
 * @param tags as they are, or as they count: a bucket that this run has made a moment ago carries none yet
 * @throws Conflict where it is foreign.
 */
export const convergeOwnBucket = async (s3: S3, spec: OwnBucketSpec, key: BucketKey, tags: Tags): Promise<void> => {
  const at = { Bucket: spec.name, ExpectedBucketOwner: spec.account.accountId };
  await convergeTags(s3, at, spec, tags);
  await closeToPublic(s3, at);
  await enforceOwnership(s3, at);
  if (key.arn !== null) await encryptWith(s3, at, key.arn);
  else if (key.formerArn !== null) await encryptNoMore(s3, at, key.formerArn);
  await convergeLifecycle(s3, at, spec);
  if (spec.versioning) await turnVersionsOn(s3, at);
  await convergePolicy(s3, at, spec, key);
  await convergeCors(s3, at, spec.corsOrigins);
};

const convergeTags = async (s3: S3, at: At, spec: OwnBucketSpec, counted: Tags): Promise<void> => {
  const wanted = { ...counted, ...adopt({ what: `bucket ${spec.name}`, tags: counted }, spec) };
  const found = tagsOf((await setting(s3.send(new GetBucketTaggingCommand(at))))?.TagSet);
  if (Object.entries(wanted).every(([name, value]) => found[name] === value)) return;
  // The whole set is replaced by one call.
  await s3.send(new PutBucketTaggingCommand({ ...at, Tagging: { TagSet: tagList({ ...found, ...wanted }) } }));
};

const encryptionOf = async (s3: S3, at: At) =>
  (await setting(s3.send(new GetBucketEncryptionCommand(at))))?.ServerSideEncryptionConfiguration?.Rules?.[0];

const encryptWith = async (s3: S3, at: At, keyArn: string): Promise<void> => {
  const found = await encryptionOf(s3, at);
  const wanted = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn },
    BucketKeyEnabled: true,
  };
  if (holdsWhatWasSent(wanted, found)) return;
  await s3.send(
    new PutBucketEncryptionCommand({ ...at, ServerSideEncryptionConfiguration: { Rules: [{ ...found, ...wanted }] } }),
  );
};

/** Only where it is the key of ours that was the default: another one is somebody else's wish. */
const encryptNoMore = async (s3: S3, at: At, formerArn: string): Promise<void> => {
  const found = await encryptionOf(s3, at);
  if (found?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID !== formerArn) return;
  await s3.send(new DeleteBucketEncryptionCommand(at));
};

const EXPIRY_ID = /^ExpireAllAfter\d+Days$/;
const UPLOADS_ID = /^AbortUploadsAfter\d+Days$/;

const ownRules = ({ expirationDays, nonCurrentDays, abortUploadsDays }: OwnBucketSpec): LifecycleRule[] => [
  {
    ID: `ExpireAllAfter${expirationDays}Days`,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    Expiration: { Days: expirationDays },
    NoncurrentVersionExpiration: { NoncurrentDays: nonCurrentDays },
  },
  // Parts of uploads that were never completed are paid for and shown nowhere.
  {
    ID: `AbortUploadsAfter${abortUploadsDays}Days`,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadsDays },
  },
];

const convergeLifecycle = async (s3: S3, at: At, spec: OwnBucketSpec): Promise<void> => {
  const wanted = ownRules(spec);
  const found = (await setting(s3.send(new GetBucketLifecycleConfigurationCommand(at))))?.Rules ?? [];
  const isOurs = ({ ID = '' }: LifecycleRule): boolean => EXPIRY_ID.test(ID) || UPLOADS_ID.test(ID);
  const [ours, others] = [found.filter(isOurs), found.filter((rule) => !isOurs(rule))];
  if (holdsWhatWasSent(wanted.map(lifecycleMeaning), ours.map(lifecycleMeaning))) return;
  const Rules = [...others, ...wanted];
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules } }));
};

const turnVersionsOn = async (s3: S3, at: At): Promise<void> => {
  const { Status } = await s3.send(new GetBucketVersioningCommand(at));
  if (Status === 'Enabled') return;
  await s3.send(new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Enabled' } }));
};

interface Statement {
  readonly Sid?: string;
}

interface Document {
  readonly Version?: string;
  readonly Statement?: Statement | readonly Statement[];
}

const statementsOf = ({ Statement = [] }: Document): readonly Statement[] =>
  'length' in Statement ? Statement : [Statement];

const convergePolicy = async (s3: S3, at: At, spec: OwnBucketSpec, { arn }: BucketKey): Promise<void> => {
  const found = (await setting(s3.send(new GetBucketPolicyCommand(at))))?.Policy;
  const ours = JSON.parse(arn === null ? spec.policy : withKmsKey(spec.policy, arn)) as Document;
  const before: Document = found === undefined ? {} : (JSON.parse(found) as Document);
  const others = statementsOf(before).filter(({ Sid = '' }) => !spec.policySids.includes(Sid));
  const wanted = JSON.stringify({ ...before, ...ours, Statement: [...others, ...statementsOf(ours)] });
  if (found !== undefined && sameDocument(found, wanted)) return;
  await s3.send(new PutBucketPolicyCommand({ ...at, Policy: wanted }));
};

const CORS_ID = 'eyrie-commons';

const corsRule = (origins: readonly string[]): CORSRule => ({
  ID: CORS_ID,
  AllowedOrigins: [...origins],
  AllowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag', 'x-amz-request-id', 'x-amz-version-id'],
  MaxAgeSeconds: 600,
});

const convergeCors = async (s3: S3, at: At, origins: readonly string[]): Promise<void> => {
  const found = (await setting(s3.send(new GetBucketCorsCommand(at))))?.CORSRules ?? [];
  const others = found.filter(({ ID }) => ID !== CORS_ID);
  const ours = found.filter(({ ID }) => ID === CORS_ID);
  const wanted = origins.length > 0 ? [corsRule(origins)] : [];
  if (holdsWhatWasSent(wanted, ours)) return;
  const CORSRules = [...others, ...wanted];
  if (CORSRules.length === 0) await s3.send(new DeleteBucketCorsCommand(at));
  else await s3.send(new PutBucketCorsCommand({ ...at, CORSConfiguration: { CORSRules } }));
};
