/** @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html */
import type { Limit, Quota } from '../../core/limit.ts';
import type { World } from '../../core/world.ts';

export const QUEUES: Limit = { name: 'queues', initial: 50 };
export const COMPUTE_ENVIRONMENTS: Limit = { name: 'computeEnvironments', initial: 50 };

const BATCH = { serviceCode: 'batch', serviceName: 'AWS Batch', adjustable: false };

export const batchQuotas = (world: World): readonly Quota[] => [
  {
    ...BATCH,
    code: 'L-144F0CA5',
    name: 'Compute environment limit',
    initial: 50,
    applied: (account) => world.limit(account, COMPUTE_ENVIRONMENTS),
  },
  {
    ...BATCH,
    code: 'L-4CEA37AD',
    name: 'Job queue limit',
    initial: 50,
    applied: (account) => world.limit(account, QUEUES),
  },
  { ...BATCH, code: 'L-F8102809', name: 'Compute environments per job queue limit.', initial: 3 },
];
