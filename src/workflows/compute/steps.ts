/** Of which steps a compute environment consists: the lists that everything about a step follows from. */
import { HEAD_POOLS } from '#domain/compute/pools.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import type { Limit } from '../kernel/limit.ts';
import type { Stages } from '../kernel/removal-stages.ts';
import { type AnyStep, specOf } from '../kernel/step.ts';
import { canaryOf } from '../steps/canary.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { efs } from '../steps/efs.ts';
import { forgeLaunchTemplate } from '../steps/forge-launch-template.ts';
import { executionRole, fleetRole, headRole, instanceRole, jobRole, serviceRole } from '../steps/forge-roles.ts';
import { jobDefinitions } from '../steps/job-definitions.ts';
import { logGroup } from '../steps/log-group.ts';
import { lustre } from '../steps/lustre.ts';
import { poolEnvironment } from '../steps/pool-environment.ts';
import { poolQueue } from '../steps/pool-queue.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { schedulingPolicy } from '../steps/scheduling-policy.ts';
import { shareJobs } from '../steps/share-jobs.ts';
import { drainOf } from './drain.ts';
import { formerEnvironment } from './former.ts';
import { poolNames } from './pool-names.ts';
import { publishCompute } from './publish.ts';

/** What all pools share, in the order in which operators read it. */
const SHARED: readonly AnyStep[] = [
  ...[computePreflight, reserveSlots, logGroup],
  ...[serviceRole, fleetRole, instanceRole, executionRole, headRole, jobRole],
  ...[efs, lustre, schedulingPolicy, forgeLaunchTemplate],
] as readonly AnyStep[];

/** Their data is guarded. */
export const FILE_SYSTEMS = [efs, lustre] as readonly AnyStep[];

/** Those for which the plan has something. */
const planned = (plan: ComputePlan, steps: readonly unknown[]): readonly AnyStep[] =>
  (steps as readonly AnyStep[]).filter((step) => (specOf(plan, step) ?? null) !== null);

/** All that a create makes; undone last begun first. */
export const stepsOf = (plan: ComputePlan): readonly AnyStep[] => {
  const pools = poolNames(plan);
  const made = [...SHARED, ...pools.map(poolEnvironment), ...pools.map(poolQueue), ...pools.map(canaryOf)];
  return [...planned(plan, made), publishCompute as AnyStep];
};

/**
 * Heads before the tasks that they start, jobs before queues, queues before environments; roles, of which Batch needs one to take an environment apart, and what
 * instances use only when that is gone. Places are given back last.
 * @param limit of a wait for jobs; null: they are ended at once
 */
export const removalStages = (plan: ComputePlan, limit: Limit | null): Stages => {
  const pools = poolNames(plan);
  const drains = (heads: boolean) =>
    limit ? [pools.filter((pool) => HEAD_POOLS.includes(pool) === heads).map((pool) => drainOf(pool, limit))] : [];
  return [
    ...[...drains(true), ...drains(false)],
    pools.map((pool) => shareJobs(pool, limit)),
    pools.map(canaryOf),
    pools.map(poolQueue),
    [...pools.map(poolEnvironment), ...pools.map(formerEnvironment), jobDefinitions],
    [forgeLaunchTemplate, schedulingPolicy, instanceRole, serviceRole, fleetRole, executionRole, headRole, jobRole],
    [efs, lustre, logGroup],
    [reserveSlots],
  ].map((stage) => planned(plan, stage));
};
