/**
 * ECS as Batch uses it: the clusters of its environments, and the tasks and instances of its jobs. All else is moto's.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html
 */
import type { Call, Rule } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { AwsError } from '../../core/error.ts';
import { listOf, textOf } from '../../core/params.ts';
import type { ActionsOf, ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { BATCH, type BatchTask } from '../batch/contract.ts';

const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

const clusterOf = ({ params }: Call): string => lastPart(textOf(params, 'cluster')) || 'default';

/** Members that name what a call is about, and the type in its ARN. */
const ON: Readonly<Record<string, readonly [member: string, type: string]>> = {
  DescribeTasks: ['tasks', 'task'],
  DescribeContainerInstances: ['containerInstances', 'container-instance'],
};

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
const actions: ActionsOf = (call) => {
  const [member, type] = ON[call.operation] ?? [];
  if (!member || !type) return undefined;
  const prefix = `arn:aws:ecs:${call.region}:${call.account}`;
  const context = { 'ecs:cluster': `${prefix}:cluster/${clusterOf(call)}` };
  return listOf(call.params, member).map(
    (id): Check => ({
      action: `ecs:${call.operation}`,
      resource: String(id).startsWith('arn:') ? String(id) : `${prefix}:${type}/${clusterOf(call)}/${String(id)}`,
      context,
    }),
  );
};

const taskOf = (one: BatchTask): Record<string, unknown> => ({
  taskArn: one.taskArn,
  clusterArn: one.clusterArn,
  lastStatus: one.status,
  desiredStatus: one.status === 'STOPPED' ? 'STOPPED' : 'RUNNING',
  launchType: one.containerInstanceArn ? 'EC2' : 'FARGATE',
  ...(one.containerInstanceArn && { containerInstanceArn: one.containerInstanceArn }),
  containers: [
    {
      name: 'default',
      taskArn: one.taskArn,
      lastStatus: one.status,
      ...(one.exitCode !== undefined && { exitCode: one.exitCode }),
    },
  ],
});

const instanceOf = (one: BatchTask): Record<string, unknown> => ({
  containerInstanceArn: one.containerInstanceArn,
  // Nothing runs: the id is that of an instance which EC2 does not list.
  ec2InstanceId: `i-0${lastPart(String(one.containerInstanceArn)).slice(0, 16)}`,
  status: 'ACTIVE',
  agentConnected: true,
});

export const createEcs = (world: World): ServiceModule => {
  /** Those that were asked for, and who is missing. @throws AwsError ClusterNotFoundException */
  const found = async (call: Call, member: string, arnOf: (task: BatchTask) => string | undefined) => {
    const { clusterArns, tasks } = await world.service(BATCH).ecs(call.account, call.region);
    if (!clusterArns.some((arn) => lastPart(arn) === clusterOf(call))) {
      throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
    }
    const here = tasks.filter(({ clusterArn }) => lastPart(clusterArn) === clusterOf(call));
    const asked = listOf(call.params, member).map(String);
    const matching = (id: string) => here.find((task) => arnOf(task) === id || lastPart(arnOf(task) ?? '') === id);
    return {
      present: asked.flatMap((id) => matching(id) ?? []),
      failures: asked.filter((id) => !matching(id)).map((arn) => ({ arn, reason: 'MISSING' })),
    };
  };

  const rules: Record<string, Rule> = {
    ListClusters: async (call) => {
      const { clusterArns } = await world.service(BATCH).ecs(call.account, call.region);
      return world.answer(call, { clusterArns });
    },
    DescribeTasks: async (call) => {
      const { present, failures } = await found(call, 'tasks', ({ taskArn }) => taskArn);
      return world.answer(call, { tasks: present.map(taskOf), failures });
    },
    DescribeContainerInstances: async (call) => {
      const byInstance = ({ containerInstanceArn }: BatchTask) => containerInstanceArn;
      const { present, failures } = await found(call, 'containerInstances', byInstance);
      return world.answer(call, { containerInstances: present.map(instanceOf), failures });
    },
  };
  return { service: 'ecs', rules, actions };
};
