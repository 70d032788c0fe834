/** Compute environments for tests: nothing is wrong with them, but for what a test says. */
import { randomUUID } from 'node:crypto';
import type { ComputeConfig, EyrieOptions, ForgeOptions, PoolOptions } from '#domain/compute/config.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { tenancyIn } from '#domain/compute/policies.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { asTenant } from '#domain/compute/tenancy.ts';
import { subjectId } from '#domain/core/subject.ts';

export interface ComputeOverrides extends Partial<Omit<ComputeInput, 'config'>> {
  readonly config?: Partial<Omit<ComputeConfig, 'forge' | 'eyrie'>>;
  readonly forge?: Partial<ForgeOptions>;
  readonly eyrie?: Partial<EyrieOptions>;
}

const FORGE: ForgeOptions = {
  type: 'EC2',
  minCpus: 0,
  maxCpus: 64,
  maxCpusPerUser: null,
  gpuEnabled: false,
  instanceTypes: [],
  allocStrategy: null,
  bidPercentage: null,
  imageId: null,
  ec2KeyPair: null,
  vpcId: null,
  subnets: [],
  securityGroups: [],
  ebsBootSize: null,
  ebsAutoScale: false,
  ebsBlockSize: null,
  allowBuckets: [],
  disposeOnDeletion: true,
  fargateHeadEnabled: false,
  arm64Enabled: false,
  efsCreate: false,
  efsId: null,
  efsMount: null,
  fsxSize: null,
  fsxName: null,
  fsxMount: null,
  ecsConfig: null,
  dragenEnabled: false,
  dragenAmiId: null,
  dragenInstanceType: null,
};

const EYRIE: EyrieOptions = {
  shared: false,
  tenantOf: null,
  pools: [],
  fairShare: null,
  serviceRole: false,
  rolePath: '/',
  permissionsBoundary: null,
  kmsKeyId: null,
  logRetentionDays: 30,
  canary: true,
  canaryImage: null,
  unschedulableSeconds: 3_600,
  dataGuard: 'delete',
  alias: null,
};

const CONFIG: Omit<ComputeConfig, 'forge' | 'eyrie'> = {
  discriminator: 'aws-batch',
  region: 'us-east-1',
  workDir: 's3://scratch/dir',
  waveEnabled: false,
  fusion2Enabled: false,
  nvnmeStorageEnabled: false,
  fusionSnapshots: false,
  executionRole: null,
  headJobRole: null,
  computeJobRole: null,
  headJobCpus: 1,
  headJobMemoryMb: 4_096,
  cliPath: null,
  logGroup: null,
  secretsKmsKeyId: null,
  environment: [],
  preRunScript: null,
  postRunScript: null,
  nextflowConfig: null,
  maxQueueSize: null,
  headJobOptions: null,
  propagateHeadJobOptions: false,
};

/** EC2 mode in the default VPC, of an id of its own. */
export const aCompute = ({ config, forge, eyrie, ...rest }: ComputeOverrides = {}): ComputeInput => ({
  forgeId: `c${randomUUID().replaceAll('-', '').slice(0, 19)}`,
  environment: 'brh-data-commons-org',
  account: { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null },
  namePrefix: 'TowerForge',
  name: `env-${randomUUID().slice(0, 8)}`,
  description: null,
  labels: {},
  generations: {},
  tenancy: null,
  ...rest,
  config: { ...CONFIG, ...config, forge: { ...FORGE, ...forge }, eyrie: { ...EYRIE, ...eyrie } },
});

/** A tenant of a shared one. */
export const aTenant = (shared: ComputeInput, { eyrie, ...overrides }: ComputeOverrides = {}): ComputeInput => {
  const { account, environment } = shared;
  const tenantOf = subjectId(computeSubject(shared));
  const own = aCompute({ account, environment, ...overrides, eyrie: { tenantOf, ...eyrie } });
  return { ...own, config: asTenant(own.config, shared.config), tenancy: tenancyIn(shared) };
};

export const aPool = (pool: Partial<PoolOptions> = {}): PoolOptions => ({
  name: 'big',
  label: 'big_mem',
  type: 'EC2',
  minCpus: 0,
  maxCpus: 64,
  instanceTypes: [],
  allocStrategy: null,
  bidPercentage: null,
  gpuEnabled: false,
  arm64Enabled: false,
  imageId: null,
  ...pool,
});
