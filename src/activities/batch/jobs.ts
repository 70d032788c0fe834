/** The jobs of a queue, or of one share in it: how many there are, ending them, and waiting until they have ended. */
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
import type { JobQueueSpec, ShareJobsSpec } from '#domain/resources/batch.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { findJobQueue } from './job-queue.ts';

/** As a job goes through them, so that one which moves on meanwhile is met later. */
const ACTIVE: readonly JobStatus[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'];

const RUNNING: readonly JobStatus[] = ['STARTING', 'RUNNING'];

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
  const batch = ({ account }: Spec) => deps.aws.batch(account);

  /** Null where there is no such queue, and so no job in it. */
  const shareOf = async (spec: ShareJobsSpec): Promise<Jobs | null> => {
    const { queue: name, shareIdentifier } = spec;
    return (await findJobQueue(batch(spec), name)) ? { batch: batch(spec), queue: name, shareIdentifier } : null;
  };

  const countOwn = async (spec: JobQueueSpec, statuses: readonly JobStatus[]): Promise<number> => {
    const queue = await findJobQueue(batch(spec), spec.name);
    if (!queue || !isOwnedBy(queue.tags ?? {}, spec.owner)) return 0;
    return await countActive({ batch: batch(spec), queue: spec.name }, statuses);
  };

  return {
    /**
     * Tells every job to end that has not been told yet. What was told stays listed until it has ended, so it is told
     * once. @throws NotYet until a look at all of them finds none that has to be told.
     */
    async terminateJobs(spec: JobQueueSpec, removal: Removal): Promise<void> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !mayRemove(queue.tags ?? {}, spec.owner, removal)) return;
      const { told, all } = await tellJobs({ batch: batch(spec), queue: spec.name }, spec.terminationReason);
      if (told > 0 || !all) throw lookAgain(`jobs of ${spec.name} are told to end: ${told} more`, deps);
    },

    /**
     * One look. The jobs of a queue that this removal leaves alone go on; left out, it takes what is its owner's.
     * @throws NotYet until no job is left.
     */
    async awaitJobsEnded(spec: JobQueueSpec, removal: Removal = OF_OWNER): Promise<void> {
      const queue = await findJobQueue(batch(spec), spec.name);
      if (!queue || !mayRemove(queue.tags ?? {}, spec.owner, removal)) return;
      const active = await countActive({ batch: batch(spec), queue: spec.name });
      if (active > 0) throw lookAgain(`${shown(active)} jobs of ${spec.name} go on`, deps);
    },

    /** How many jobs are active: a hundred stands for more. 0 where there is no such queue. */
    observeActiveJobs: (spec: JobQueueSpec): Promise<number> => countOwn(spec, ACTIVE),

    /** How many jobs stand on instances, or are about to: a hundred stands for more. 0 where there is no such queue. */
    observeRunningJobs: (spec: JobQueueSpec): Promise<number> => countOwn(spec, RUNNING),

    /** One look at the jobs of a share, which others' go on beside. @throws NotYet until none is left. */
    async awaitShareJobsEnded(spec: ShareJobsSpec): Promise<void> {
      const jobs = await shareOf(spec);
      const active = jobs ? await countActive(jobs) : 0;
      if (active > 0) throw lookAgain(`${shown(active)} jobs of share ${spec.shareIdentifier} go on`, deps);
    },

    /**
     * Tells every job of a share to end. Its queue stays open, so one may come in while others are told: @throws NotYet
     * until none is left.
     */
    async terminateShareJobs(spec: ShareJobsSpec): Promise<void> {
      const jobs = await shareOf(spec);
      if (!jobs) return;
      const { told } = await tellJobs(jobs, spec.terminationReason);
      const active = await countActive(jobs);
      if (active === 0) return;
      throw lookAgain(
        `${shown(active)} jobs of share ${spec.shareIdentifier} go on; ${told} more are told to end`,
        deps,
      );
    },

    /** Those that go on, at most a hundred. */
    async findShareJobs(spec: ShareJobsSpec): Promise<Remaining[]> {
      const jobs = await shareOf(spec);
      return jobs ? [...(await findActive(jobs))].map(([id, name]) => ({ id, name })) : [];
    },
  };
};

/** All of a queue, or one share's. */
interface Jobs {
  readonly batch: Batch;
  readonly queue: string;
  readonly shareIdentifier?: string;
}

const listOf = ({ queue, shareIdentifier }: Jobs, jobStatus: JobStatus, nextToken?: string): ListJobsCommand =>
  new ListJobsCommand({
    jobQueue: queue,
    jobStatus,
    maxResults: PAGE_SIZE,
    ...(nextToken && { nextToken }),
    // The one filter beside which the status counts.
    ...(shareIdentifier && { filters: [{ name: 'SHARE_IDENTIFIER', values: [shareIdentifier] }] }),
  });

const shown = (active: number): string => (active === PAGE_SIZE ? 'many' : String(active));

const countActive = async (jobs: Jobs, statuses = ACTIVE): Promise<number> =>
  Math.min((await findActive(jobs, statuses)).size, PAGE_SIZE);

/** Names by id: at most one page of each state. */
const findActive = async (jobs: Jobs, statuses = ACTIVE): Promise<Map<string, string | null>> => {
  const found = new Map<string, string | null>();
  for (const jobStatus of statuses) {
    const { jobSummaryList = [] } = await jobs.batch.send(listOf(jobs, jobStatus));
    for (const { jobId = '', jobName = null } of jobSummaryList) found.set(jobId, jobName);
  }
  return found;
};

/** `all`: there was time to look at all of them. */
const tellJobs = async (jobs: Jobs, reason: string): Promise<{ readonly told: number; readonly all: boolean }> => {
  const { batch } = jobs;
  const until = Date.now() + BUDGET_MS;
  let told = 0;
  for (const jobStatus of ENDING_ORDER) {
    let nextToken: string | undefined;
    do {
      if (Date.now() > until) return { told, all: false };
      const page = await batch.send(listOf(jobs, jobStatus, nextToken));
      const ids = await notYetTold(batch, page.jobSummaryList?.flatMap(({ jobId }) => jobId ?? []) ?? []);
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        if (Date.now() > until) return { told, all: false };
        const some = ids.slice(first, first + AT_ONCE);
        await Promise.all(some.map((jobId) => terminateJob(batch, jobId, reason)));
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
