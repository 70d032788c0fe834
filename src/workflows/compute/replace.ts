/** Blue/green: a pool's new environment stands in front of the former one until that has run its jobs. */
import type { ComputePlan } from '#domain/compute/specs.ts';
import type { ComputeEnvironmentSpec, FargateEnvironmentSpec, JobQueueSpec } from '#domain/resources/batch.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import type { Limit } from '../kernel/limit.ts';
import type { Saga } from '../kernel/saga.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { formerEnvironment } from './former.ts';
import { poolNames } from './pool-names.ts';

type Environment = ComputeEnvironmentSpec | FargateEnvironmentSpec;

/** One pool whose environment another one takes the place of. */
export interface Replacement {
  readonly pool: string;
  readonly former: Environment;
}

export const replacementsOf = (before: ComputePlan, after: ComputePlan): readonly Replacement[] =>
  poolNames(after).flatMap((pool) => {
    const former = before[`compute-environment-${pool}`];
    const next = after[`compute-environment-${pool}`];
    return former && next && former.name !== next.name ? [{ pool, former }] : [];
  });

/**
 * The saga of an update: nothing is undone step by step, since what there was is made good as a whole; and a queue keeps
 * its former environment, behind the new one.
 */
export const updating = (saga: Pick<Saga, 'run'>, replacements: readonly Replacement[]): Pick<Saga, 'run'> => ({
  run: (step, spec, needs) => {
    const { undo: _, ...kept } = step;
    const replaced = replacements.find(({ pool }) => step.name === `job-queue-${pool}`);
    if (!replaced) return saga.run(kept as typeof step, spec, needs);
    const make: typeof step.make = async (wanted, ready) => {
      const former = await find.findFormerEnvironment(replaced.former);
      const { environment } = ready as unknown as { readonly environment: { readonly arn: string } };
      const arns = former ? [environment.arn, former.arn] : [environment.arn];
      return await step.make(wanted, { ...ready, environment: { arn: arns } });
    };
    return saga.run({ ...kept, make } as typeof step, spec, needs);
  },
});

/** What a former environment is taken away from. */
export interface FormerSpec {
  readonly former: Environment;
  readonly queue: JobQueueSpec;
  readonly environmentArn: string;
  readonly schedulingPolicyArn: string | null;
}

/** It takes no more jobs, and has its own come to their end, within the limit; then the queue lets go of it, and it goes. */
export const retirement = (pool: string, limit: Limit) => {
  const step = formerEnvironment(pool);
  return defineStep({
    name: step.name,
    expectedMs: minutes(60),
    removalExpectedMs: minutes(60),
    async make(_: FormerSpec): Promise<void> {},
    async undo({ former, queue, environmentArn, schedulingPolicyArn }: FormerSpec, removal) {
      if (former.type !== 'FARGATE') await undo.drainComputeEnvironment(former, removal());
      await undo.disableComputeEnvironment(former, removal());
      const idle =
        former.type === 'FARGATE'
          ? () => undo.awaitJobsEnded(queue)
          : () => undo.awaitComputeEnvironmentDrained(former);
      await limit.of(idle, `${former.name}: what runs still is ended after it`);
      await mutate.ensureJobQueue(queue, [environmentArn], schedulingPolicyArn);
      await look.awaitJobQueueValid(queue);
      await undo.deleteComputeEnvironment(former, removal());
      await undo.awaitComputeEnvironmentGone(former, removal());
    },
    remaining: ({ former }: FormerSpec) => step.remaining?.(former as never) ?? [],
  });
};
