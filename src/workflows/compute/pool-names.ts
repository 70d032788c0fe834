/** What a step of a pool is called: no pool has a dot in its name. */
const OF_POOL = /^(?:compute-environment|job-queue|canary|jobs)-([^.]+)/;

/** All of which the plan has something. */
export const poolNames = (plan: object): readonly string[] => [
  ...new Set(Object.keys(plan).flatMap((step) => OF_POOL.exec(step)?.[1] ?? [])),
];
