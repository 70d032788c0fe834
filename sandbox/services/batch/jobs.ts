/**
 * Jobs that were seeded (and stay in their state until somebody ends them) or submitted (and run through theirs).
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
import type { JobStatus } from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { World } from '../../core/world.ts';
import type { BatchDeps } from './context.ts';
import { list } from './list-jobs.ts';
import { JOB_STATUSES, type JobSeed } from './seed.ts';
import { isActive } from './settle.ts';
import { batchArn, findQueue, invalidParameter, type Job, type JobQueue, type Regional } from './state.ts';
import { submit } from './submit-job.ts';

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
    life: undefined,
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
