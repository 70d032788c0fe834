import {
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { expect, test } from 'vitest';
import { describeEnvironment, refusal, rig, someResources } from './batch-rig.ts';
import { limitedCaller, rightsNeeded } from './caller.ts';
import { signedJson } from './signed-json.ts';

const TARGET = 'AmazonEC2ContainerServiceV20141113';

test('ECS shows the cluster of an environment, and the task and the instance of a job', async (t) => {
  const given = await rig(t);
  const { batch, account } = given;
  const computeResources = await someResources(given);
  const ecs = signedJson(account.client, 'ecs', TARGET);
  await batch.send(
    new CreateComputeEnvironmentCommand({ computeEnvironmentName: 'ce', type: 'MANAGED', computeResources }),
  );
  const cluster = (await describeEnvironment(given, 'ce'))?.ecsClusterArn;
  expect(await ecs('ListClusters')).toEqual({ clusterArns: [cluster] });
  const computeEnvironmentOrder = [{ order: 0, computeEnvironment: 'ce' }];
  await batch.send(new CreateJobQueueCommand({ jobQueueName: 'q', priority: 1, computeEnvironmentOrder }));
  const containerProperties = { image: 'busybox', vcpus: 1, memory: 128 };
  await batch.send(
    new RegisterJobDefinitionCommand({ jobDefinitionName: 'task', type: 'container', containerProperties }),
  );
  const job = new SubmitJobCommand({ jobName: 'job', jobQueue: 'q', jobDefinition: 'task' });
  const { jobId = '' } = await batch.send(job);
  const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
  const { taskArn, containerInstanceArn } = jobs?.[0]?.container ?? {};
  expect(await ecs('DescribeTasks', { cluster, tasks: [taskArn, 'absent'] })).toMatchObject({
    tasks: [
      { taskArn, clusterArn: cluster, containerInstanceArn, lastStatus: 'STOPPED', containers: [{ exitCode: 0 }] },
    ],
    failures: [{ arn: 'absent', reason: 'MISSING' }],
  });
  const containerInstances = [containerInstanceArn];
  expect(await ecs('DescribeContainerInstances', { cluster, containerInstances })).toMatchObject({
    containerInstances: [{ containerInstanceArn, ec2InstanceId: expect.stringMatching(/^i-0[0-9a-f]{16}$/) }],
  });
  expect(await refusal(ecs('DescribeTasks', { cluster: 'none', tasks: [taskArn] }))).toBe(
    'ClusterNotFoundException: Cluster not found.',
  );
  const caller = await limitedCaller(given);
  const limited = signedJson(caller.client, 'ecs', TARGET);
  const look = () => limited('DescribeTasks', { cluster, tasks: [taskArn] });
  expect(await rightsNeeded(caller, look)).toEqual(['ecs:DescribeTasks']);
});
