/**
 * What options demand of each other: those of Seqera Platform, and those that AWS would refuse later. Each names what it
 * reads, so that it speaks even where another option is no good.
 */
import type { ComputeConfig, PoolOptions } from './config.ts';
import { allowedPlaces, efsMountOf, lustreMountOf } from './places.ts';
import { bucketPolicyLength } from './policies.ts';
import { RESERVED_POOLS } from './pools.ts';

export interface RuleProblem {
  /** The option to change, with dots, from `config` on: `forge.bidPercentage`, `eyrie.pools.0.name`. */
  readonly at: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  /** For the reference page. */
  readonly says: string;
  /** Options that it reads: where one of them can't be used it says nothing. */
  readonly reads: readonly string[];
  readonly problems: (config: ComputeConfig) => readonly RuleProblem[];
}

/** What is broken of a configuration, all of it. @param usable whether an option has a value of its type */
export const brokenRules = (
  config: ComputeConfig,
  usable: (option: string) => boolean = () => true,
): readonly (RuleProblem & { readonly rule: string })[] =>
  RULES.filter(({ reads }) => reads.every(usable)).flatMap(({ name, problems }) =>
    problems(config).map((problem) => ({ ...problem, rule: name })),
  );

const when = (broken: boolean, at: string, message: string): RuleProblem[] => (broken ? [{ at, message }] : []);

const isSpotStrategy = (strategy: string | null): boolean => strategy?.startsWith('SPOT_') ?? false;

const LETS_BATCH_CHOOSE = ['optimal', 'default_x86_64', 'default_arm64'];

/** Memory in MiB that a Fargate task of so many vCPUs may have: from, to, in steps of. */
const FARGATE_SIZES: ReadonlyMap<number, readonly [from: number, to: number, step: number]> = new Map([
  [1, [2048, 8192, 1024]],
  [2, [4096, 16_384, 1024]],
  [4, [8192, 30_720, 1024]],
  [8, [16_384, 61_440, 4096]],
  [16, [32_768, 122_880, 8192]],
]);

const FILE_SYSTEMS = ['forge.efsCreate', 'forge.efsId', 'forge.fsxSize', 'forge.fsxName'];

const hasEfs = ({ forge }: ComputeConfig): boolean => forge.efsCreate || forge.efsId !== null;
const hasLustre = ({ forge }: ComputeConfig): boolean => forge.fsxSize !== null || forge.fsxName !== null;

/** Directories that a mount would put out of the system's sight. */
const SYSTEM_DIRECTORIES = [
  'bin',
  'boot',
  'dev',
  'etc',
  'lib',
  'lib64',
  'opt',
  'proc',
  'root',
  'run',
  'sbin',
  'sys',
  'usr',
  'var',
];

const isSystemPath = (path: string): boolean => SYSTEM_DIRECTORIES.includes(path.split('/')[1] ?? '');

/** Room for buckets in the 10,240 characters that IAM gives to all inline policies of a role. */
const BUCKET_POLICY_MAX = 5000;

export const RULES: readonly Rule[] = [
  {
    name: 'fusion-needs-wave',
    says: 'Fusion needs Wave.',
    reads: ['waveEnabled', 'fusion2Enabled'],
    problems: ({ fusion2Enabled, waveEnabled }) =>
      when(fusion2Enabled && !waveEnabled, 'fusion2Enabled', 'needs Wave: set waveEnabled to true too'),
  },
  {
    name: 'fusion-needs-s3',
    says: 'Fusion needs a work directory in S3.',
    reads: ['fusion2Enabled', 'workDir'],
    problems: ({ fusion2Enabled, workDir }) =>
      when(fusion2Enabled && !workDir.startsWith('s3://'), 'workDir', 'Fusion needs one in S3: s3://bucket/path'),
  },
  {
    name: 'nvme-needs-fusion',
    says: 'NVMe storage needs Fusion.',
    reads: ['nvnmeStorageEnabled', 'fusion2Enabled'],
    problems: ({ nvnmeStorageEnabled, fusion2Enabled }) =>
      when(
        nvnmeStorageEnabled && !fusion2Enabled,
        'nvnmeStorageEnabled',
        'needs Fusion: set fusion2Enabled to true too',
      ),
  },
  {
    name: 'nvme-needs-types',
    says: 'With NVMe storage Batch may not choose the instance types.',
    reads: ['nvnmeStorageEnabled', 'forge.instanceTypes'],
    problems: ({ nvnmeStorageEnabled, forge }) =>
      when(
        nvnmeStorageEnabled && forge.instanceTypes.some((type) => LETS_BATCH_CHOOSE.includes(type)),
        'forge.instanceTypes',
        'Batch would choose types without NVMe disks: name types that have some (m6id, c6id, …), or leave the list empty',
      ),
  },
  {
    name: 'snapshots-need-fusion',
    says: 'Fusion snapshots need Fusion.',
    reads: ['fusionSnapshots', 'fusion2Enabled'],
    problems: ({ fusionSnapshots, fusion2Enabled }) =>
      when(fusionSnapshots && !fusion2Enabled, 'fusionSnapshots', 'need Fusion: set fusion2Enabled to true too'),
  },
  {
    name: 'snapshots-need-spot',
    says: 'Fusion snapshots need Spot.',
    reads: ['fusionSnapshots', 'forge.type'],
    problems: ({ fusionSnapshots, forge }) =>
      when(
        fusionSnapshots && forge.type !== 'SPOT',
        'fusionSnapshots',
        'are for instances that can be reclaimed: set forge.type to SPOT, or switch them off',
      ),
  },
  {
    name: 'fargate-head-needs-fusion',
    says: 'A Fargate head needs Fusion.',
    reads: ['forge.fargateHeadEnabled', 'fusion2Enabled'],
    problems: ({ forge, fusion2Enabled }) =>
      when(
        forge.fargateHeadEnabled && !fusion2Enabled,
        'forge.fargateHeadEnabled',
        'needs Fusion: set fusion2Enabled and waveEnabled to true too',
      ),
  },
  {
    name: 'fargate-head-needs-spot',
    says: 'A Fargate head needs Spot.',
    reads: ['forge.fargateHeadEnabled', 'forge.type'],
    problems: ({ forge }) =>
      when(
        forge.fargateHeadEnabled && forge.type !== 'SPOT',
        'forge.fargateHeadEnabled',
        'is for Spot, where heads have a pool of their own: set forge.type to SPOT',
      ),
  },
  {
    name: 'fargate-head-without-file-system',
    says: 'A Fargate head can not mount a file system.',
    reads: ['forge.fargateHeadEnabled', ...FILE_SYSTEMS],
    problems: (config) =>
      when(
        config.forge.fargateHeadEnabled && (hasEfs(config) || hasLustre(config)),
        'forge.fargateHeadEnabled',
        'can not be used with EFS or FSx: take the file system away, or let heads run on instances',
      ),
  },
  {
    name: 'fargate-head-size',
    says: 'A Fargate head has 1, 2, 4, 8 or 16 vCPUs, and memory that fits them.',
    reads: ['forge.fargateHeadEnabled', 'headJobCpus', 'headJobMemoryMb'],
    problems: ({ forge, headJobCpus, headJobMemoryMb }) => {
      if (!forge.fargateHeadEnabled) return [];
      const size = FARGATE_SIZES.get(headJobCpus);
      if (size === undefined) return [{ at: 'headJobCpus', message: 'Fargate has 1, 2, 4, 8 or 16 vCPUs' }];
      const [from, to, step] = size;
      const fits = headJobMemoryMb >= from && headJobMemoryMb <= to && headJobMemoryMb % step === 0;
      const message = `with ${headJobCpus} vCPUs Fargate has ${from} to ${to} MiB in steps of ${step}`;
      return when(!fits, 'headJobMemoryMb', message);
    },
  },
  {
    name: 'price-limit-needs-spot',
    says: 'A price limit is for Spot.',
    reads: ['forge.type', 'forge.bidPercentage'],
    problems: ({ forge }) =>
      when(
        forge.type !== 'SPOT' && forge.bidPercentage !== null,
        'forge.bidPercentage',
        'is for Spot: leave it out, or set forge.type to SPOT',
      ),
  },
  {
    name: 'strategy-needs-spot',
    says: 'Strategies that begin with SPOT_ are for Spot.',
    reads: ['forge.type', 'forge.allocStrategy'],
    problems: ({ forge }) =>
      when(
        forge.type !== 'SPOT' && isSpotStrategy(forge.allocStrategy),
        'forge.allocStrategy',
        'is for Spot: take BEST_FIT_PROGRESSIVE, or set forge.type to SPOT',
      ),
  },
  {
    name: 'arm-needs-fargate-head',
    says: 'Graviton needs a Fargate head.',
    reads: ['forge.arm64Enabled', 'forge.fargateHeadEnabled'],
    problems: ({ forge }) =>
      when(
        forge.arm64Enabled && !forge.fargateHeadEnabled,
        'forge.arm64Enabled',
        'needs a Fargate head: set forge.fargateHeadEnabled to true too',
      ),
  },
  {
    name: 'arm-needs-fusion',
    says: 'Graviton needs Wave and Fusion.',
    reads: ['forge.arm64Enabled', 'waveEnabled', 'fusion2Enabled'],
    problems: ({ forge, waveEnabled, fusion2Enabled }) =>
      when(
        forge.arm64Enabled && !(waveEnabled && fusion2Enabled),
        'forge.arm64Enabled',
        'needs Wave and Fusion: set waveEnabled and fusion2Enabled to true too',
      ),
  },
  {
    name: 'arm-without-gpu',
    says: 'There is no image for Graviton with GPUs.',
    reads: ['forge.arm64Enabled', 'forge.gpuEnabled'],
    problems: ({ forge }) =>
      when(forge.arm64Enabled && forge.gpuEnabled, 'forge.gpuEnabled', 'can not be used with forge.arm64Enabled'),
  },
  {
    name: 'one-file-system',
    says: 'EFS or FSx for Lustre, not both.',
    reads: FILE_SYSTEMS,
    problems: (config) =>
      when(hasEfs(config) && hasLustre(config), hasOwn(config), 'EFS or FSx, not both: take one of them away'),
  },
  {
    name: 'efs-made-or-given',
    says: 'An EFS file system is made or given.',
    reads: ['forge.efsCreate', 'forge.efsId'],
    problems: ({ forge }) =>
      when(
        forge.efsCreate && forge.efsId !== null,
        'forge.efsId',
        'is for a file system that is there; forge.efsCreate makes one: take one of them away',
      ),
  },
  {
    name: 'fsx-made-or-given',
    says: 'An FSx file system is made or given.',
    reads: ['forge.fsxSize', 'forge.fsxName'],
    problems: ({ forge }) =>
      when(
        forge.fsxSize !== null && forge.fsxName !== null,
        'forge.fsxName',
        'is for a file system that is there; forge.fsxSize makes one: take one of them away',
      ),
  },
  {
    name: 'autoscale-without-fusion',
    says: 'Fusion needs no growing disk.',
    reads: ['forge.ebsAutoScale', 'fusion2Enabled'],
    problems: ({ forge, fusion2Enabled }) =>
      when(forge.ebsAutoScale && fusion2Enabled, 'forge.ebsAutoScale', 'can not be used with Fusion: set it to false'),
  },
  {
    name: 'min-up-to-max',
    says: 'At least as many vCPUs at most as at least.',
    reads: ['forge.minCpus', 'forge.maxCpus'],
    problems: ({ forge }) =>
      when(forge.minCpus > forge.maxCpus, 'forge.minCpus', `is more than forge.maxCpus, ${forge.maxCpus}`),
  },
  {
    name: 'work-directory-is-mounted',
    says: 'A work directory that is a path lies below the mount point of a file system.',
    reads: ['workDir', 'forge.efsMount', 'forge.fsxMount', ...FILE_SYSTEMS],
    problems: (config) => {
      const { workDir } = config;
      if (!workDir.startsWith('/')) return [];
      const mounts = [efsMountOf(config), lustreMountOf(config)].flatMap((mount) => (mount ? [mount.path] : []));
      if (mounts.length === 0) {
        return [
          { at: 'workDir', message: 'is a path, and no file system is asked for: take s3://bucket/path, EFS or FSx' },
        ];
      }
      const below = mounts.some((path) => workDir === path || workDir.startsWith(`${path}/`));
      return when(!below, 'workDir', `does not lie below ${mounts.join(' or ')}, where the file system is mounted`);
    },
  },
  {
    name: 'mount-beside-the-system',
    says: 'A file system is mounted beside the directories of the system.',
    reads: ['workDir', 'forge.efsMount', 'forge.fsxMount', ...FILE_SYSTEMS],
    problems: (config) =>
      (
        [
          ['efsMount', efsMountOf(config)],
          ['fsxMount', lustreMountOf(config)],
        ] as const
      ).flatMap(([name, mount]) =>
        when(
          mount !== null && isSystemPath(mount.path),
          config.forge[name] === null ? 'workDir' : `forge.${name}`,
          'would hide a directory of the system: take one such as /mnt/efs or /mnt/fsx',
        ),
      ),
  },
  {
    name: 'snapshots-of-fsx-alone',
    says: 'A snapshot before removal is made of FSx alone.',
    reads: ['forge.efsCreate', 'eyrie.dataGuard'],
    problems: ({ forge, eyrie }) =>
      when(
        forge.efsCreate && eyrie.dataGuard === 'snapshot',
        'eyrie.dataGuard',
        'is for FSx: take retain or delete for EFS',
      ),
  },
  {
    name: 'variables-once',
    says: 'A variable is set once for heads, and once for tasks.',
    reads: ['environment'],
    problems: ({ environment }) =>
      environment.flatMap(({ name, head, compute }, index) =>
        when(
          environment.some(
            (other, at) => at < index && other.name === name && ((other.head && head) || (other.compute && compute)),
          ),
          `environment.${index}.name`,
          `${name} is set before: take one of them away`,
        ),
      ),
  },
  {
    name: 'buckets-fit-into-a-policy',
    says: 'The buckets fit into what IAM takes for a role.',
    reads: ['workDir', 'forge.allowBuckets'],
    problems: (config) =>
      when(
        bucketPolicyLength(allowedPlaces(config)) > BUCKET_POLICY_MAX,
        'forge.allowBuckets',
        'are too many for the policy of a role: allow whole buckets instead of their parts, or give roles of your own for jobs',
      ),
  },
  {
    name: 'pools-by-name',
    says: 'Each pool has a name and a label of its own.',
    reads: ['eyrie.pools', 'forge.dragenEnabled'],
    problems: ({ eyrie: { pools }, forge }) =>
      pools.flatMap(({ name, label }, index) => [
        ...when(
          RESERVED_POOLS.includes(name),
          `eyrie.pools.${index}.name`,
          `${RESERVED_POOLS.join(', ')} are taken: give another name`,
        ),
        ...when(
          pools.findIndex((other) => other.name === name) < index,
          `eyrie.pools.${index}.name`,
          `another pool is called ${name}: give another name`,
        ),
        ...when(
          pools.findIndex((other) => other.label === label) < index || (forge.dragenEnabled && label === 'dragen'),
          `eyrie.pools.${index}.label`,
          `the label ${label} belongs to another pool: give another one`,
        ),
      ]),
  },
  {
    name: 'pools-like-the-rest',
    says: 'What holds for vCPUs, price limits, strategies and images holds for each pool.',
    reads: ['eyrie.pools'],
    problems: ({ eyrie }) => eyrie.pools.flatMap((pool, index) => poolProblems(pool, `eyrie.pools.${index}`)),
  },
  {
    name: 'shares-once',
    says: 'A share is named once.',
    reads: ['eyrie.fairShare'],
    problems: ({ eyrie: { fairShare } }) =>
      (fairShare?.shares ?? []).flatMap(({ identifier }, index, shares) =>
        when(
          shares.findIndex((other) => other.identifier === identifier) < index,
          `eyrie.fairShare.shares.${index}.identifier`,
          `${identifier} is named before: take one of them away`,
        ),
      ),
  },
  {
    name: 'shared-keeps-tenants-apart',
    says: 'What is shared has no disk that all its tenants see, and gives no rights to its instances.',
    reads: ['eyrie.shared', 'nvnmeStorageEnabled', 'forge.ebsAutoScale', ...FILE_SYSTEMS],
    problems: (config) => [
      ...when(
        config.eyrie.shared && (hasEfs(config) || hasLustre(config)),
        hasEfs(config) ? (config.forge.efsCreate ? 'forge.efsCreate' : 'forge.efsId') : hasOwn(config),
        'would be open to the jobs of all tenants of a shared compute environment: leave it out',
      ),
      ...when(
        config.eyrie.shared && config.nvnmeStorageEnabled,
        'nvnmeStorageEnabled',
        'would be the temporary directory of all tenants of a shared compute environment: leave it out',
      ),
      ...when(
        config.eyrie.shared && config.forge.ebsAutoScale,
        'forge.ebsAutoScale',
        'lets the instances change volumes, and so whoever runs there: leave it out, or enlarge ebsBootSize',
      ),
    ],
  },
  {
    name: 'dragen-needs-its-switch',
    says: 'DRAGEN options need DRAGEN.',
    reads: ['forge.dragenEnabled', 'forge.dragenAmiId', 'forge.dragenInstanceType'],
    problems: ({ forge }) =>
      (['dragenAmiId', 'dragenInstanceType'] as const).flatMap((name) =>
        when(
          !forge.dragenEnabled && forge[name] !== null,
          `forge.${name}`,
          'is for DRAGEN: set forge.dragenEnabled to true, or leave it out',
        ),
      ),
  },
];

/** The one of them that was added, most likely. */
const hasOwn = ({ forge }: ComputeConfig): string => (forge.fsxSize === null ? 'forge.fsxName' : 'forge.fsxSize');

const poolProblems = (pool: PoolOptions, at: string): RuleProblem[] => [
  ...when(pool.minCpus > pool.maxCpus, `${at}.minCpus`, `is more than maxCpus, ${pool.maxCpus}`),
  ...when(
    pool.type !== 'SPOT' && pool.bidPercentage !== null,
    `${at}.bidPercentage`,
    'is for Spot: leave it out, or set type to SPOT',
  ),
  ...when(
    pool.type !== 'SPOT' && isSpotStrategy(pool.allocStrategy),
    `${at}.allocStrategy`,
    'is for Spot: take BEST_FIT_PROGRESSIVE, or set type to SPOT',
  ),
  ...when(pool.gpuEnabled && pool.arm64Enabled, `${at}.gpuEnabled`, 'can not be used with arm64Enabled'),
];
