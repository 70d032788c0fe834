import type { CanaryEnd } from '#activities/batch/canary.ts';
import type { CanaryView } from '#domain/compute/view.ts';
import { fail } from '#domain/core/failures.ts';
import type { CanarySpec } from '#domain/resources/batch.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { Limit } from '../kernel/limit.ts';
import { defineStep, minutes } from '../kernel/step.ts';

interface Parts {
  /** Null: it is another one's, and there already. */
  readonly queue: { readonly arn: string } | null;
  /** Null: its spec names one, or it does without. */
  readonly execution: { readonly arn: string } | null;
}

/**
 * A job that has run in a pool's queue. It proves what no look at the queue does: that instances start, reach ECS, pull an
 * image and write a log. Nothing of it stays.
 */
export const canaryOf = <const P extends string>(pool: P) =>
  defineStep({
    name: `canary-${pool}`,
    expectedMs: minutes(10), // an instance has to start
    /** @throws ComputeEnvironmentInvalid with all that AWS says of why, where it did not end well in time. */
    async make(spec: CanarySpec, { execution }: Parts): Promise<CanaryView> {
      const { jobId } = await mutate.ensureCanaryJob(spec, spec.executionRoleArn ?? execution?.arn ?? null);
      const end = await endOf(spec, jobId);
      const late = end ? null : await find.observeCanary(spec, jobId);
      await undo.deleteCanary(spec, { by: 'owner', unsureSince: null });
      if (end?.succeeded) {
        return { queue: spec.queue, state: 'succeeded', reason: null, at: new Date().toISOString() };
      }
      throw fail('ComputeEnvironmentInvalid', `queue ${spec.queue} is not fit for use: ${whyNot(spec, end, late)}`);
    },
    async undo(spec: CanarySpec, removal) {
      await undo.deleteCanary(spec, removal('ensureCanaryJob'));
    },
    remaining: (spec: CanarySpec) => [
      { type: 'AWS::Batch::JobDefinition', names: [spec.name], look: (by) => find.findRemainingCanary(spec, by) },
    ],
  });

/** Undefined where it has not ended in time. */
const endOf = async (spec: CanarySpec, jobId: string): Promise<CanaryEnd | undefined> => {
  let end: CanaryEnd | undefined;
  const limit = new Limit(spec.timeoutSeconds * 1_000);
  await limit.of(async () => {
    end = await look.awaitCanaryEnded(spec, jobId);
  }, `${spec.name}: past this it has failed`);
  return end;
};

const whyNot = (spec: CanarySpec, end: CanaryEnd | undefined, late: string | null): string => {
  if (!end) return `a job has not ended after ${spec.timeoutSeconds} seconds (timed-out): ${late}`;
  const log = end.logStream ? `; its log is ${spec.logGroup}/${end.logStream}` : '';
  return `a job failed: ${end.reason || 'without a reason'}${log}`;
};
