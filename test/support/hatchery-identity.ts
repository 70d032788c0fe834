/** Policies, jobs role, user and access key of a Hatchery user. */
import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
} from '@aws-sdk/client-iam';
import type { HatcheryUser } from './hatchery-deployment.ts';
import { must } from './hatchery-network.ts';
import type { HatcheryStorage } from './hatchery-storage.ts';

export interface HatcheryIdentity {
  readonly jobsPolicyArn: string;
  readonly jobsRoleArn: string;
  readonly clientPolicyArn: string;
  readonly userArn: string;
  /** Of the session that may still be running. */
  readonly accessKeyId: string;
}

export const makeHatcheryIdentity = async (
  { clients: { iam }, names }: HatcheryUser,
  storage: HatcheryStorage,
): Promise<HatcheryIdentity> => {
  const Tags = [{ Key: 'Name', Value: names.tag }];
  const policy = async (name: string, statements: readonly unknown[]) => {
    const made = await iam.send(
      new CreatePolicyCommand({
        PolicyName: name,
        Path: names.path,
        Tags,
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
      }),
    );
    return must(made.Policy?.Arn, 'policy');
  };

  const jobsPolicyArn = await policy(names.jobsPolicy, storageStatements(storage, names.escapedUser));
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: names.jobsRole,
      Path: names.path,
      Tags,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }),
    }),
  );
  const jobsRoleArn = must(Role?.Arn, 'role');
  await iam.send(new AttachRolePolicyCommand({ RoleName: names.jobsRole, PolicyArn: jobsPolicyArn }));

  const clientPolicyArn = await policy(names.clientPolicy, [
    ...storageStatements(storage, names.escapedUser),
    { Sid: 'AllowPassingNextflowJobsRole', Effect: 'Allow', Action: 'iam:PassRole', Resource: jobsRoleArn },
    ...batchStatements(names.jobQueue),
  ]);
  const { User } = await iam.send(new CreateUserCommand({ UserName: names.clientUser, Tags }));
  await iam.send(new AttachUserPolicyCommand({ UserName: names.clientUser, PolicyArn: clientPolicyArn }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: names.clientUser }));
  return {
    jobsPolicyArn,
    jobsRoleArn,
    clientPolicyArn,
    userArn: must(User?.Arn, 'user'),
    accessKeyId: must(AccessKey?.AccessKeyId, 'access key'),
  };
};

const storageStatements = ({ bucket, kmsKeyArn }: HatcheryStorage, escapedUser: string) => [
  {
    Sid: 'AllowListingBucketFolder',
    Effect: 'Allow',
    Action: ['s3:ListBucket'],
    Resource: [`arn:aws:s3:::${bucket}`],
    Condition: { StringLike: { 's3:prefix': [`${escapedUser}/*`] } },
  },
  {
    Sid: 'AllowManagingBucketFolder',
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: [`arn:aws:s3:::${bucket}/${escapedUser}/*`],
  },
  { Sid: 'BucketEncryption', Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: [kmsKeyArn] },
];

const batchStatements = (jobQueue: string) => [
  {
    Sid: 'AllowBatchActionsWithGranularAuthz',
    Effect: 'Allow',
    Action: [
      'batch:DescribeJobQueues',
      'batch:ListJobs',
      'batch:SubmitJob',
      'batch:CancelJob',
      'batch:TerminateJob',
      'batch:TagResource',
    ],
    Resource: ['arn:aws:batch:*:*:job-definition/*', `arn:aws:batch:*:*:job-queue/${jobQueue}`],
  },
  {
    Sid: 'AllowBatchActionsWithoutGranularAuthz',
    Effect: 'Allow',
    Action: ['batch:DescribeJobs', 'batch:DescribeJobDefinitions'],
    Resource: ['*'],
  },
  {
    Sid: 'AllowWhitelistedImages',
    Effect: 'Allow',
    Action: ['batch:RegisterJobDefinition'],
    Resource: ['arn:aws:batch:*:*:job-definition/*'],
  },
];
