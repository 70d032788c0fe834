/**
 * Time passes when somebody looks: each call first brings the region's environments, queues and jobs up to now.
 * How long DELETED shows, and a relation lingers, is not documented.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentDetail.html
 */

import type { World } from '../../core/world.ts';
import { IAM, type IamSnapshot } from '../iam/contract.ts';
import { createAdvance } from './job-life.ts';
import { type ComputeEnvironment, findEnvironment, type Job, type JobQueue, type Regional } from './state.ts';
import { isFargate } from './validation.ts';
import type { Verdicts } from './verdict.ts';

/** An idle worker is kept for a while before Batch lets it go. */
const IDLE_WORKER_MS = 60_000;
/** DELETED stays in the answers for a few seconds. */
const DELETED_VISIBLE_MS = 5_000;
/** The relation between queue and environment outlives the queue. */
const RELATION_LINGERS_MS = 10_000;

const ACTIVE = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'];
export const isActive = (job: Job): boolean => ACTIVE.includes(job.detail.status);

export const createSettle = (world: World, verdicts: Verdicts) => {
  const advance = createAdvance(world);
  const settleJob = (at: Regional, job: Job, now: number, iam: IamSnapshot | undefined): void => {
    const { detail } = job;
    if (!isActive(job)) return;
    if (job.ending) {
      if (now < job.ending.until) return;
      detail.status = 'FAILED';
      detail.statusReason = job.ending.reason;
      detail.stoppedAt = job.ending.until;
      return;
    }
    if (iam) advance({ at, now, iam }, job);
  };

  const settleQueue = (at: Regional, queue: JobQueue, now: number): void => {
    const { detail, pending } = queue;
    if (pending && now >= pending.until) {
      queue.pending = undefined;
      detail.status = pending.becomes;
      detail.statusReason = pending.becomes === 'VALID' ? 'JobQueue Healthy' : '';
      if (pending.becomes === 'DELETED') {
        queue.goneAt = pending.until + world.delay(DELETED_VISIBLE_MS);
        const until = pending.until + world.delay(RELATION_LINGERS_MS);
        for (const { computeEnvironment } of detail.computeEnvironmentOrder ?? []) {
          at.relations.push({ environmentArn: String(computeEnvironment), until });
        }
      }
    }
    const gone = queue.goneAt !== undefined && now >= queue.goneAt;
    if (gone && at.queues.get(detail.jobQueueName) === queue) at.queues.delete(detail.jobQueueName);
  };

  /** Active jobs of the queues that lead to this environment. */
  const busyCpus = (at: Regional, environment: ComputeEnvironment): number => {
    const queues = [...at.queues.values()].filter(({ detail }) =>
      detail.computeEnvironmentOrder?.some(
        ({ computeEnvironment }) => findEnvironment(at, computeEnvironment) === environment,
      ),
    );
    const arns = new Set(queues.map(({ detail }) => detail.jobQueueArn));
    const enabled = environment.detail.state === 'ENABLED';
    return (
      [...at.jobs.values()]
        .filter(({ detail }) => arns.has(String(detail.jobQueue)))
        .filter(({ detail }) =>
          ['STARTING', 'RUNNING', ...(enabled ? ['RUNNABLE'] : [])].includes(String(detail.status)),
        )
        // No instance is started for a job that none can take.
        .filter(({ detail }) => !(detail.status === 'RUNNABLE' && detail.statusReason))
        .reduce((sum, { vcpus }) => sum + vcpus, 0)
    );
  };

  /** Workers come at once when they are wanted, and go some time after the last job; minvCpus stay even when DISABLED. */
  const scale = (at: Regional, environment: ComputeEnvironment, now: number): void => {
    const { detail } = environment;
    const resources = detail.computeResources;
    if (!resources || isFargate(resources)) return;
    const { minvCpus = 0, maxvCpus = 0, desiredvCpus = 0 } = resources;
    const deleting = detail.status === 'DELETING' || detail.status === 'DELETED';
    const target = deleting ? 0 : Math.min(maxvCpus, Math.max(minvCpus, busyCpus(at, environment)));
    if (desiredvCpus <= target) {
      environment.drainAt = undefined;
      // A disabled or unfit environment does not scale out.
      if (detail.state === 'ENABLED' && detail.status === 'VALID') resources.desiredvCpus = target;
      return;
    }
    environment.drainAt ??= now + world.delay(IDLE_WORKER_MS, 0.2);
    if (now >= environment.drainAt) {
      resources.desiredvCpus = target;
      environment.drainAt = undefined;
    }
  };

  const settleEnvironment = async (
    at: Regional,
    environment: ComputeEnvironment,
    { now, checkRoles }: { now: number; checkRoles: (environment: ComputeEnvironment) => Promise<string> },
  ): Promise<void> => {
    const { detail, pending } = environment;
    if (pending && now >= pending.until) {
      // Batch needs its role to take the environment apart: without it the environment comes back INVALID, for ever.
      const stuck = pending.becomes === 'DELETED' ? await verdicts.serviceRole(at, environment.customRole) : '';
      if (environment.pending !== pending) return; // another call settled it meanwhile
      environment.pending = undefined;
      detail.status = stuck ? 'INVALID' : pending.becomes;
      detail.statusReason = stuck || pending.reason;
      if (detail.status === 'DELETED') environment.goneAt = pending.until + world.delay(DELETED_VISIBLE_MS);
    }
    if (detail.status === 'VALID') {
      const reason = await checkRoles(environment);
      if (reason && detail.status === 'VALID') {
        detail.status = 'INVALID';
        detail.statusReason = reason;
      }
    }
    const name = detail.computeEnvironmentName;
    if (environment.goneAt !== undefined && now >= environment.goneAt) {
      // Its name may belong to a new one by now.
      if (at.environments.get(name) === environment) at.environments.delete(name);
    } else {
      scale(at, environment, now);
    }
  };

  return async (at: Regional): Promise<void> => {
    const now = world.now();
    const lives = [...at.jobs.values()].some((job) => job.life && isActive(job));
    const iam = lives ? await world.service(IAM).snapshots.of(at.account) : undefined;
    for (const job of at.jobs.values()) settleJob(at, job, now, iam);
    for (const queue of [...at.queues.values()]) settleQueue(at, queue, now);
    at.relations = at.relations.filter(({ until }) => now < until);
    // Environments mostly share their roles: one look at each role is enough.
    const looks = new Map<string, Promise<string>>();
    const checkRoles = (environment: ComputeEnvironment): Promise<string> => {
      const key = `${environment.customRole} ${environment.detail.computeResources?.instanceRole}`;
      const look = looks.get(key) ?? verdicts.checkRoles(at, environment);
      looks.set(key, look);
      return look;
    };
    for (const environment of [...at.environments.values()]) {
      await settleEnvironment(at, environment, { now, checkRoles });
    }
  };
};
export type Settle = ReturnType<typeof createSettle>;
