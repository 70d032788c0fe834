import type { JobQueueSpec } from '#domain/resources/batch.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** The workspace's job queue, VALID and ENABLED. */
export const jobQueue = defineStep({
  name: 'job-queue',
  expectedMs: minutes(2),
  async make(
    spec: JobQueueSpec,
    { environment }: { readonly environment: { readonly arn: string } },
  ): Promise<{ arn: string }> {
    const { arn } = await mutate.ensureJobQueue(spec, environment.arn);
    await look.awaitJobQueueValid(spec);
    return { arn };
  },
  remember: (spec: JobQueueSpec) => find.rememberJobQueue(spec),
  async restore(spec: JobQueueSpec, before) {
    await undo.restoreJobQueue(spec, before);
    await undo.awaitJobQueueRestored(spec);
  },
  async undo(spec: JobQueueSpec, removal) {
    await undo.disableJobQueue(spec, removal('ensureJobQueue'));
    await undo.terminateJobs(spec, removal('ensureJobQueue'));
    await undo.awaitJobsEnded(spec, removal('ensureJobQueue'));
    await undo.deleteJobQueue(spec, removal('ensureJobQueue'));
    await undo.awaitJobQueueGone(spec, removal('ensureJobQueue'));
  },
  remaining: (spec: JobQueueSpec) => [
    { type: 'AWS::Batch::JobQueue', names: [spec.name], look: (by) => find.findRemainingJobQueue(spec, by) },
  ],
  park: {
    expectedMs: minutes(5),
    type: 'AWS::Batch::JobQueue',
    async run(spec, removal) {
      await undo.disableJobQueue(spec, removal());
      await undo.terminateJobs(spec, removal());
      await undo.awaitJobsEnded(spec, removal());
    },
  },
});
