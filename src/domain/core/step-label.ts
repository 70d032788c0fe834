/** A step's name as a label of metrics: what users name (a pool) would make a series for each of them. */
export const stepLabel = (name: string): string => name.replace(/^(compute-environment|job-queue|canary)-.+$/, '$1');
