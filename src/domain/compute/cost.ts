/**
 * What a compute environment costs while nothing runs in it, about: list prices of us-east-1 without taxes and traffic.
 * @see https://aws.amazon.com/fsx/lustre/pricing/
 * @see https://aws.amazon.com/efs/pricing/
 */
import type { StandingCost } from '../core/plan-view.ts';
import type { LustreDeployment } from '../resources/file-system.ts';
import type { ComputeInput } from './input.ts';
import { poolsOf } from './pools.ts';
import type { ComputePlan } from './specs.ts';

const PRICES = 'list prices of us-east-1, November 2026, without taxes and traffic';

/** USD a month and GiB, whether it holds anything or not. Persistent: at 125 MB/s a TiB. */
const LUSTRE: Readonly<Record<LustreDeployment, number>> = { SCRATCH_2: 0.14, PERSISTENT_2: 0.145 };

type Item = StandingCost['items'][number];

const rounded = (usd: number): number => Math.round(usd * 100) / 100;

export const computeStandingCost = (input: ComputeInput, plan: ComputePlan): StandingCost => {
  // A tenant's are the shared one's.
  const vcpus = input.tenancy ? 0 : poolsOf(input).reduce((sum, { minvCpus }) => sum + minvCpus, 0);
  const lustre = plan.lustre?.fileSystem;
  const items: Item[] = [
    ...(vcpus > 0 ? [{ what: `${vcpus} vCPUs that are always on (minCpus)`, perMonth: null }] : []),
    ...(lustre
      ? [
          {
            what: `FSx for Lustre, ${lustre.storageCapacity} GiB`,
            perMonth: rounded(lustre.storageCapacity * LUSTRE[lustre.deployment]),
          },
        ]
      : []),
    ...(plan.efs ? [{ what: 'EFS: nothing while it is empty, then USD 0.16 a GiB', perMonth: 0 }] : []),
  ];
  const known = items.every(({ perMonth }) => perMonth !== null);
  const sum = items.reduce((total, { perMonth }) => total + (perMonth ?? 0), 0);
  return { currency: 'USD', perMonth: known ? rounded(sum) : null, items, prices: PRICES };
};
