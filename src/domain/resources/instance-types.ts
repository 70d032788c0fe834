/**
 * What may stand in a compute environment's list of instance types: a type, a family, or a word that lets Batch choose.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
 */

const CHOSEN_BY_BATCH: Readonly<Record<string, string>> = {
  optimal: 'x86_64',
  default_x86_64: 'x86_64',
  default_arm64: 'arm64',
};

/** `optimal` and its like: no offering has such a name. */
export const isChosenByBatch = (wanted: string): boolean => Object.hasOwn(CHOSEN_BY_BATCH, wanted);

export const architectureChosenByBatch = (wanted: string): string | undefined => CHOSEN_BY_BATCH[wanted];

/** By its form alone: `c5.large`, `c7gd.metal-48xl`, `u-6tb1.metal`, `c5`, `optimal`. AWS knows whether there is one. */
export const isInstanceType = (wanted: string): boolean =>
  isChosenByBatch(wanted) || /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)?$/.test(wanted);

/** `c5` is the family of all types that begin with `c5.`. */
export const matchesType = (wanted: string, type: string): boolean =>
  wanted.includes('.') ? type === wanted : type.startsWith(`${wanted}.`);
