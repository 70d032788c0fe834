/** What a step of a pool is called: no pool has a dot in its name. */
const OF_POOL = /^(?:compute-environment|job-queue|canary|jobs)-([^.]+)/;

/** All of which the plan has something. */
export const poolNames = (plan: object): readonly string[] => [
  ...new Set(Object.keys(plan).flatMap((step) => OF_POOL.exec(step)?.[1] ?? [])),
];

/** What a plan has of some pools, and of nothing else. */
export const ofPools = <P extends object>(plan: P, pools: readonly string[]): Partial<P> =>
  Object.fromEntries(
    Object.entries(plan).filter(([step]) => pools.includes(OF_POOL.exec(step)?.[1] ?? '')),
  ) as Partial<P>;
