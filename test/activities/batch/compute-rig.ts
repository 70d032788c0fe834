/** What a compute environment of an owner is made from, in an account of the test's own, and Batch's activities. */
import { BatchClient, DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import type { TestContext } from 'vitest';
import { canaryActivities } from '#activities/batch/canary.ts';
import { computeEnvironmentActivities } from '#activities/batch/compute-environment.ts';
import { computeEnvironmentRemovalActivities } from '#activities/batch/compute-environment-removal.ts';
import { environmentRoleActivities } from '#activities/batch/environment-roles.ts';
import { fargateEnvironmentActivities } from '#activities/batch/fargate-environment.ts';
import { jobDefinitionActivities } from '#activities/batch/job-definitions.ts';
import { jobQueueActivities } from '#activities/batch/job-queue.ts';
import { jobActivities } from '#activities/batch/jobs.ts';
import { schedulingPolicyActivities } from '#activities/batch/scheduling-policy.ts';
import { roleActivities } from '#activities/iam/role.ts';
import type { Timing } from '#domain/core/timing.ts';
import type {
  ComputeEnvironmentParts,
  ComputeEnvironmentSpec,
  FargateEnvironmentParts,
} from '#domain/resources/batch.ts';
import { activityRig, attempt, complete, TIMING } from '../../control/rig.ts';
import { anImage, createNetwork, createProfile } from '../../sandbox/batch-rig.ts';
import { computeSpecs } from '../compute-specs.ts';

export const computeRig = async (t: TestContext, timing: Timing = TIMING) => {
  const rig = await activityRig(t, timing);
  const { client } = rig.account;
  const clients = { batch: new BatchClient(client), ec2: new EC2Client(client), iam: new IAMClient(client) };
  const given = { account: rig.account, ...clients };
  const { subnetId, groupId } = await createNetwork(given);
  const { LaunchTemplate } = await clients.ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'workers', LaunchTemplateData: { EbsOptimized: true } }),
  );
  const network = { subnetIds: [subnetId], securityGroupIds: [groupId] };
  const parts: ComputeEnvironmentParts = {
    ...network,
    launchTemplate: { id: LaunchTemplate?.LaunchTemplateId ?? '', version: '1' },
    instanceProfileArn: await createProfile(given, 'ecsInstanceRole'),
    imageId: await anImage(given),
    imageFamily: 'AL2023',
  };
  const fargateParts: FargateEnvironmentParts = { ...network, serviceRoleArn: null };
  const activities = {
    ...computeEnvironmentActivities(rig.deps),
    ...computeEnvironmentRemovalActivities(rig.deps),
    ...fargateEnvironmentActivities(rig.deps),
    ...jobQueueActivities(rig.deps),
    ...jobActivities(rig.deps),
    ...schedulingPolicyActivities(rig.deps),
    ...environmentRoleActivities(rig.deps),
    ...canaryActivities(rig.deps),
    ...jobDefinitionActivities(rig.deps),
  };
  const specs = computeSpecs(rig.ref);

  return {
    ...rig,
    ...clients,
    ...activities,
    given,
    parts,
    fargateParts,
    specs,

    environmentNamed: async (name: string) =>
      (await clients.batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] })))
        .computeEnvironments?.[0],
    queueNamed: async (name: string) =>
      (await clients.batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }))).jobQueues?.[0],

    /** What of Batch there is. */
    batchItems: async () => (await rig.account.inventory()).filter(({ type }) => type.startsWith('AWS::Batch::')),

    updates: async () =>
      (await rig.account.journal()).filter(({ operation }) => operation === 'UpdateComputeEnvironment').length,

    async makeServiceRole(): Promise<string> {
      return (await attempt(roleActivities(rig.deps).ensureRole, [specs.serviceRole, []])).arn;
    },

    async make(spec: ComputeEnvironmentSpec, more: Partial<ComputeEnvironmentParts> = {}): Promise<string> {
      const { arn } = await complete(activities.ensureComputeEnvironment, spec, { ...parts, ...more });
      await complete(activities.awaitComputeEnvironmentValid, spec);
      return arn;
    },

    /** The queue in front of an environment that is made with it. */
    async makeQueue(): Promise<string> {
      const environment = await this.make(specs.environment);
      const { arn } = await complete(activities.ensureJobQueue, specs.queue, environment);
      await complete(activities.awaitJobQueueValid, specs.queue);
      return arn;
    },

    async makeFargate(): Promise<string> {
      const { arn } = await complete(activities.ensureFargateEnvironment, specs.fargate, fargateParts);
      await complete(activities.awaitComputeEnvironmentValid, specs.fargate);
      return arn;
    },
  };
};
