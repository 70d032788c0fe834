/** Batch: what was defined, queues, environments, and what shares them. */
import {
  type BatchClient,
  DeleteComputeEnvironmentCommand,
  DeleteJobQueueCommand,
  DeleteSchedulingPolicyCommand,
  DeregisterJobDefinitionCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeSchedulingPoliciesCommand,
  ListSchedulingPoliciesCommand,
  type SchedulingPolicyDetail,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';
import { listerOf, type Place, thingOf } from '../lister.ts';

type Batch = AwsClient<BatchClient>;

const batchAt = ({ aws, account }: Place): Batch => aws.batch(account);

interface State {
  readonly state?: string | undefined;
  readonly status?: string | undefined;
}

/** Disabled first, then deleted, and left alone while it changes. */
const pushOf = ({ state, status }: State, disable: () => Promise<unknown>, remove: () => Promise<unknown>) => {
  if (status === 'DELETING' || status === 'CREATING' || status === 'UPDATING') return null;
  return state === 'DISABLED' ? remove : disable;
};

const queues = async (place: Place, jobQueues?: string[]) =>
  await collect(async (nextToken) => {
    const page = await batchAt(place).send(new DescribeJobQueuesCommand({ nextToken, jobQueues }));
    return { items: page.jobQueues, next: page.nextToken };
  });

export const jobQueue = listerOf({
  all: (place) => queues(place),
  one: async (place, id) => (await queues(place, [id]))[0],
  sight: (queue, place) => {
    const { jobQueueName: name, tags, status } = queue;
    if (status === 'DELETED') return undefined;
    return {
      thing: thingOf('AWS::Batch::JobQueue', { id: name, name, tags }),
      push: pushOf(
        queue,
        () => batchAt(place).send(new UpdateJobQueueCommand({ jobQueue: name, state: 'DISABLED' })),
        () => batchAt(place).send(new DeleteJobQueueCommand({ jobQueue: name })),
      ),
    };
  },
});

const environments = async (place: Place, computeEnvironments?: string[]) =>
  await collect(async (nextToken) => {
    const command = new DescribeComputeEnvironmentsCommand({ nextToken, computeEnvironments });
    const page = await batchAt(place).send(command);
    return { items: page.computeEnvironments, next: page.nextToken };
  });

export const computeEnvironment = listerOf({
  all: (place) => environments(place),
  one: async (place, id) => (await environments(place, [id]))[0],
  sight: (environment, place) => {
    const { computeEnvironmentName: name, tags, status } = environment;
    if (status === 'DELETED') return undefined;
    const of = { computeEnvironment: name };
    return {
      thing: thingOf('AWS::Batch::ComputeEnvironment', { id: name, name, tags }),
      push: pushOf(
        environment,
        () => batchAt(place).send(new UpdateComputeEnvironmentCommand({ ...of, state: 'DISABLED' })),
        () => batchAt(place).send(new DeleteComputeEnvironmentCommand(of)),
      ),
    };
  },
});

/** At most so many in one call. */
const DESCRIBED_MAX = 100;

const describePolicies = async (place: Place, arns: readonly string[]): Promise<SchedulingPolicyDetail[]> => {
  const found: SchedulingPolicyDetail[] = [];
  for (let from = 0; from < arns.length; from += DESCRIBED_MAX) {
    const command = new DescribeSchedulingPoliciesCommand({ arns: arns.slice(from, from + DESCRIBED_MAX) });
    found.push(...((await batchAt(place).send(command)).schedulingPolicies ?? []));
  }
  return found;
};

export const schedulingPolicy = listerOf({
  all: async (place) => {
    const listed = await collect(async (nextToken) => {
      const page = await batchAt(place).send(new ListSchedulingPoliciesCommand({ nextToken }));
      return { items: page.schedulingPolicies, next: page.nextToken };
    });
    return await describePolicies(
      place,
      listed.flatMap(({ arn }) => arn ?? []),
    );
  },
  one: async (place, id) => (await describePolicies(place, [id]))[0],
  sight: ({ arn, name, tags }, place) => ({
    thing: thingOf('AWS::Batch::SchedulingPolicy', { id: arn, name, tags }),
    push: () => batchAt(place).send(new DeleteSchedulingPolicyCommand({ arn })),
  }),
});

const definitions = async (place: Place, jobDefinitions?: string[]) =>
  await collect(async (nextToken) => {
    // Batch takes either names or a status.
    const wanted = jobDefinitions ? { jobDefinitions } : { status: 'ACTIVE' };
    const page = await batchAt(place).send(new DescribeJobDefinitionsCommand({ nextToken, ...wanted }));
    return { items: page.jobDefinitions, next: page.nextToken };
  });

/** Of what is deregistered Batch still runs the jobs, and shows it for half a year. */
export const jobDefinition = listerOf({
  all: (place) => definitions(place),
  one: async (place, id) => (await definitions(place, [id]))[0],
  sight: ({ jobDefinitionArn: id, jobDefinitionName: name, tags, status }, place) => {
    if (status !== 'ACTIVE') return undefined;
    return {
      thing: thingOf('AWS::Batch::JobDefinition', { id, name, tags }),
      push: () => batchAt(place).send(new DeregisterJobDefinitionCommand({ jobDefinition: id })),
    };
  },
});
