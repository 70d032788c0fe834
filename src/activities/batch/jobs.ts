/** Ending the jobs of a queue. What was told to end stays listed until it has, so it is told once. */
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

/** RUNNING first because it costs money, and once more for those that started meanwhile. */
const STATUSES: readonly JobStatus[] = ['RUNNING', 'SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'];

/** As many as DescribeJobs takes. */
const PAGE_SIZE = 100;
/** Batch allows 50 of these calls a second in an account, and others want some. */
const AT_ONCE = 10;
/** An activity has 30 s; what is left is ended by the next look. */
const BUDGET_MS = 15_000;

type Batch = AwsClient<BatchClient>;
type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

interface Ended {
  /** Jobs that had not ended yet. */
  readonly active: number;
  readonly terminated: number;
}

export const jobActivities = (deps: Deps) => {
  const batch = ({ account }: JobQueueSpec) => deps.aws.batch(account);

  return {
    /** Tells every job to end that has not been told yet, as far as the time of one activity goes. */
    async terminateJobs(spec: JobQueueSpec, removal: Removal): Promise<{ terminated: number }> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !mayRemove(queue.tags ?? {}, spec.owner, removal)) return { terminated: 0 };
      const { terminated } = await endJobs(batch(spec), spec);
      return { terminated };
    },

    /** One look, which also ends what started late. @throws NotYet until no job is left. */
    async awaitJobsEnded(spec: JobQueueSpec): Promise<void> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !isOwnedBy(queue.tags ?? {}, spec.owner)) return;
      const { active } = await endJobs(batch(spec), spec);
      if (active > 0) throw lookAgain(`jobs of ${spec.name} are ending`, deps);
    },
  };
};

const endJobs = async (batch: Batch, { name: jobQueue, terminationReason }: JobQueueSpec): Promise<Ended> => {
  const until = Date.now() + BUDGET_MS;
  let active = 0;
  let terminated = 0;
  for (const jobStatus of STATUSES) {
    let nextToken: string | undefined;
    do {
      const page = await batch.send(
        new ListJobsCommand({ jobQueue, jobStatus, maxResults: PAGE_SIZE, ...(nextToken && { nextToken }) }),
      );
      const ids = page.jobSummaryList?.flatMap(({ jobId }) => jobId ?? []) ?? [];
      active += ids.length;
      const left = await notYetTold(batch, ids);
      for (let first = 0; first < left.length && Date.now() < until; first += AT_ONCE) {
        const some = left.slice(first, first + AT_ONCE);
        await Promise.all(some.map((jobId) => terminate(batch, jobId, terminationReason)));
        terminated += some.length;
      }
      nextToken = page.nextToken;
    } while (nextToken && Date.now() < until);
    // What could not be looked at in time may hold jobs.
    if (nextToken) active += 1;
  }
  return { active, terminated };
};

const notYetTold = async (batch: Batch, ids: readonly string[]): Promise<string[]> => {
  if (ids.length === 0) return [];
  const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [...ids] }));
  const told = new Set(jobs.filter(({ isTerminated }) => isTerminated).map(({ jobId }) => jobId));
  return ids.filter((id) => !told.has(id));
};

const terminate = async (batch: Batch, jobId: string, reason: string): Promise<void> => {
  await batch.send(new TerminateJobCommand({ jobId, reason })).catch(ignoreNotFound);
};
