/** The jobs of a queue: how many there are, ending them, and waiting until they have ended. */
import {
  type BatchClient,
  DescribeJobsCommand,
  type JobStatus,
  ListJobsCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { isOwnedBy, mayRemove, type Removal } from '#domain/core/ownership.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { findJobQueue } from './job-queue.ts';

/** As a job goes through them, so that one which moves on meanwhile is met later. */
const ACTIVE: readonly JobStatus[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'];

/** RUNNING first because it costs money. */
const ENDING_ORDER: readonly JobStatus[] = ['RUNNING', ...ACTIVE];

/** As many as DescribeJobs takes. */
const PAGE_SIZE = 100;
/** Batch allows 50 of these calls a second in an account, and others want some. */
const AT_ONCE = 10;
/** An activity has 30 s; what is left is ended by the next one. */
const BUDGET_MS = 15_000;

const OF_OWNER: Removal = { by: 'owner', unsureSince: null };

type Batch = AwsClient<BatchClient>;
type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

export const jobActivities = (deps: Deps) => {
  const batch = ({ account }: JobQueueSpec) => deps.aws.batch(account);

  return {
    /**
     * Tells every job to end that has not been told yet. What was told stays listed until it has ended, so it is told
     * once. @throws NotYet until a look at all of them finds none that has to be told.
     */
    async terminateJobs(spec: JobQueueSpec, removal: Removal): Promise<void> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !mayRemove(queue.tags ?? {}, spec.owner, removal)) return;
      const { told, all } = await tellJobs(batch(spec), spec);
      if (told > 0 || !all) throw lookAgain(`jobs of ${spec.name} are told to end: ${told} more`, deps);
    },

    /**
     * One look. The jobs of a queue that this removal leaves alone go on; left out, it takes what is its owner's.
     * @throws NotYet until no job is left.
     */
    async awaitJobsEnded(spec: JobQueueSpec, removal: Removal = OF_OWNER): Promise<void> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !mayRemove(queue.tags ?? {}, spec.owner, removal)) return;
      const active = await countActive(batch(spec), spec.name);
      if (active > 0) throw lookAgain(`${active === PAGE_SIZE ? 'many' : active} jobs of ${spec.name} go on`, deps);
    },

    /** How many jobs are active: a hundred stands for more. 0 where there is no such queue. */
    async observeActiveJobs(spec: JobQueueSpec): Promise<number> {
      const queue = await findJobQueue(batch(spec), spec.name);
      return queue && isOwnedBy(queue.tags ?? {}, spec.owner) ? await countActive(batch(spec), spec.name) : 0;
    },
  };
};

/** At most one page of each state. */
const countActive = async (batch: Batch, jobQueue: string): Promise<number> => {
  const ids = new Set<string>();
  for (const jobStatus of ACTIVE) {
    const { jobSummaryList = [] } = await batch.send(
      new ListJobsCommand({ jobQueue, jobStatus, maxResults: PAGE_SIZE }),
    );
    for (const { jobId = '' } of jobSummaryList) ids.add(jobId);
  }
  return Math.min(ids.size, PAGE_SIZE);
};

/** `all`: there was time to look at all of them. */
const tellJobs = async (
  batch: Batch,
  { name: jobQueue, terminationReason }: JobQueueSpec,
): Promise<{ readonly told: number; readonly all: boolean }> => {
  const until = Date.now() + BUDGET_MS;
  let told = 0;
  for (const jobStatus of ENDING_ORDER) {
    let nextToken: string | undefined;
    do {
      if (Date.now() > until) return { told, all: false };
      const page = await batch.send(
        new ListJobsCommand({ jobQueue, jobStatus, maxResults: PAGE_SIZE, ...(nextToken && { nextToken }) }),
      );
      const ids = await notYetTold(batch, page.jobSummaryList?.flatMap(({ jobId }) => jobId ?? []) ?? []);
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        if (Date.now() > until) return { told, all: false };
        const some = ids.slice(first, first + AT_ONCE);
        await Promise.all(some.map((jobId) => terminateJob(batch, jobId, terminationReason)));
        told += some.length;
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return { told, all: true };
};

const notYetTold = async (batch: Batch, ids: readonly string[]): Promise<string[]> => {
  if (ids.length === 0) return [];
  const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [...ids] }));
  const told = new Set(jobs.filter(({ isTerminated }) => isTerminated).map(({ jobId }) => jobId));
  return ids.filter((id) => !told.has(id));
};

export const terminateJob = async (batch: Batch, jobId: string, reason: string): Promise<void> => {
  await batch.send(new TerminateJobCommand({ jobId, reason })).catch(ignoreNotFound);
};
