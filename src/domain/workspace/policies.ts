/**
 * IAM policies of a workspace. They grant what Hatchery's grant, and besides: ending and tagging what
 * Nextflow uploads, ending its jobs, and reading their logs. Documents are plain values: `renderPolicy` makes the text.
 */
import { partitionOf } from '../core/account.ts';
import { KMS_KEY_PLACEHOLDER, type PolicyDocument, type Statement } from '../resources/policy-document.ts';
import type { WorkspaceNames } from './names.ts';

const USERNAME_PLACEHOLDER = '{{username}}';

/** What the policies of one workspace follow from. */
export interface PolicyParts {
  readonly names: WorkspaceNames;
  readonly accountId: string;
  readonly region: string;
  readonly imageWhitelist: readonly string[];
  readonly bucketWhitelist: readonly string[];
}

/** Entries with `{{username}}` replaced by the escaped name. */
export const expandWhitelist = (whitelist: readonly string[], escapedUser: string): string[] =>
  whitelist.map((entry) => entry.replaceAll(USERNAME_PLACEHOLDER, escapedUser));

export const jobsRoleArn = ({
  names,
  accountId,
  region,
}: Pick<PolicyParts, 'names' | 'accountId' | 'region'>): string =>
  `arn:${partitionOf(region)}:iam::${accountId}:role${names.path}${names.jobsRole}`;

/** What the jobs themselves may do: the workspace's prefix, its key, and reading the listed buckets. */
export const jobsPolicy = (parts: PolicyParts): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: storageStatements(parts, `${parts.names.escapedUser}/*`),
});

/**
 * Batch hands a job's role to the ECS task that runs it. Which of the two a registration is authorised for is not
 * documented: published policies list Batch.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
const JOBS_ROLE_PASSED_TO = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];

/** What the workspace's own key may do: the same storage, and running jobs on its own queue under its own role. */
export const clientPolicy = (parts: PolicyParts): PolicyDocument => {
  const { names, accountId, region, imageWhitelist } = parts;
  const batch = `arn:${partitionOf(region)}:batch:${region}:${accountId}`;
  const definitions = `${batch}:job-definition/*`;
  const jobs = `${batch}:job/*`;
  const images = expandWhitelist(imageWhitelist, names.escapedUser);
  const own = names.escapedUser;
  return {
    Version: '2012-10-17',
    Statement: [
      // Nextflow asks whether its work directory exists by listing the key without a slash. Only names come of it, also
      // those of users whose escaped name begins with this one: IAM can't tell `jo` from the beginning of `jones`.
      ...storageStatements(parts, [own, `${own}/`, `${own}/*`]),
      {
        Sid: 'AllowPassingNextflowJobsRole',
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: jobsRoleArn(parts),
        Condition: { StringEquals: { 'iam:PassedToService': JOBS_ROLE_PASSED_TO } },
      },
      {
        // A submission is authorised on its queue and on its definition, both: the job that comes of it is asked about only
        // where it is tagged.
        // @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-restrict-job-queue.html
        Sid: 'AllowBatchActionsWithGranularAuthz',
        Effect: 'Allow',
        Action: ['batch:SubmitJob', 'batch:TagResource'],
        Resource: [definitions, `${batch}:job-queue/${names.jobQueue}`],
      },
      {
        // Ending and tagging a job is authorised on the job, whose id says nothing about its queue.
        Sid: 'AllowEndingAndTaggingJobs',
        Effect: 'Allow',
        Action: ['batch:CancelJob', 'batch:TerminateJob', 'batch:TagResource'],
        Resource: jobs,
      },
      {
        // None of these can be limited to a resource.
        Sid: 'AllowBatchActionsWithoutGranularAuthz',
        Effect: 'Allow',
        Action: [
          'batch:DescribeJobs',
          'batch:DescribeJobDefinitions',
          'batch:DescribeJobQueues',
          'batch:DescribeComputeEnvironments',
          'batch:ListJobs',
        ],
        Resource: '*',
      },
      {
        Sid: 'AllowWhitelistedImages',
        Effect: 'Allow',
        Action: 'batch:RegisterJobDefinition',
        Resource: definitions,
        // An empty list means any image.
        ...(images.length > 0 && { Condition: { StringLike: { 'batch:Image': images } } }),
      },
      {
        Sid: 'AllowReadingJobLogs',
        Effect: 'Allow',
        Action: 'logs:GetLogEvents',
        Resource: `arn:${partitionOf(region)}:logs:${region}:${accountId}:log-group:/aws/batch/job:log-stream:*`,
      },
    ],
  };
};

const storageStatements = (
  { names, region, bucketWhitelist }: PolicyParts,
  prefixes: string | readonly string[],
): Statement[] => {
  const s3 = `arn:${partitionOf(region)}:s3:::`;
  const statements: Statement[] = [
    {
      Sid: 'AllowListingBucketFolder',
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: `${s3}${names.bucket}`,
      Condition: { StringLike: { 's3:prefix': prefixes } },
    },
    {
      Sid: 'AllowManagingBucketFolder',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:PutObjectTagging',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      Resource: `${s3}${names.bucket}/${names.escapedUser}/*`,
    },
    {
      Sid: 'BucketEncryption',
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: KMS_KEY_PLACEHOLDER,
    },
  ];
  if (bucketWhitelist.length > 0) {
    statements.push({
      Sid: 'AllowWhitelistedBuckets',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: bucketWhitelist.flatMap((bucket) => [`${s3}${bucket}`, `${s3}${bucket}/*`]),
    });
  }
  return statements;
};

/** Trust of the jobs' role. Tasks run in the account of their role, so another account's are kept out. */
export const jobsRoleTrust = (accountId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    },
  ],
});

/** Trust of the client's role: the API alone enters it, for whoever shows it the workspace's token. */
export const clientRoleTrust = (enteredBy: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: enteredBy }, Action: 'sts:AssumeRole' }],
});

/**
 * Trust of the instances' role. EC2 gives no source account, so a condition on it would lock the instances out. In China
 * its principal has an ending of its own.
 */
export const instanceRoleTrust = (region: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: partitionOf(region) === 'aws-cn' ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});
