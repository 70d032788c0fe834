/** What a compute environment wants of Batch, IAM and EC2, as its plan would say it. */
import type { AccountRef } from '#domain/core/account.ts';
import type { Owner } from '#domain/core/ownership.ts';
import type {
  CanarySpec,
  ComputeEnvironmentSpec,
  FargateEnvironmentSpec,
  JobQueueSpec,
} from '#domain/resources/batch.ts';
import type { OwnInstanceProfileSpec, RoleSpec } from '#domain/resources/identity.ts';
import type { LaunchTemplateSpec } from '#domain/resources/instance.ts';

const FORGE_ID = 'a1b2c3d4e5f6a7b8c9d0';

const computeOwner = (run = 'run-1'): Owner => ({
  kind: 'compute-environment',
  id: `localhost.${FORGE_ID}`,
  run,
  environment: 'localhost',
});

const trustIn = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

export const allowing = (...actions: string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

/** Specs by the names of their steps. */
export const computeSpecs = (account: AccountRef, run = 'run-1') => {
  const name = `TowerForge-${FORGE_ID}`;
  const common = {
    account,
    owner: computeOwner(run),
    tags: { Name: name, team: 'genomics' },
    adoptable: 'never',
  } as const;
  const serviceRole: RoleSpec = {
    ...common,
    name: `${name}-ServiceRole`,
    path: '/',
    trust: trustIn('batch.amazonaws.com'),
    managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole'],
  };
  const executionRole: RoleSpec = {
    ...common,
    name: `${name}-ExecutionRole`,
    path: '/',
    trust: trustIn('ecs-tasks.amazonaws.com'),
    managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'],
  };
  const instanceRole: RoleSpec = {
    ...common,
    name: `${name}-InstanceRole`,
    path: '/forge/',
    trust: trustIn('ec2.amazonaws.com'),
    managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role'],
    inline: {
      'nextflow-policy': allowing('batch:DescribeJobs', 'batch:SubmitJob'),
      buckets: allowing('s3:ListBucket'),
    },
  };
  const profile: OwnInstanceProfileSpec = {
    ...common,
    name: instanceRole.name,
    path: '/forge/',
    roleName: instanceRole.name,
  };
  const template: LaunchTemplateSpec = {
    ...common,
    name,
    userData: { AL2023: 'MIME-Version: 1.0\n\nAL2023', AL2: 'MIME-Version: 1.0\n\nAL2' },
    settings: {
      rootVolume: { gib: 50, throughputMibps: null, kmsKeyId: null },
      keyPair: null,
      metadataHopLimit: 2,
      tags: common.tags,
    },
  };
  const environment: ComputeEnvironmentSpec = {
    ...common,
    name: `${name}-work`,
    type: 'SPOT',
    instanceTypes: ['m5.large'],
    minvCpus: 0,
    maxvCpus: 16,
    updatePolicy: { jobExecutionTimeoutMinutes: 30, terminateJobsOnUpdate: false },
  };
  const fargate: FargateEnvironmentSpec = { ...common, name: `${name}-head`, type: 'FARGATE', maxvCpus: 16 };
  const queue: JobQueueSpec = {
    ...common,
    name: environment.name,
    priority: 1,
    computeEnvironment: environment.name,
    terminationReason: 'The compute environment is disposed of',
  };
  const canary: CanarySpec = {
    account,
    owner: common.owner,
    name: `${name}-canary-work`,
    queue: queue.name,
    platform: 'EC2',
    image: 'public.ecr.aws/amazonlinux/amazonlinux:2023-minimal',
    command: ['true'],
    vcpus: 1,
    memoryMib: 128,
    timeoutSeconds: 900,
    shareIdentifier: null,
    executionRoleArn: null,
    jobRoleArn: null,
    instancesOf: common.owner.id,
    logGroup: `/aws/batch/${name}`,
  };
  return { serviceRole, executionRole, instanceRole, profile, template, environment, fargate, queue, canary };
};
