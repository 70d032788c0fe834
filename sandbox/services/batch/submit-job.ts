/**
 * SubmitJob: an active definition, a queue that takes jobs of its kind, and a share where the queue has a policy of shares.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
import type {
  ContainerOverrides,
  ContainerProperties,
  JobDefinition,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { BatchDeps } from './context.ts';
import { checkAttempts, checkTimeout, findDefinition } from './job-definition.ts';
import { newLife } from './job-life.ts';
import { isActive } from './settle.ts';
import {
  batchArn,
  checkName,
  checkTags,
  findEnvironment,
  findQueue,
  invalidParameter,
  type Job,
  type JobQueue,
  type Regional,
} from './state.ts';
import { isFargate } from './validation.ts';

const SHARE = /^[A-Za-z0-9]{1,255}$/;
const ACTIVE_SHARES_MAX = 500;
const PRIORITY_MAX = 9_999;
const DEPENDENCIES_MAX = 20;

/** @throws AwsError ClientException */
const checkShare = (at: Regional, queue: JobQueue, input: SubmitJobCommandInput): void => {
  const { shareIdentifier: share, schedulingPriorityOverride: priority } = input;
  const isFair = queue.detail.schedulingPolicyArn !== undefined;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX)) {
    throw invalidParameter(`schedulingPriorityOverride must be between 0 and ${PRIORITY_MAX}`);
  }
  if (!isFair && share !== undefined) {
    throw invalidParameter('shareIdentifier must not be specified for a job queue without a scheduling policy');
  }
  if (!isFair) return;
  if (!share) throw invalidParameter('shareIdentifier must be specified for a job queue with a scheduling policy');
  if (!SHARE.test(share)) throw invalidParameter(`shareIdentifier ${share} is not valid`);
  const active = new Set(
    [...at.jobs.values()]
      .filter((job) => isActive(job) && job.detail.jobQueue === queue.detail.jobQueueArn)
      .map(({ detail }) => detail.shareIdentifier),
  );
  if (!active.has(share) && active.size >= ACTIVE_SHARES_MAX) {
    throw invalidParameter(`A job queue can have at most ${ACTIVE_SHARES_MAX} active share identifiers`);
  }
};

/** @throws AwsError ClientException where the queue has only the other kind of environments. */
const checkPlatform = (at: Regional, queue: JobQueue, definition: JobDefinition): void => {
  const onFargate = (queue.detail.computeEnvironmentOrder ?? []).some(({ computeEnvironment }) =>
    isFargate(findEnvironment(at, computeEnvironment)?.detail.computeResources ?? { type: 'EC2' }),
  );
  const platform = onFargate ? 'FARGATE' : 'EC2';
  const capabilities = definition.platformCapabilities ?? [];
  if (capabilities.includes(platform)) return;
  throw invalidParameter(
    `The platform capabilities [${capabilities.join(', ')}] of the job definition do not match the compute environments of the job queue, which are ${platform}`,
  );
};

const byKey = <T>(before: readonly T[] = [], over: readonly T[] = [], key: keyof T): T[] => [
  ...before.filter((one) => !over.some((other) => other[key] === one[key])),
  ...over,
];

const containerOf = (defined: ContainerProperties = {}, given: ContainerOverrides = {}): ContainerProperties => ({
  ...structuredClone(defined),
  ...given,
  resourceRequirements: byKey(defined.resourceRequirements, given.resourceRequirements, 'type'),
  environment: byKey(defined.environment, given.environment, 'name'),
});

const vcpusOf = ({ vcpus, resourceRequirements = [] }: ContainerProperties): number =>
  Number(resourceRequirements.find(({ type }) => type === 'VCPU')?.value ?? vcpus ?? 1);

export const submit =
  ({ world, store, settle, behaviours }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as SubmitJobCommandInput;
    const name = checkName(input.jobName, 'jobName');
    const queue = findQueue(at, input.jobQueue);
    if (!queue) throw invalidParameter(`Job queue ${input.jobQueue} does not exist`);
    const definition = findDefinition(at, String(input.jobDefinition ?? ''));
    if (!definition) throw invalidParameter(`Job definition ${input.jobDefinition} does not exist or is not ACTIVE`);
    const { state, status, jobQueueArn, jobQueueName } = queue.detail;
    if (state !== 'ENABLED' || !['VALID', 'UPDATING'].includes(String(status))) {
      throw invalidParameter(`Job queue ${jobQueueArn} is not ENABLED and VALID`);
    }
    checkShare(at, queue, input);
    checkPlatform(at, queue, definition);
    const unknown = input.dependsOn?.find(({ jobId }) => !at.jobs.has(String(jobId)));
    if (unknown) throw invalidParameter(`Job ${unknown.jobId} does not exist`);
    if ((input.dependsOn?.length ?? 0) > DEPENDENCIES_MAX) {
      throw invalidParameter(`A job can depend on at most ${DEPENDENCIES_MAX} jobs`);
    }
    const job = newJob(at, { input, definition, jobQueueArn, now: world.now(), name });
    const attempts = Number(job.detail.retryStrategy?.attempts ?? 1);
    job.life = newLife(behaviours.take(call.account, jobQueueName), attempts, world.now());
    at.jobs.set(job.detail.jobId, job);
    return world.answer(call, { jobArn: job.detail.jobArn, jobName: name, jobId: job.detail.jobId });
  };

const newJob = (
  at: Regional,
  given: {
    readonly input: SubmitJobCommandInput;
    readonly definition: JobDefinition;
    readonly jobQueueArn: string;
    readonly name: string;
    readonly now: number;
  },
): Job => {
  const { input, definition } = given;
  const jobId = crypto.randomUUID();
  const container = containerOf(definition.containerProperties, input.containerOverrides);
  const timeout = input.timeout ?? definition.timeout;
  checkAttempts(input.retryStrategy);
  checkTimeout(input.timeout);
  return {
    detail: {
      jobId,
      jobArn: batchArn(at, `job/${jobId}`),
      jobName: given.name,
      jobQueue: given.jobQueueArn,
      jobDefinition: String(definition.jobDefinitionArn),
      status: 'SUBMITTED',
      createdAt: given.now,
      startedAt: undefined,
      attempts: [],
      dependsOn: input.dependsOn ?? [],
      parameters: { ...definition.parameters, ...input.parameters },
      tags: checkTags(input.tags),
      container,
      platformCapabilities: definition.platformCapabilities,
      propagateTags: input.propagateTags ?? definition.propagateTags ?? false,
      retryStrategy: input.retryStrategy ?? definition.retryStrategy ?? { attempts: 1, evaluateOnExit: [] },
      schedulingPriority: input.schedulingPriorityOverride ?? definition.schedulingPriority,
      ...(timeout && { timeout }),
      ...(input.shareIdentifier && { shareIdentifier: input.shareIdentifier }),
      isCancelled: false,
      isTerminated: false,
    },
    vcpus: vcpusOf(container),
    life: undefined,
    ending: undefined,
  };
};
