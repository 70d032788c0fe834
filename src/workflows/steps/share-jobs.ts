import type { ShareJobsSpec } from '#domain/resources/batch.ts';
import { find, undo } from '../kernel/calls.ts';
import type { Limit } from '../kernel/limit.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/**
 * A tenant's jobs in a queue that is not its own: nothing is made of them, and they end with it. The queue stays open for
 * others, and so for the tenant's heads: what these start while a drain waits is waited for, too.
 * @param limit of a wait for jobs to come to their end; null: they are ended at once
 */
export const shareJobs = (pool: string, limit: Limit | null) =>
  defineStep({
    name: `jobs-${pool}`,
    expectedMs: minutes(10),
    removalExpectedMs: minutes(limit ? 60 : 10),
    async make(_: ShareJobsSpec): Promise<void> {},
    async undo(spec: ShareJobsSpec) {
      await limit?.of(() => undo.awaitShareJobsEnded(spec), `${spec.queue}: jobs that run still are ended after it`);
      await undo.terminateShareJobs(spec);
    },
    remaining: (spec: ShareJobsSpec) => [
      {
        type: 'AWS::Batch::Job',
        names: [spec.shareIdentifier],
        // A run starts none but canaries, which are listed by themselves.
        look: async (by) => (by === 'run' ? [] : await find.findShareJobs(spec)),
      },
    ],
  });
