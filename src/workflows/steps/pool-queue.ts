import type { JobQueueSpec } from '#domain/resources/batch.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

interface Parts {
  /** One, or several in order: a new environment in front of the former one. */
  readonly environment: { readonly arn: string | readonly string[] };
  readonly policy: { readonly arn: string } | null;
}

/**
 * A pool's queue, VALID and ENABLED. Removed, it takes no more jobs, and those that it has are ended; who lets them come to
 * their end has done so before.
 */
export const poolQueue = <const P extends string>(pool: P) =>
  defineStep({
    name: `job-queue-${pool}`,
    expectedMs: minutes(2),
    async make(spec: JobQueueSpec, { environment, policy }: Parts): Promise<{ arn: string }> {
      const { arn } = await mutate.ensureJobQueue(spec, environment.arn, policy?.arn ?? null);
      await look.awaitJobQueueValid(spec);
      return { arn };
    },
    remember: (spec: JobQueueSpec) => find.rememberJobQueue(spec),
    async restore(spec: JobQueueSpec, before) {
      await undo.restoreJobQueue(spec, before);
      await undo.awaitJobQueueRestored(spec);
    },
    removalExpectedMs: minutes(10),
    async undo(spec: JobQueueSpec, removalFor) {
      const removal = removalFor('ensureJobQueue');
      await undo.disableJobQueue(spec, removal);
      await undo.terminateJobs(spec, removal);
      await undo.awaitJobsEnded(spec, removal);
      await undo.deleteJobQueue(spec, removal);
      await undo.awaitJobQueueGone(spec, removal);
    },
    remaining: (spec: JobQueueSpec) => [
      { type: 'AWS::Batch::JobQueue', names: [spec.name], look: (by) => find.findRemainingJobQueue(spec, by) },
    ],
  });
