/** What a removal takes besides what a compute environment is now: what it was before an update that did not come to its end. */
import type { ComputeInput } from '#domain/compute/input.ts';
import { computeNames } from '#domain/compute/names.ts';
import { JOBS_END, planCompute } from '#domain/compute/plan.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import { ownShareOf } from '#domain/compute/tenancy.ts';
import type { JobDefinitionsSpec, JobQueueSpec, ShareJobsSpec } from '#domain/resources/batch.ts';
import { poolEnvironment } from '../steps/pool-environment.ts';
import { poolNames } from './pool-names.ts';

/** Of a plan that names no run: what the owner has, whoever made it. */
export const ALL_RUNS = '';

/** No pool has a dot in its name. */
const FORMER = '.former';

/** The environment of a pool that another one has taken the place of, or was to take the place of. */
export const formerEnvironment = (pool: string) => ({
  ...poolEnvironment(pool),
  name: `compute-environment-${pool}${FORMER}` as const,
});

interface Pinned {
  readonly compute: ComputeInput;
  readonly computeBefore: ComputeInput | null;
}

/** And what is only removed. */
export type RemovalPlan = ComputePlan & {
  readonly 'job-definitions': JobDefinitionsSpec | null;
  readonly [jobs: `jobs-${string}`]: ShareJobsSpec;
};

/** A plan to remove by: also what only its former make has, and how the jobs of its queues are waited for. */
export const removalPlan = ({ compute, computeBefore }: Pinned, run: string, dataConfirmed: boolean): RemovalPlan => {
  const plan = planCompute(compute, run);
  const all: ComputePlan = computeBefore
    ? Object.assign(plan, onlyIn(planCompute(computeBefore, run), plan, FORMER))
    : plan;
  return {
    ...all,
    ...drainsOf(all),
    // Whose run registered them, or started them, nobody knows.
    'job-definitions': run === ALL_RUNS ? definitionsOf(compute, plan) : null,
    ...(run === ALL_RUNS ? jobsOf(compute, plan) : {}),
    efs: all.efs && { ...all.efs, confirmed: dataConfirmed },
    lustre: all.lustre && { ...all.lustre, confirmed: dataConfirmed },
  };
};

/** How the queues of a plan are waited for. */
export const drainsOf = (plan: ComputePlan): Readonly<Record<`drain-${string}`, JobQueueSpec>> =>
  Object.fromEntries(
    poolNames(plan).flatMap((pool) => {
      const queue = plan[`job-queue-${pool}`];
      return queue ? [[`drain-${pool}`, queue]] : [];
    }),
  );

/** What its clients have registered: under its names, or with its tag. */
const definitionsOf = (compute: ComputeInput, { preflight: { account, owner } }: ComputePlan): JobDefinitionsSpec => ({
  ...{ account, owner },
  namePrefix: computeNames(compute).main,
});

/** Of a tenant, those of its share: the queues are others', too. */
const jobsOf = (
  compute: ComputeInput,
  { preflight: { account, owner } }: ComputePlan,
): Readonly<Record<`jobs-${string}`, ShareJobsSpec>> => {
  const shareIdentifier = ownShareOf(compute);
  if (!compute.tenancy || shareIdentifier === null) return {};
  const spec = { account, owner, shareIdentifier, terminationReason: JOBS_END };
  return Object.fromEntries(poolsOf(compute).map(({ name, queue }) => [`jobs-${name}`, { ...spec, queue }]));
};

/** What one plan has and another has not. What stands under another name is another thing: its step gets this ending. */
export const onlyIn = (one: ComputePlan, other: ComputePlan, ending: string): Partial<ComputePlan> => {
  const there = new Map(Object.entries(other));
  return Object.fromEntries(
    Object.entries(one).flatMap(([step, spec]) => {
      if (spec === null) return [];
      const same = there.get(step) ?? null;
      if (same === null) return [[step, spec]];
      return nameIn(spec) === nameIn(same) ? [] : [[`${step}${ending}`, spec]];
    }),
  );
};

const nameIn = (spec: object): unknown => ('name' in spec ? spec.name : null);
