/** What a key may do: work in its user's bucket, under the prefixes that task files lie under. */
import { type AccountRef, partitionOf } from '../core/account.ts';
import type { PolicyDocument } from '../resources/policy-document.ts';
import type { HolderRole } from './subject.ts';

const WORK_DIRECTORY = 'ga4gh-tes';
/** Where a TES server's workers keep what they need in between. */
const SCRATCH = 'funnel-temp-files';

export interface KeyPolicyParts {
  readonly bucket: string;
  readonly account: AccountRef;
  readonly role: HolderRole;
}

/**
 * As gen3-workflow has it, and what S3's clients need besides: HEAD of the bucket and a listing that names no prefix (they
 * carry no `s3:prefix`, and it is the user's own bucket), parts of uploads, tags, and HEAD of the work directory without
 * its slash, which is how Nextflow asks whether it exists.
 */
export const keyPolicy = ({ bucket, account, role }: KeyPolicyParts): PolicyDocument => {
  const { region, accountId } = account;
  const partition = partitionOf(region);
  const arn = `arn:${partition}:s3:::${bucket}`;
  const roots = role === 'system' ? [WORK_DIRECTORY, SCRATCH] : [WORK_DIRECTORY];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ListOwnWork',
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: arn,
        Condition: {
          StringLikeIfExists: { 's3:prefix': roots.flatMap((root) => [root, `${root}/`, `${root}/*`]) },
        },
      },
      { Sid: 'FindBucket', Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: arn },
      {
        Sid: 'OwnObjects',
        Effect: 'Allow',
        Action: [
          's3:AbortMultipartUpload',
          's3:DeleteObject',
          's3:GetObject',
          's3:GetObjectTagging',
          's3:ListMultipartUploadParts',
          's3:PutObject',
          's3:PutObjectTagging',
        ],
        Resource: roots.map((root) => `${arn}/${root}/*`),
      },
      { Sid: 'Exists', Effect: 'Allow', Action: 's3:GetObject', Resource: roots.map((root) => `${arn}/${root}`) },
      {
        Sid: 'ThroughS3Only',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: `arn:${partition}:kms:${region}:${accountId}:key/*`,
        Condition: {
          StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${bucket.replaceAll('.', '_')}` },
        },
      },
    ],
  };
};
