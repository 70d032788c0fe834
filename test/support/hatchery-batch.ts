/** Instance profile, launch template, compute environment and queue of a Hatchery user. */

import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
} from '@aws-sdk/client-batch';
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import { launchTemplateUserData } from '#domain/workspace/user-data.ts';
import type { HatcheryUser } from './hatchery-deployment.ts';
import { type HatcheryNetwork, must } from './hatchery-network.ts';

export interface HatcheryBatch {
  readonly instanceProfileArn: string;
  readonly launchTemplateId: string;
  readonly computeEnvironmentArn: string;
  readonly jobQueueArn: string;
}

const LOOKS_MAX = 600;
const LOOK_EVERY_MS = 50;

export const makeHatcheryBatch = async (owner: HatcheryUser, network: HatcheryNetwork): Promise<HatcheryBatch> => {
  const { clients, names, imageId, instanceType } = owner;
  const instanceProfileArn = await makeInstanceProfile(owner);
  const { LaunchTemplate } = await clients.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: names.launchTemplate,
      LaunchTemplateData: {
        UserData: Buffer.from(
          launchTemplateUserData('AL2', { imageWhitelist: [], escapedUser: names.escapedUser, region: 'us-east-1' }),
        ).toString('base64'),
      },
    }),
  );
  const { computeEnvironmentArn } = await clients.batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: names.computeEnvironment,
      type: 'MANAGED',
      tags: { Name: names.tag },
      computeResources: {
        type: 'EC2',
        allocationStrategy: 'BEST_FIT_PROGRESSIVE',
        minvCpus: 0,
        maxvCpus: 9,
        instanceTypes: [instanceType],
        instanceRole: instanceProfileArn,
        ec2Configuration: ['ECS_AL2', 'ECS_AL2_NVIDIA'].map((imageType) => ({ imageType, imageIdOverride: imageId })),
        launchTemplate: { launchTemplateName: names.launchTemplate, version: '$Latest' },
        subnets: [...network.jobSubnetIds],
        securityGroupIds: [network.defaultSecurityGroupId],
        tags: { Name: names.tag },
      },
    }),
  );
  await untilValid(owner);
  const { jobQueueArn } = await clients.batch.send(
    new CreateJobQueueCommand({
      jobQueueName: names.jobQueue,
      priority: 0,
      computeEnvironmentOrder: [{ order: 0, computeEnvironment: names.computeEnvironment }],
      tags: { Name: names.tag },
    }),
  );
  return {
    instanceProfileArn,
    launchTemplateId: must(LaunchTemplate?.LaunchTemplateId, 'launch template'),
    computeEnvironmentArn: must(computeEnvironmentArn, 'compute environment'),
    jobQueueArn: must(jobQueueArn, 'job queue'),
  };
};

/** Shared by all users of an account, without tags. */
const makeInstanceProfile = async ({ clients: { iam }, names }: HatcheryUser): Promise<string> => {
  const name = names.instanceProfile;
  const { InstanceProfile } = await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }),
    }),
  );
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: name,
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    }),
  );
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  return must(InstanceProfile?.Arn, 'instance profile');
};

const untilValid = async ({ clients: { batch }, names }: HatcheryUser): Promise<void> => {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const { computeEnvironments = [] } = await batch.send(
      new DescribeComputeEnvironmentsCommand({ computeEnvironments: [names.computeEnvironment] }),
    );
    const { status, statusReason } = computeEnvironments[0] ?? {};
    if (status === 'VALID') return;
    if (status === 'INVALID') throw new Error(`${names.computeEnvironment}: ${statusReason}`);
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`${names.computeEnvironment} never became VALID`);
};
