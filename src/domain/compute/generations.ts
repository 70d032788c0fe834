/** Which make of its environment each pool has after an update: another one where Batch can't change what there is. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { ComputeInput } from './input.ts';
import { planCompute } from './plan.ts';
import { type Pool, poolsOf } from './pools.ts';

/**
 * An environment keeps all but its sizes where it was made with BEST_FIT, or with a service role of its own; and its kind of
 * role, and whether it has instances, in any case.
 * @param replaced pools that get another environment in any case
 * @see https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
 */
export const generationsAfter = (
  before: ComputeInput,
  wanted: ComputeInput,
  replaced: readonly string[] = [],
): Readonly<Record<string, number>> => {
  const former = new Map(ownPools(before).map((pool) => [pool.name, pool]));
  return Object.fromEntries(
    ownPools(wanted).flatMap((pool) => {
      const was = former.get(pool.name);
      const generation = was ? (before.generations[pool.name] ?? 1) : 1;
      const next = was && (replaced.includes(pool.name) || needsAnother(was, pool, before, wanted));
      return next || generation > 1 ? [[pool.name, next ? generation + 1 : generation]] : [];
    }),
  );
};

/**
 * Pools whose instances Batch would exchange to change their environment in place: jobs that run on them get so long as its
 * update policy says, and are ended then.
 */
export const exchanged = (before: ComputeInput, wanted: ComputeInput): readonly string[] => {
  const former = new Map(ownPools(before).map((pool) => [pool.name, pool]));
  return ownPools(wanted).flatMap((pool) => {
    const was = former.get(pool.name);
    if (!was || was.type === 'FARGATE' || pool.type === 'FARGATE') return [];
    return canonicalJson(keptBy(was, before)) === canonicalJson(keptBy(pool, wanted)) ? [] : [pool.name];
  });
};

/** A tenant has no environments. */
const ownPools = (input: ComputeInput): readonly Pool[] => (input.tenancy ? [] : poolsOf(input));

const needsAnother = (was: Pool, pool: Pool, before: ComputeInput, wanted: ComputeInput): boolean => {
  if ((was.type === 'FARGATE') !== (pool.type === 'FARGATE')) return true;
  // Batch changes no environment to that strategy, either.
  if (pool.allocationStrategy === 'BEST_FIT' && was.allocationStrategy !== 'BEST_FIT') return true;
  const role = before.config.eyrie.serviceRole;
  if (role !== wanted.config.eyrie.serviceRole) return true;
  // All that Fargate has can be changed at any time.
  if (pool.type === 'FARGATE' || (!role && was.allocationStrategy !== 'BEST_FIT')) return false;
  return canonicalJson(keptBy(was, before)) !== canonicalJson(keptBy(pool, wanted));
};

/** What such an environment keeps: all that its instances are made from. */
const keptBy = (pool: Pool, input: ComputeInput) => {
  const { minvCpus: _min, maxvCpus: _max, environment: _name, ...made } = pool;
  const plan = planCompute({ ...input, generations: {} }, '');
  const { vpcId, subnetIds, securityGroupIds } = plan.preflight;
  return { made, network: { vpcId, subnetIds, securityGroupIds }, template: plan['launch-template'] };
};
