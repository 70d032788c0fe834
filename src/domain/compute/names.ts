/**
 * Names of all that a compute environment consists of: those of Tower Forge, `<prefix>-<forge id>…`, so that policies
 * scoped to `TowerForge-*` go on working.
 */

/** The longest ending of a role: `-ExecutionRole`. */
const ROLE_SUFFIX_MAX = '-ExecutionRole'.length;

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLE_NAME_MAX = 64;

const FORGE_ID_LENGTH = 20;

/** So long a prefix leaves room for the id and the longest ending in the name of a role. */
export const NAME_PREFIX_MAX = ROLE_NAME_MAX - ROLE_SUFFIX_MAX - FORGE_ID_LENGTH - 1;

/** Of the configuration. Batch's names begin with a letter or digit; IAM, EC2 and EFS take no less than these characters. */
export const isNamePrefix = (text: string): boolean =>
  text.length <= NAME_PREFIX_MAX && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text);

export const NAME_PREFIX_DEFAULT = 'TowerForge';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}0123456789`;

/**
 * In lower case: IAM takes two names for one that differ by case alone, Batch does not. Of 26 · 36¹⁹ no two are alike.
 * @param random a whole number from 0 to below its argument, unforeseeable
 */
export const mintForgeId = (random: (below: number) => number): string => {
  const one = (from: string) => from.charAt(random(from.length));
  return one(LETTERS) + Array.from({ length: FORGE_ID_LENGTH - 1 }, () => one(LETTERS_AND_DIGITS)).join('');
};

export const isForgeId = (text: string): boolean => /^[a-z][a-z0-9]{19}$/.test(text);

/** What the names follow from. */
export interface ComputeNameParts {
  readonly namePrefix: string;
  readonly forgeId: string;
}

export interface ComputeNames {
  /** `TowerForge-<id>`: what all others begin with; launch template, tokens of file systems, the tag `Name`. */
  readonly main: string;
  readonly serviceRole: string;
  readonly fleetRole: string;
  /** Its instance profile is called the same. */
  readonly instanceRole: string;
  readonly executionRole: string;
  readonly headRole: string;
  /** Of heads and tasks, where instances are shared. */
  readonly jobRole: string;
  readonly schedulingPolicy: string;
  /** Security groups of file systems. */
  readonly efsGroup: string;
  readonly lustreGroup: string;
  readonly logGroup: string;
}

export const computeNames = ({ namePrefix, forgeId }: ComputeNameParts): ComputeNames => {
  const main = `${namePrefix}-${forgeId}`;
  return {
    main,
    serviceRole: `${main}-ServiceRole`,
    fleetRole: `${main}-FleetRole`,
    instanceRole: `${main}-InstanceRole`,
    executionRole: `${main}-ExecutionRole`,
    headRole: `${main}-FargateRole`,
    jobRole: `${main}-JobRole`,
    schedulingPolicy: main,
    efsGroup: `${main}-efs`,
    lustreGroup: `${main}-lustre`,
    logGroup: `/aws/batch/${main}`,
  };
};

/** The one pool of EC2 mode has no name of its own in AWS. */
export const MAIN_POOL = 'main';

/** A pool's queue: it never changes its name. */
export const queueName = (parts: ComputeNameParts, pool: string): string => {
  const { main } = computeNames(parts);
  return pool === MAIN_POOL ? main : `${main}-${pool}`;
};

/** A later make of the same thing stands beside the one that it takes the place of: `…-g2`, `…-g3`. */
const generationName = (name: string, generation: number): string => (generation > 1 ? `${name}-g${generation}` : name);

/** A pool's environment, of the make that is wanted. */
export const environmentName = (
  parts: ComputeNameParts & { readonly generations: Readonly<Record<string, number>> },
  pool: string,
): string => generationName(queueName(parts, pool), parts.generations[pool] ?? 1);

/** Of the job that proves a pool's queue, and of its definition. */
export const canaryName = (parts: ComputeNameParts, pool: string): string =>
  `${computeNames(parts).main}-canary-${pool}`;
