import type { ComputePlan } from '#domain/compute/specs.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';

/** Those of the pools whose queues have jobs, as they are counted here. */
export const busyPools = async (
  plan: ComputePlan,
  pools: readonly string[],
  countJobs: (queue: JobQueueSpec) => Promise<number>,
): Promise<string[]> => {
  const busy: string[] = [];
  for (const pool of pools) {
    const queue = plan[`job-queue-${pool}`];
    if (queue && (await countJobs(queue)) > 0) busy.push(pool);
  }
  return busy;
};
