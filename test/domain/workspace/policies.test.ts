import { describe, expect, test } from 'vitest';
import { bucketPolicy } from '#domain/resources/bucket-policy.ts';
import { renderPolicy, withKmsKey } from '#domain/resources/policy-document.ts';
import { workspaceNames } from '#domain/workspace/names.ts';
import { clientPolicy, instanceRoleTrust, jobsPolicy } from '#domain/workspace/policies.ts';
import { mayHappen } from '../iam.ts';
import { ACCOUNT_ID } from '../workspace-input.ts';

const REGION = 'us-east-1';
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/1111`;
const names = workspaceNames({ hostname: 'brh.data-commons.org', user: 'test@example.com', accountId: ACCOUNT_ID });
const BATCH = `arn:aws:batch:${REGION}:${ACCOUNT_ID}`;
const BUCKET = `arn:aws:s3:::${names.bucket}`;
const OWN = `${BUCKET}/${names.escapedUser}`;
const JOBS_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role${names.path}${names.jobsRole}`;

const document = (make: typeof jobsPolicy, lists: { images?: string[]; buckets?: string[] } = {}) =>
  JSON.parse(
    withKmsKey(
      renderPolicy(
        make({
          names,
          accountId: ACCOUNT_ID,
          region: REGION,
          imageWhitelist: lists.images ?? [],
          bucketWhitelist: lists.buckets ?? [],
        }),
      ),
      KEY,
    ),
  );

const client = `arn:aws:iam::${ACCOUNT_ID}:user/${names.clientUser}`;
const jobs = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${names.jobsRole}/job`;

type Row = readonly [allowed: boolean, action: string, resource: string, context?: Record<string, string>];

const STORAGE: readonly Row[] = [
  [true, 's3:GetObject', `${OWN}/scratch/ab/.command.run`],
  [true, 's3:PutObject', `${OWN}/scratch/ab/.command.run`],
  [true, 's3:DeleteObject', `${OWN}/x`],
  [true, 's3:PutObjectTagging', `${OWN}/x`],
  [true, 's3:AbortMultipartUpload', `${OWN}/x`],
  [true, 's3:ListBucket', BUCKET, { 's3:prefix': `${names.escapedUser}/` }],
  [true, 's3:ListBucket', BUCKET, { 's3:prefix': `${names.escapedUser}/work` }],
  [true, 'kms:GenerateDataKey', KEY],
  [true, 'kms:Decrypt', KEY],
  [false, 's3:ListBucket', BUCKET],
  [false, 's3:ListBucket', BUCKET, { 's3:prefix': '' }],
  [false, 's3:ListBucket', BUCKET, { 's3:prefix': `${names.escapedUser}x/` }],
  [false, 's3:GetObject', `${BUCKET}/other/x`],
  [false, 's3:PutObject', `${OWN}x/y`],
  [false, 's3:GetObject', 'arn:aws:s3:::another-bucket/x'],
  [false, 's3:PutBucketPolicy', BUCKET],
  [false, 'kms:Decrypt', `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/2222`],
  [false, 'kms:ScheduleKeyDeletion', KEY],
];

const RUNNING: readonly Row[] = [
  // Nextflow asks so whether its work directory exists.
  [true, 's3:ListBucket', BUCKET, { 's3:prefix': names.escapedUser }],
  [true, 'batch:SubmitJob', `${BATCH}:job-queue/${names.jobQueue}`],
  [true, 'batch:SubmitJob', `${BATCH}:job-definition/nf-image:1`],
  [true, 'batch:TagResource', `${BATCH}:job-definition/nf-image:1`],
  [true, 'batch:TagResource', `${BATCH}:job/1`],
  [true, 'batch:TerminateJob', `${BATCH}:job/1`],
  [true, 'batch:CancelJob', `${BATCH}:job/1`],
  [true, 'batch:RegisterJobDefinition', `${BATCH}:job-definition/nf-image`],
  [true, 'batch:DescribeJobQueues', '*'],
  [true, 'batch:DescribeComputeEnvironments', '*'],
  [true, 'batch:DescribeJobs', '*'],
  [true, 'batch:DescribeJobDefinitions', '*'],
  [true, 'batch:ListJobs', '*'],
  [true, 'iam:PassRole', JOBS_ROLE, { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
  [true, 'iam:PassRole', JOBS_ROLE, { 'iam:PassedToService': 'batch.amazonaws.com' }],
  [true, 'logs:GetLogEvents', `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:/aws/batch/job:log-stream:nf/default/1`],
  [false, 'batch:SubmitJob', `${BATCH}:job-queue/${names.jobQueue}x`],
  [false, 'iam:PassRole', JOBS_ROLE, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  [false, 'iam:PassRole', JOBS_ROLE],
  [false, 'iam:PassRole', `${JOBS_ROLE}x`, { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
  [false, 'batch:CreateJobQueue', `${BATCH}:job-queue/x`],
  [false, 'batch:UpdateJobQueue', `${BATCH}:job-queue/${names.jobQueue}`],
  [false, 'iam:CreateAccessKey', client],
  [false, 'logs:GetLogEvents', `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:/other:log-stream:x`],
];

const title = ([allowed, action, resource, context]: Row) =>
  [allowed ? 'may' : 'may not', `${action} on ${resource || 'nothing'}`, context && JSON.stringify(context)]
    .filter(Boolean)
    .join(' ');

describe('the key of a workspace', () => {
  for (const row of [...STORAGE, ...RUNNING]) {
    const [allowed, action, resource, context = {}] = row;
    test(title(row), async () => {
      expect(await mayHappen([document(clientPolicy)], { principal: client, action, resource, context })).toBe(allowed);
    });
  }
});

describe('its jobs', () => {
  for (const row of [...STORAGE, ...RUNNING.map(([, ...rest]) => [false, ...rest] as Row)]) {
    const [allowed, action, resource, context = {}] = row;
    test(title(row), async () => {
      expect(await mayHappen([document(jobsPolicy)], { principal: jobs, action, resource, context })).toBe(allowed);
    });
  }
});

describe('image whitelist', () => {
  const register = (images: string[], image: string) =>
    mayHappen([document(clientPolicy, { images })], {
      principal: client,
      action: 'batch:RegisterJobDefinition',
      resource: `${BATCH}:job-definition/nf-x`,
      context: { 'batch:Image': image },
    });

  test('an empty one lets any image in', async () => {
    expect(await register([], 'quay.io/any/image:1')).toBe(true);
  });

  test('a filled one lets in what it lists, with * and ? and the own name', async () => {
    const images = ['quay.io/nextflow/*', 'ubuntu:2?.04', '1.dkr.ecr.us-east-1.amazonaws.com/users-{{username}}:*'];
    expect(await register(images, 'quay.io/nextflow/bash:latest')).toBe(true);
    expect(await register(images, 'ubuntu:24.04')).toBe(true);
    expect(await register(images, `1.dkr.ecr.us-east-1.amazonaws.com/users-${names.escapedUser}:v1`)).toBe(true);
    expect(await register(images, '1.dkr.ecr.us-east-1.amazonaws.com/users-other:v1')).toBe(false);
    expect(await register(images, 'quay.io/other/bash:latest')).toBe(false);
  });
});

test.each([
  ['us-east-1', 'ec2.amazonaws.com'],
  ['us-gov-west-1', 'ec2.amazonaws.com'],
  ['cn-north-1', 'ec2.amazonaws.com.cn'],
])('in %s the instances’ role trusts %s', (region, service) => {
  expect(instanceRoleTrust(region).Statement[0]?.Principal).toEqual({ Service: service });
});

test('listed buckets can be read and listed, and nothing else', async () => {
  const policy = document(jobsPolicy, { buckets: ['public-data'] });
  const may = (action: string, resource: string) => mayHappen([policy], { principal: jobs, action, resource });
  expect(await may('s3:GetObject', 'arn:aws:s3:::public-data/x')).toBe(true);
  expect(await may('s3:ListBucket', 'arn:aws:s3:::public-data')).toBe(true);
  expect(await may('s3:PutObject', 'arn:aws:s3:::public-data/x')).toBe(false);
  expect(await may('s3:GetObject', 'arn:aws:s3:::public-data-2/x')).toBe(false);
});

describe('the bucket', () => {
  const algorithm = 's3:x-amz-server-side-encryption';
  const key = 's3:x-amz-server-side-encryption-aws-kms-key-id';
  const wanted = { bucket: names.bucket, accountId: ACCOUNT_ID, region: REGION, kmsAlias: names.kmsAlias };
  const policy = JSON.parse(withKmsKey(renderPolicy(bucketPolicy(wanted)), KEY));
  const aliasArn = `arn:aws:kms:${REGION}:${ACCOUNT_ID}:${names.kmsAlias}`;
  const upload = (context: Record<string, string>) =>
    mayHappen(
      [document(clientPolicy)],
      {
        principal: client,
        action: 's3:PutObject',
        resource: `${OWN}/x`,
        context: { 'aws:SecureTransport': 'true', ...context },
      },
      policy,
    );

  test('takes uploads that name no encryption: they get its own', async () => {
    expect(await upload({})).toBe(true);
  });

  test('takes uploads under its own key, by ARN or alias', async () => {
    expect(await upload({ [algorithm]: 'aws:kms', [key]: KEY })).toBe(true);
    expect(await upload({ [algorithm]: 'aws:kms', [key]: aliasArn })).toBe(true);
    expect(await upload({ [algorithm]: 'aws:kms', [key]: names.kmsAlias })).toBe(true);
    expect(await upload({ [algorithm]: 'aws:kms' })).toBe(true);
  });

  test('refuses another algorithm, another key, and plain HTTP', async () => {
    expect(await upload({ [algorithm]: 'AES256' })).toBe(false);
    expect(await upload({ [algorithm]: 'aws:kms', [key]: `${KEY}2` })).toBe(false);
    expect(await upload({ 'aws:SecureTransport': 'false' })).toBe(false);
  });
});
