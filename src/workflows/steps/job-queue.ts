import type { JobQueueSpec } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';

/** The workspace's job queue, VALID and ENABLED. */
export const jobQueue = defineStep({
  name: 'job-queue',
  expectedMs: minutes(2),
  async make(spec: JobQueueSpec, { arn: computeEnvironmentArn }: { arn: string }): Promise<{ arn: string }> {
    const { arn } = await mutate.ensureJobQueue(spec, computeEnvironmentArn);
    await look.awaitJobQueueValid(spec);
    return { arn };
  },
  remember: (spec: JobQueueSpec) => look.rememberJobQueue(spec),
  async restore(spec: JobQueueSpec, before) {
    await undo.restoreJobQueue(spec, before);
    await undo.awaitJobQueueRestored(spec);
  },
  async undo(spec: JobQueueSpec, removal) {
    await undo.disableJobQueue(spec, removal('ensureJobQueue'));
    await undo.terminateJobs(spec, removal('ensureJobQueue'));
    await undo.awaitJobsEnded(spec);
    await undo.deleteJobQueue(spec, removal('ensureJobQueue'));
    await undo.awaitJobQueueGone(spec, removal('ensureJobQueue'));
  },
});
