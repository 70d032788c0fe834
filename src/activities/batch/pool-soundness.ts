/** Whether Batch finds a pool fit for use: its environment and its queue. */
import type { ComputeEnvironmentSpec, FargateEnvironmentSpec, JobQueueSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { findComputeEnvironment } from './compute-environment-find.ts';
import { findJobQueue } from './job-queue.ts';

type EnvironmentSpec = ComputeEnvironmentSpec | FargateEnvironmentSpec;

export const poolSoundnessActivities = (deps: Pick<ActivityDeps, 'aws'>) => ({
  /** One look. What is wrong, in words. What changes right now is not wrong; what is not there, others tell. */
  async observePool(environment: EnvironmentSpec, queue: JobQueueSpec): Promise<readonly string[]> {
    const batch = deps.aws.batch(environment.account);
    const [has, queued] = await Promise.all([
      findComputeEnvironment(batch, environment.name),
      findJobQueue(batch, queue.name),
    ]);
    return [
      ...(has ? wrongOf(`compute environment ${environment.name}`, has) : []),
      ...(queued ? wrongOf(`job queue ${queue.name}`, queued) : []),
    ];
  },
});

interface Found {
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
}

const wrongOf = (what: string, { status, statusReason = 'no reason given' }: Found): string[] =>
  status === 'INVALID' || status === 'DELETING' ? [`${what} is ${status}: ${statusReason}`] : [];
