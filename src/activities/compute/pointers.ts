/** Which option of a request is about a pool. */
import { DRAGEN_POOL, RESERVED_POOLS } from '#domain/compute/pools.ts';
import type { ComputePreflightSpec, PoolPreflight } from '#domain/compute/specs.ts';

type Option = 'instanceTypes' | 'imageId';

const DRAGEN: Readonly<Record<Option, string>> = { instanceTypes: 'dragenInstanceType', imageId: 'dragenAmiId' };

/** `/config/forge/instanceTypes`, `/config/eyrie/pools/0/imageId`. */
export const pointerOf = ({ pools }: ComputePreflightSpec, pool: PoolPreflight, option: Option): string => {
  if (pool.name === DRAGEN_POOL) return `/config/forge/${DRAGEN[option]}`;
  const at = pools.filter(({ name }) => !RESERVED_POOLS.includes(name)).findIndex(({ name }) => name === pool.name);
  return at < 0 ? `/config/forge/${option}` : `/config/eyrie/pools/${at}/${option}`;
};
