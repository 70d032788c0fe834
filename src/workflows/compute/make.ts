/** The recipe: what of a compute environment needs what. Created by it, changed by it, repaired by it; tenants, too. */
import type { ComputeInput } from '#domain/compute/input.ts';
import { outputsOf, poolView, queueArnOf } from '#domain/compute/outputs.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import type { ComputePlan, ComputeResolved } from '#domain/compute/specs.ts';
import type { CanaryView, ComputeOutputs, PoolView } from '#domain/compute/view.ts';
import type { Saga } from '../kernel/saga.ts';
import { canaryOf } from '../steps/canary.ts';
import { efs } from '../steps/efs.ts';
import { forgeLaunchTemplate } from '../steps/forge-launch-template.ts';
import { executionRole, fleetRole, headRole, instanceRole, jobRole, serviceRole } from '../steps/forge-roles.ts';
import { logGroup } from '../steps/log-group.ts';
import { lustre } from '../steps/lustre.ts';
import { poolEnvironment } from '../steps/pool-environment.ts';
import { poolQueue } from '../steps/pool-queue.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { schedulingPolicy } from '../steps/scheduling-policy.ts';

export interface Making {
  readonly compute: ComputeInput;
  readonly plan: ComputePlan;
  /** What preflight has found out. */
  readonly resolved: ComputeResolved;
}

export interface Made {
  readonly outputs: ComputeOutputs;
  readonly canaries: readonly CanaryView[];
  readonly schedulingPolicyArn: string | null;
}

/** A step starts as soon as the results that it takes are there: what is independent goes side by side. */
export const makeCompute = async (saga: Pick<Saga, 'run'>, { compute, plan, resolved }: Making): Promise<Made> => {
  const slots = plan['reserve-slots'] && saga.run(reserveSlots, plan['reserve-slots'], {});
  const log = plan['log-group'] && saga.run(logGroup, plan['log-group'], { slots });
  const service = plan['service-role'] && saga.run(serviceRole, plan['service-role'], { slots });
  const fleet = plan['fleet-role'] && saga.run(fleetRole, plan['fleet-role'], { slots });
  const instance = plan['instance-role'] && saga.run(instanceRole, plan['instance-role'], { slots });
  const execution = plan['execution-role'] && saga.run(executionRole, plan['execution-role'], { slots });
  const head = plan['head-role'] && saga.run(headRole, plan['head-role'], { slots });
  const jobs = plan['job-role'] && saga.run(jobRole, plan['job-role'], { slots });
  const nfs = plan.efs && saga.run(efs, plan.efs, { slots, resolved });
  const scratch = plan.lustre && saga.run(lustre, plan.lustre, { slots, resolved });
  const policy = plan['scheduling-policy'] && saga.run(schedulingPolicy, plan['scheduling-policy'], { slots });
  const template =
    plan['launch-template'] &&
    saga.run(forgeLaunchTemplate, plan['launch-template'], { resolved, efs: nfs, lustre: scratch, slots });
  const pools = poolsOf(compute).map((pool) => {
    const made = template &&
      instance && {
        environment: saga.run(poolEnvironment(pool.name), plan[`compute-environment-${pool.name}`] as never, {
          ...{ resolved, template, instance, service, fleet, efs: nfs, lustre: scratch },
        }),
      };
    const queue = made && saga.run(poolQueue(pool.name), plan[`job-queue-${pool.name}`] as never, { ...made, policy });
    const spec = plan[`canary-${pool.name}`];
    const proof = spec ? saga.run(canaryOf(pool.name), spec, { queue, execution, jobs, log }) : null;
    return { pool, environment: made?.environment ?? null, queue, proof };
  });
  const canaries: CanaryView[] = [];
  const views: PoolView[] = [];
  for (const { pool, environment, queue, proof } of pools) {
    const canary = await proof;
    if (canary) canaries.push(canary);
    const environmentArn = (await environment)?.arn ?? null;
    const queueArn = (await queue)?.arn ?? queueArnOf(compute.account, pool.queue);
    views.push(poolView(pool, { resolved, environmentArn, queueArn }));
  }
  await head;
  await jobs;
  await execution;
  await log;
  const profileArn = (await instance)?.profileArn ?? null;
  const parts = { pools: views, profileArn, efs: await nfs, lustre: await scratch };
  return { outputs: outputsOf(compute, parts), canaries, schedulingPolicyArn: (await policy)?.arn ?? null };
};
