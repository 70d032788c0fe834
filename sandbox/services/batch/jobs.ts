/**
 * Jobs that were seeded (and stay in their state until somebody ends them) or submitted (and run through theirs).
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
import type { JobStatus, ListJobsCommandInput, SubmitJobCommandInput } from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { World } from '../../core/world.ts';
import type { BatchDeps } from './context.ts';
import { findDefinition } from './job-definition.ts';
import { JOB_STATUSES, type JobSeed } from './seed.ts';
import { isActive } from './settle.ts';
import {
  batchArn,
  checkName,
  checkOneOf,
  checkTags,
  findEnvironment,
  findQueue,
  invalidParameter,
  type Job,
  type JobQueue,
  pageOf,
  type Regional,
} from './state.ts';

const CANCELLABLE = ['SUBMITTED', 'PENDING', 'RUNNABLE'];
/** A job that was told to end is FAILED some seconds later. */
const ENDING_MS = 5_000;

export const jobRules = (deps: BatchDeps): Record<string, Rule> => ({
  SubmitJob: submit(deps),
  ListJobs: list(deps),
  DescribeJobs: describe(deps),
  CancelJob: end(deps, CANCELLABLE),
  TerminateJob: end(deps, JOB_STATUSES),
});

/** Ends an active job; its reason shows once it is FAILED. The first reason stays. */
export const endJob = (world: World, job: Job, reason: string): void => {
  if (!isActive(job) || job.ending) return;
  job.ending = { until: world.now() + world.delay(ENDING_MS, 0.3), reason };
  job.detail.isTerminated = true;
};

const newJob = (
  at: Regional,
  queue: JobQueue,
  given: { name: string; definition: string; status: JobStatus; now: number },
): Job => {
  const jobId = crypto.randomUUID();
  const startedAt = ['RUNNING', 'SUCCEEDED', 'FAILED'].includes(given.status) ? { startedAt: given.now } : {};
  const stoppedAt = ['SUCCEEDED', 'FAILED'].includes(given.status) ? { stoppedAt: given.now } : {};
  return {
    detail: {
      jobId,
      jobArn: batchArn(at, `job/${jobId}`),
      jobName: given.name,
      jobQueue: queue.detail.jobQueueArn,
      jobDefinition: given.definition,
      status: given.status,
      createdAt: given.now,
      startedAt: undefined,
      ...startedAt,
      ...stoppedAt,
      attempts: [],
      dependsOn: [],
      parameters: {},
      tags: {},
      isCancelled: false,
      isTerminated: false,
    },
    vcpus: 1,
    course: [],
    ending: undefined,
  };
};

/** `POST jobs {queue, count, status, region?}`: jobs that stay as they are until somebody ends them. */
export const seedJobs =
  ({ world, store, settle }: BatchDeps) =>
  async (account: string, { queue: wanted, count, status, region }: JobSeed): Promise<unknown> => {
    for (const at of store.all(account)) {
      await settle(at);
      const queue = region === undefined || region === at.region ? findQueue(at, wanted) : undefined;
      if (!queue) continue;
      const jobs = Array.from({ length: count }, (_, index) =>
        newJob(at, queue, {
          name: `seeded-${index + 1}`,
          definition: batchArn(at, 'job-definition/seeded:1'),
          status,
          now: world.now(),
        }),
      );
      for (const job of jobs) at.jobs.set(job.detail.jobId, job);
      return { jobs: jobs.map(({ detail }) => ({ jobId: detail.jobId, jobArn: detail.jobArn })) };
    }
    throw new Error(`queue: there is no job queue ${wanted}`);
  };

const submit =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as SubmitJobCommandInput;
    const name = checkName(input.jobName, 'jobName');
    const queue = findQueue(at, input.jobQueue);
    if (!queue) throw invalidParameter(`Job queue ${input.jobQueue} does not exist`);
    const definition = findDefinition(at, String(input.jobDefinition ?? ''));
    if (!definition) throw invalidParameter(`Job definition ${input.jobDefinition} does not exist or is not ACTIVE`);
    const { state, status, jobQueueArn } = queue.detail;
    if (state !== 'ENABLED' || !['VALID', 'UPDATING'].includes(String(status))) {
      throw invalidParameter(`Job queue ${jobQueueArn} is not ENABLED and VALID`);
    }
    const now = world.now();
    const job = newJob(at, queue, { name, definition: String(definition.jobDefinitionArn), status: 'SUBMITTED', now });
    Object.assign(job.detail, {
      tags: checkTags(input.tags),
      parameters: { ...definition.parameters, ...input.parameters },
      dependsOn: input.dependsOn ?? [],
      container: { ...definition.containerProperties, ...input.containerOverrides },
      ...(input.retryStrategy && { retryStrategy: input.retryStrategy }),
      ...(input.timeout && { timeout: input.timeout }),
      ...(input.shareIdentifier && { shareIdentifier: input.shareIdentifier }),
    });
    job.course = courseOf(world, canRun(at, queue));
    at.jobs.set(job.detail.jobId, job);
    return world.answer(call, { jobArn: job.detail.jobArn, jobName: name, jobId: job.detail.jobId });
  };

const canRun = (at: Regional, queue: JobQueue): boolean =>
  (queue.detail.computeEnvironmentOrder ?? []).some(({ computeEnvironment }) => {
    const detail = findEnvironment(at, computeEnvironment)?.detail;
    return detail?.state === 'ENABLED' && detail.status === 'VALID' && (detail.computeResources?.maxvCpus ?? 0) > 0;
  });

/** Without a fit environment a job waits in RUNNABLE. */
const courseOf = (world: World, runs: boolean): Job['course'] => {
  const steps: [JobStatus, number][] = [
    ['PENDING', 500],
    ['RUNNABLE', 1_500],
    ...(runs
      ? ([
          ['STARTING', 60_000],
          ['RUNNING', 20_000],
          ['SUCCEEDED', 30_000],
        ] as [JobStatus, number][])
      : []),
  ];
  let at = world.now();
  return steps.map(([status, ms]) => {
    at += world.delay(ms, 0.3);
    return { at, status };
  });
};

const list =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as ListJobsCommandInput;
    if (!input.jobQueue) throw invalidParameter('jobQueue, arrayJobId or multiNodeJobId must be specified');
    const queue = findQueue(at, input.jobQueue);
    if (!queue) throw invalidParameter(`Job queue ${input.jobQueue} does not exist`);
    checkOneOf(input.jobStatus, JOB_STATUSES, 'jobStatus');
    const named = input.filters?.find(({ name }) => name === 'JOB_NAME')?.values;
    const jobs = [...at.jobs.values()]
      .map(({ detail }) => detail)
      .filter(({ jobQueue }) => jobQueue === queue.detail.jobQueueArn)
      // Filters look at all states; without them the state is RUNNING unless another is asked for.
      .filter(({ status, jobName }) =>
        named
          ? named.some((name) => (name.endsWith('*') ? jobName.startsWith(name.slice(0, -1)) : jobName === name))
          : status === (input.jobStatus ?? 'RUNNING'),
      );
    const { page, ...more } = pageOf(jobs, input.maxResults, input.nextToken);
    const jobSummaryList = page.map((detail) => {
      const { jobArn, jobId, jobName, createdAt, status, statusReason, startedAt, stoppedAt, jobDefinition } = detail;
      return { jobArn, jobId, jobName, createdAt, status, statusReason, startedAt, stoppedAt, jobDefinition };
    });
    return world.answer(call, { jobSummaryList, ...more });
  };

const describe =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const wanted = (call.params.jobs ?? []) as string[];
    if (wanted.length > 100) throw invalidParameter('Maximum number of jobs supported is 100 .');
    const jobs = wanted.map((each) => findJob(at, each)).filter((each) => each !== undefined);
    return world.answer(call, { jobs: jobs.map(({ detail }) => structuredClone(detail)) });
  };

const findJob = (at: Regional, idOrArn: string): Job | undefined =>
  at.jobs.get(idOrArn.slice(idOrArn.lastIndexOf('/') + 1));

/** CancelJob leaves a job alone that has started; both are quiet about a job that has ended. */
const end =
  ({ world, store, settle }: BatchDeps, from: readonly string[]): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const { jobId, reason } = call.params as Record<string, string | undefined>;
    if (!reason) throw invalidParameter('reason must not be empty');
    const job = findJob(at, String(jobId ?? ''));
    if (!job) throw invalidParameter(`Job ${jobId} does not exist`);
    if (!from.includes(job.detail.status)) return world.answer(call, {});
    endJob(world, job, reason);
    if (from === CANCELLABLE) job.detail.isCancelled = true;
    return world.answer(call, {});
  };
