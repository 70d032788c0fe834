/**
 * Job queues: CREATING, VALID, UPDATING; delete needs DISABLED, ends the queue's jobs, and its relation to the
 * environments lingers for some seconds after the queue is gone.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobQueueDetail.html
 */
import type {
  ComputeEnvironmentOrder,
  CreateJobQueueCommandInput,
  DescribeJobQueuesCommandInput,
  UpdateJobQueueCommandInput,
} from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import { architectures } from './architecture.ts';
import type { BatchDeps } from './context.ts';
import { endJob } from './jobs.ts';
import { QUEUES } from './quotas.ts';
import { findPolicy } from './scheduling-policy.ts';
import {
  batchArn,
  checkName,
  checkOneOf,
  checkTags,
  existing,
  findEnvironment,
  findQueue,
  invalidParameter,
  type JobQueue,
  pageOf,
  type Regional,
  refusal,
} from './state.ts';
import { checkTimeLimits } from './time-limits.ts';
import { isFargate, STATES } from './validation.ts';

const CREATING_MS = 4_000;
const UPDATING_MS = 5_000;
const DELETING_MS = 15_000;
const SPREAD = 0.3;
const ENVIRONMENTS_PER_QUEUE_MAX = 3;

export const jobQueueRules = (deps: BatchDeps): Record<string, Rule> => ({
  CreateJobQueue: create(deps),
  DescribeJobQueues: describe(deps),
  UpdateJobQueue: update(deps),
  DeleteJobQueue: remove(deps),
});

/** The order as Batch keeps it: by ARN, each environment VALID, each place taken once. */
const checkOrder = (at: Regional, wanted: ComputeEnvironmentOrder[] | undefined): ComputeEnvironmentOrder[] => {
  if (!wanted?.length) throw invalidParameter('computeEnvironmentOrder must not be empty');
  if (wanted.length > ENVIRONMENTS_PER_QUEUE_MAX) {
    throw invalidParameter(`A job queue can have at most ${ENVIRONMENTS_PER_QUEUE_MAX} compute environments`);
  }
  if (new Set(wanted.map(({ order }) => order)).size < wanted.length) {
    throw invalidParameter('computeEnvironmentOrder must have unique orders');
  }
  const found = wanted.map(({ computeEnvironment, order }) => {
    if (!Number.isInteger(order)) throw invalidParameter('order must be an integer');
    const environment = findEnvironment(at, computeEnvironment);
    if (!environment) throw invalidParameter(`${computeEnvironment} does not exist`);
    const { computeEnvironmentArn, status } = environment.detail;
    // An environment in the middle of an update still takes jobs.
    if (status !== 'VALID' && status !== 'UPDATING') {
      throw invalidParameter(`${computeEnvironmentArn} is not valid`);
    }
    return { environment, order, computeEnvironment: computeEnvironmentArn };
  });
  if (new Set(found.map(({ computeEnvironment }) => computeEnvironment)).size < found.length) {
    throw invalidParameter('computeEnvironmentOrder must name each compute environment once');
  }
  const kinds = new Set(
    found.map(({ environment }) => isFargate(environment.detail.computeResources ?? { type: 'EC2' })),
  );
  if (kinds.size > 1) throw invalidParameter('EC2 and Fargate compute environments cannot be mixed in a job queue');
  const processors = new Set(
    found.flatMap(({ environment }) => [...architectures(environment.detail.computeResources ?? {})]),
  );
  if (processors.size > 1) {
    throw invalidParameter('Compute environments of different architectures cannot be mixed in a job queue');
  }
  return found
    .map(({ order, computeEnvironment }) => ({ order, computeEnvironment }))
    .toSorted((one, other) => Number(one.order) - Number(other.order));
};

const checkPriority = (priority: unknown): number => {
  const number = Number(priority);
  if (priority === undefined || priority === null || !Number.isInteger(number) || number < 0) {
    throw invalidParameter('priority must be a non-negative integer');
  }
  return number;
};

/** A queue without a policy is first in, first out for ever; with one it may get another. @throws AwsError ClientException */
const checkPolicy = (at: Regional, arn: string | undefined, before: string | undefined | null): void => {
  if (arn === undefined) return;
  if (before === undefined && arn !== '') {
    throw invalidParameter('A scheduling policy cannot be added to a job queue that was created without one');
  }
  if (arn === '' && before)
    throw invalidParameter('The scheduling policy of a job queue can be replaced but not removed');
  if (arn !== '' && !findPolicy(at, arn)) throw invalidParameter(`Scheduling policy ${arn} does not exist`);
};

const create =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as CreateJobQueueCommandInput;
    const name = checkName(input.jobQueueName, 'jobQueueName');
    checkOneOf(input.state, STATES, 'state');
    const priority = checkPriority(input.priority);
    const tags = checkTags(input.tags);
    checkPolicy(at, input.schedulingPolicyArn, null);
    const timeLimits = checkTimeLimits(input.jobStateTimeLimitActions);
    const taken = existing(at.queues);
    if (taken.includes(name)) throw refusal('Object already exists');
    const limit = world.limit(call.account, QUEUES);
    if (taken.length >= limit) {
      throw invalidParameter(`Limit exceeded: an account can have at most ${limit} job queues.`);
    }
    const queue: JobQueue = {
      detail: {
        jobQueueName: name,
        jobQueueArn: batchArn(at, `job-queue/${name}`),
        state: input.state ?? 'ENABLED',
        status: 'CREATING',
        statusReason: '',
        priority,
        computeEnvironmentOrder: checkOrder(at, input.computeEnvironmentOrder),
        serviceEnvironmentOrder: [],
        jobQueueType: 'ECS',
        tags,
        jobStateTimeLimitActions: timeLimits,
        ...(input.schedulingPolicyArn && { schedulingPolicyArn: input.schedulingPolicyArn }),
      },
      pending: { until: world.now() + world.delay(CREATING_MS, SPREAD), becomes: 'VALID' },
      goneAt: undefined,
    };
    at.queues.set(name, queue);
    return world.answer(call, { jobQueueName: name, jobQueueArn: queue.detail.jobQueueArn });
  };

const describe =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as DescribeJobQueuesCommandInput;
    const all = input.jobQueues?.length
      ? input.jobQueues.map((each) => findQueue(at, each)).filter((each) => each !== undefined)
      : [...at.queues.values()];
    const { page, ...more } = pageOf([...new Set(all)], input.maxResults, input.nextToken);
    return world.answer(call, { jobQueues: page.map(({ detail }) => structuredClone(detail)), ...more });
  };

const update =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as UpdateJobQueueCommandInput;
    const queue = findQueue(at, input.jobQueue);
    if (!queue || queue.detail.status === 'DELETED') throw invalidParameter(`${input.jobQueue} does not exist`);
    if (queue.pending) throw refusal('Cannot update, resource is being modified');
    checkOneOf(input.state, STATES, 'state');
    const { detail } = queue;
    checkPolicy(at, input.schedulingPolicyArn, detail.schedulingPolicyArn);
    const timeLimits = input.jobStateTimeLimitActions && checkTimeLimits(input.jobStateTimeLimitActions);
    const priority = input.priority === undefined ? detail.priority : checkPriority(input.priority);
    const order = input.computeEnvironmentOrder
      ? checkOrder(at, input.computeEnvironmentOrder)
      : detail.computeEnvironmentOrder;
    Object.assign(detail, { priority, computeEnvironmentOrder: order, state: input.state ?? detail.state });
    if (input.schedulingPolicyArn) detail.schedulingPolicyArn = input.schedulingPolicyArn;
    if (timeLimits) detail.jobStateTimeLimitActions = timeLimits;
    detail.status = 'UPDATING';
    detail.statusReason = '';
    queue.pending = { until: world.now() + world.delay(UPDATING_MS, SPREAD), becomes: 'VALID' };
    return world.answer(call, { jobQueueName: detail.jobQueueName, jobQueueArn: detail.jobQueueArn });
  };

const remove =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const queue = findQueue(at, String(call.params.jobQueue ?? ''));
    if (!queue || queue.detail.status === 'DELETED') return world.answer(call, {});
    if (queue.pending) throw refusal('Cannot delete, resource is being modified');
    if (queue.detail.state !== 'DISABLED') throw refusal('Cannot delete, JobQueue state is not DISABLED');
    queue.detail.status = 'DELETING';
    queue.detail.statusReason = '';
    queue.pending = { until: world.now() + world.delay(DELETING_MS, SPREAD), becomes: 'DELETED' };
    for (const job of at.jobs.values()) {
      if (job.detail.jobQueue === queue.detail.jobQueueArn) endJob(world, job, 'Job queue was deleted');
    }
    return world.answer(call, {});
  };
