import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
} from '@aws-sdk/client-batch';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import type { TestContext } from 'vitest';
import { computeEnvironmentActivities } from '#activities/batch/compute-environment.ts';
import { computeEnvironmentRemovalActivities } from '#activities/batch/compute-environment-removal.ts';
import { jobQueueActivities } from '#activities/batch/job-queue.ts';
import { jobActivities } from '#activities/batch/jobs.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { ComputeEnvironmentParts } from '#domain/resources/batch.ts';
import { activityRig, attempt, complete, planFor, TIMING } from '../../control/rig.ts';
import type { WorkspaceOverrides } from '../../domain/workspace-input.ts';
import { anImage, createNetwork, createProfile } from '../../sandbox/batch-rig.ts';

/** Long after an activity was scheduled: what it says now is meant. */
export const LATE_MS = TIMING.lookEveryMs + 1;

/** Everything that a compute environment is made of, and the activities of Batch. */
export const batchRig = async (
  t: TestContext,
  nextflow: NonNullable<WorkspaceOverrides['nextflow']> = {},
  timing: Timing = TIMING,
) => {
  const rig = await activityRig(t, timing);
  const { client } = rig.account;
  const clients = { batch: new BatchClient(client), ec2: new EC2Client(client), iam: new IAMClient(client) };
  const given = { account: rig.account, ...clients };
  const { subnetId, groupId } = await createNetwork(given);
  const { LaunchTemplate } = await clients.ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'workers', LaunchTemplateData: { EbsOptimized: true } }),
  );
  const parts: ComputeEnvironmentParts = {
    subnetIds: [subnetId],
    securityGroupIds: [groupId],
    launchTemplate: { id: LaunchTemplate?.LaunchTemplateId ?? '', version: '1' },
    instanceProfileArn: await createProfile(given, 'ecsInstanceRole'),
    imageId: await anImage(given),
    imageFamily: 'AL2',
  };
  const planOf = (launchId: string) => planFor(rig, launchId, { nextflow });
  const plan = planOf('launch-1');
  const { 'compute-environment': spec, 'job-queue': queueSpec } = plan;
  const activities = {
    ...computeEnvironmentActivities(rig.deps),
    ...computeEnvironmentRemovalActivities(rig.deps),
    ...jobQueueActivities(rig.deps),
    ...jobActivities(rig.deps),
  };

  return {
    ...rig,
    ...clients,
    ...activities,
    given,
    parts,
    spec,
    queueSpec,
    plan,
    planOf,

    environment: async () =>
      (await clients.batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [spec.name] })))
        .computeEnvironments?.[0],
    queue: async () =>
      (await clients.batch.send(new DescribeJobQueuesCommand({ jobQueues: [queueSpec.name] }))).jobQueues?.[0],

    /** What of Batch there is. */
    batchItems: async () => (await rig.account.inventory()).filter(({ type }) => type.startsWith('AWS::Batch::')),

    async makeEnvironment(): Promise<string> {
      const { arn } = await complete(activities.ensureComputeEnvironment, spec, parts);
      await complete(activities.awaitComputeEnvironmentValid, spec);
      return arn;
    },

    async makeQueue(environmentArn: string): Promise<void> {
      await attempt(activities.ensureJobQueue, [queueSpec, environmentArn]);
      await complete(activities.awaitJobQueueValid, queueSpec);
    },

    /** As Hatchery makes it, or with other tags. */
    async seedEnvironment(tags: Record<string, string> = { ...spec.tags }): Promise<void> {
      await clients.batch.send(
        new CreateComputeEnvironmentCommand({
          computeEnvironmentName: spec.name,
          type: 'MANAGED',
          tags,
          computeResources: {
            type: 'EC2',
            allocationStrategy: 'BEST_FIT_PROGRESSIVE',
            minvCpus: 4,
            maxvCpus: 8,
            instanceTypes: ['m5.large'],
            instanceRole: parts.instanceProfileArn,
            subnets: [...parts.subnetIds],
            securityGroupIds: [...parts.securityGroupIds],
            launchTemplate: { launchTemplateName: 'workers', version: '$Latest' },
            ec2Configuration: [{ imageType: 'ECS_AL2', imageIdOverride: parts.imageId }],
            tags: { ...spec.tags },
          },
        }),
      );
      await complete(activities.awaitComputeEnvironmentValid, spec);
    },

    async seedQueue(environmentArn: string, tags: Record<string, string> = { ...queueSpec.tags }): Promise<void> {
      await clients.batch.send(
        new CreateJobQueueCommand({
          jobQueueName: queueSpec.name,
          priority: 7,
          state: 'DISABLED',
          computeEnvironmentOrder: [{ order: 3, computeEnvironment: environmentArn }],
          tags,
        }),
      );
    },
  };
};
