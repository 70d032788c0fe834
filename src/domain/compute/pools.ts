/**
 * The pools of a compute environment: each is one environment of Batch behind one queue.
 *
 * EC2: one pool `main`, where head jobs and tasks run. SPOT: tasks in `work`, heads in `head`, on demand or without
 * instances (Fargate), so that a reclaimed instance never ends a run. Then those of the options, and `dragen`.
 */
import type { AllocationStrategy } from '../resources/batch.ts';
import type { ComputeConfig, ForgeOptions, PoolOptions } from './config.ts';
import type { ComputeInput } from './input.ts';
import { environmentName, MAIN_POOL, queueName } from './names.ts';

export interface Pool {
  /** Part of the names of steps, queue and environment. */
  readonly name: string;
  /** `both`: heads and tasks. `extra`: tasks with its label alone. */
  readonly role: 'both' | 'head' | 'work' | 'extra';
  /** Of Nextflow processes; null: those that carry no other pool's. */
  readonly label: string | null;
  readonly type: 'EC2' | 'SPOT' | 'FARGATE';
  readonly architecture: 'x86_64' | 'arm64';
  readonly gpu: boolean;
  /** Empty of Fargate. */
  readonly instanceTypes: readonly string[];
  readonly minvCpus: number;
  readonly maxvCpus: number;
  /** Null of Fargate. */
  readonly allocationStrategy: AllocationStrategy | null;
  /** Of Spot. */
  readonly bidPercentage: number | null;
  /** Null: the newest one. */
  readonly imageId: string | null;
  readonly queue: string;
  /** Null of a tenant: another one may stand behind the queue tomorrow. */
  readonly environment: string | null;
}

/** Those of a tenant are the shared one's. In order: where heads run, where tasks do, the others by the options. */
export const poolsOf = (input: ComputeInput): readonly Pool[] => {
  const { forge, eyrie } = input.config;
  const own = forge.type === 'EC2' ? [mainPool(input.config)] : [headPool(input.config), workPool(input.config)];
  const dragen = forge.dragenEnabled ? [dragenPool(forge)] : [];
  return [...own, ...eyrie.pools.map(extraPool), ...dragen].map((pool) => ({
    ...pool,
    queue: queueName(input.tenancy ?? input, pool.name),
    environment: input.tenancy ? null : environmentName(input, pool.name),
  }));
};

export const DRAGEN_POOL = 'dragen';

/** Where heads run: one of them, whatever the mode. */
export const HEAD_POOLS: readonly string[] = [MAIN_POOL, 'head'];

/** Names that `config.eyrie.pools` may not give. */
export const RESERVED_POOLS: readonly string[] = [...HEAD_POOLS, 'work', DRAGEN_POOL];

type Wanted = Omit<Pool, 'queue' | 'environment'>;

const mainPool = (config: ComputeConfig): Wanted => ({
  ...tasks(config),
  name: MAIN_POOL,
  role: 'both',
});

const workPool = (config: ComputeConfig): Wanted => ({ ...tasks(config), name: 'work', role: 'work' });

const tasks = ({ forge, nvnmeStorageEnabled }: ComputeConfig): Omit<Wanted, 'name' | 'role'> => {
  const architecture = architectureOf(forge);
  return {
    label: null,
    type: forge.type,
    architecture,
    gpu: forge.gpuEnabled,
    instanceTypes: typesOr(forge.instanceTypes, { architecture, gpu: forge.gpuEnabled, nvme: nvnmeStorageEnabled }),
    minvCpus: forge.minCpus,
    maxvCpus: forge.maxCpus,
    allocationStrategy: forge.allocStrategy ?? strategyOf(forge.type),
    bidPercentage: bidOf(forge),
    imageId: forge.imageId,
  };
};

/**
 * One instance of this many vCPUs holds the heads of as many runs; a head that needs more gets one of its own size.
 * @see https://aws.amazon.com/ec2/instance-types/ sizes double, up to 192
 */
const HEAD_VCPUS = 16;

const headPool = ({ forge, headJobCpus }: ComputeConfig): Wanted => {
  const architecture = architectureOf(forge);
  const fargate = forge.fargateHeadEnabled;
  return {
    name: 'head',
    role: 'head',
    label: null,
    type: fargate ? 'FARGATE' : 'EC2',
    architecture,
    gpu: false,
    // The user's list is for tasks: a head on a GPU would be a waste.
    instanceTypes: fargate ? [] : typesOr([], { architecture, gpu: false, nvme: false }),
    minvCpus: 0,
    maxvCpus: Math.max(HEAD_VCPUS, 2 ** Math.ceil(Math.log2(headJobCpus))),
    allocationStrategy: fargate ? null : 'BEST_FIT_PROGRESSIVE',
    bidPercentage: null,
    imageId: fargate || forge.gpuEnabled ? null : forge.imageId,
  };
};

const extraPool = (pool: PoolOptions): Wanted => {
  const architecture = architectureOf(pool);
  return {
    name: pool.name,
    role: 'extra',
    label: pool.label,
    type: pool.type,
    architecture,
    gpu: pool.gpuEnabled,
    instanceTypes: typesOr(pool.instanceTypes, { architecture, gpu: pool.gpuEnabled, nvme: false }),
    minvCpus: pool.minCpus,
    maxvCpus: pool.maxCpus,
    allocationStrategy: pool.allocStrategy ?? strategyOf(pool.type),
    bidPercentage: bidOf(pool),
    imageId: pool.imageId,
  };
};

/** The smallest with an FPGA that is still offered. */
const DRAGEN_TYPE = 'f2.6xlarge';

const dragenPool = (forge: ForgeOptions): Wanted => ({
  name: DRAGEN_POOL,
  role: 'extra',
  label: DRAGEN_POOL,
  type: forge.type,
  architecture: 'x86_64',
  gpu: false,
  instanceTypes: [forge.dragenInstanceType ?? DRAGEN_TYPE],
  minvCpus: 0,
  maxvCpus: forge.maxCpus,
  allocationStrategy: strategyOf(forge.type),
  bidPercentage: bidOf(forge),
  imageId: forge.dragenAmiId,
});

const architectureOf = ({ arm64Enabled }: { readonly arm64Enabled: boolean }): 'x86_64' | 'arm64' =>
  arm64Enabled ? 'arm64' : 'x86_64';

/** BEST_FIT would rule out every later change of the environment. */
const strategyOf = (type: 'SPOT' | 'EC2'): AllocationStrategy =>
  type === 'SPOT' ? 'SPOT_PRICE_CAPACITY_OPTIMIZED' : 'BEST_FIT_PROGRESSIVE';

/** Batch takes 1 to 100. Seqera's form takes 0 too, which no instance could meet: as if it said nothing. */
const bidOf = ({ type, bidPercentage }: Pick<PoolOptions, 'type' | 'bidPercentage'>): number | null =>
  type === 'SPOT' && bidPercentage !== null && bidPercentage > 0 ? bidPercentage : null;

interface Kind {
  readonly architecture: 'x86_64' | 'arm64';
  readonly gpu: boolean;
  readonly nvme: boolean;
}

/**
 * What is given, else families that fit. All of these are offered wherever Batch is in wide use; preflight asks about the
 * region.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/instance-type-compute-table.html
 */
const typesOr = (given: readonly string[], kind: Kind): readonly string[] =>
  given.length > 0 ? given : familiesFor(kind);

const familiesFor = ({ architecture, gpu, nvme }: Kind): readonly string[] => {
  // Both have NVMe disks. Older ones have GPUs that current drivers leave behind.
  if (gpu) return architecture === 'arm64' ? ['g5g'] : ['g4dn', 'g5'];
  if (architecture === 'arm64') return nvme ? ['m6gd', 'r6gd', 'c6gd'] : ['m6g', 'r6g', 'c6g'];
  return nvme ? ['m6id', 'r6id', 'c6id'] : ['optimal'];
};
