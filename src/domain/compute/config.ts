/**
 * What a compute environment is made from, as its users write it: the names are those of Seqera Platform's API. Defaults
 * are filled in; what is not given is null. Pinned in the workflow's input and in the record.
 * @see https://docs.seqera.io/platform-cloud/compute-envs/aws-batch
 */
import type { AllocationStrategy } from '../resources/batch.ts';
import type { DataGuard } from '../resources/file-system.ts';

/** `config.forge` */
export interface ForgeOptions {
  readonly type: 'SPOT' | 'EC2';
  readonly minCpus: number;
  readonly maxCpus: number;
  readonly maxCpusPerUser: number | null;
  readonly gpuEnabled: boolean;
  /** Types, families, `optimal`. Empty: what fits the other options. */
  readonly instanceTypes: readonly string[];
  /** Null: what fits the type. */
  readonly allocStrategy: AllocationStrategy | null;
  /** Per cent of the on-demand price. */
  readonly bidPercentage: number | null;
  readonly imageId: string | null;
  readonly ec2KeyPair: string | null;
  readonly vpcId: string | null;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** GB of the root volume. Null: 50, or 100 with Fusion and without NVMe. */
  readonly ebsBootSize: number | null;
  readonly ebsAutoScale: boolean;
  readonly ebsBlockSize: number | null;
  /** `s3://bucket[/path]` */
  readonly allowBuckets: readonly string[];
  readonly disposeOnDeletion: boolean;
  readonly fargateHeadEnabled: boolean;
  readonly arm64Enabled: boolean;
  readonly efsCreate: boolean;
  readonly efsId: string | null;
  readonly efsMount: string | null;
  /** GB */
  readonly fsxSize: number | null;
  /** DNS name of one that is there. */
  readonly fsxName: string | null;
  readonly fsxMount: string | null;
  /** Lines that are added to the configuration of the ECS agent. */
  readonly ecsConfig: string | null;
  readonly dragenEnabled: boolean;
  readonly dragenAmiId: string | null;
  readonly dragenInstanceType: string | null;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  /** For the Nextflow head job, the tasks, or both. */
  readonly head: boolean;
  readonly compute: boolean;
}

/** Another pool of instances with a queue of its own: tasks that carry the label go there. */
export interface PoolOptions {
  /** Part of names: lower-case letters, digits and dashes, at most 12. Not `head`, `work`. */
  readonly name: string;
  /** The label of Nextflow processes. */
  readonly label: string;
  readonly type: 'SPOT' | 'EC2';
  readonly minCpus: number;
  readonly maxCpus: number;
  readonly instanceTypes: readonly string[];
  readonly allocStrategy: AllocationStrategy | null;
  readonly bidPercentage: number | null;
  readonly gpuEnabled: boolean;
  readonly arm64Enabled: boolean;
  readonly imageId: string | null;
}

/** `config.eyrie`: what Tower Forge has no option for. */
export interface EyrieOptions {
  /** Others may run in its queues, each under a role and in a share of its own. */
  readonly shared: boolean;
  /** The id of a shared one: it makes no queues, and runs in those. */
  readonly tenantOf: string | null;
  /** Pools besides the head's and the tasks'. */
  readonly pools: readonly PoolOptions[];
  /** Null: first in, first out. */
  readonly fairShare: {
    readonly shareDecaySeconds: number;
    readonly computeReservation: number;
    readonly shares: readonly { readonly identifier: string; readonly weight: number }[];
  } | null;
  /** A role of its own for Batch. False: the service-linked one. */
  readonly serviceRole: boolean;
  /** `/` or `/…/`, of all roles and profiles. */
  readonly rolePath: string;
  /** ARN of the policy that bounds the roles. */
  readonly permissionsBoundary: string | null;
  /** Of root volumes and file systems; null: AWS's keys. */
  readonly kmsKeyId: string | null;
  /** Days; null: for ever. Of a log group of its own; none is made where `logGroup` names one. */
  readonly logRetentionDays: number | null;
  /** A job on every queue proves that it works. */
  readonly canary: boolean;
  /** Of that job, for all architectures in use. Null: a small one of Amazon's, from a public registry. */
  readonly canaryImage: string | null;
  /** Seconds after which a job that can't be placed is cancelled; null: never. */
  readonly unschedulableSeconds: number | null;
  /** What becomes of file systems that were made for it. */
  readonly dataGuard: DataGuard;
  /** A name by which its queues are found, whatever they are called now: it passes on to the one that is made after it. */
  readonly alias: string | null;
}

/** `config` */
export interface ComputeConfig {
  readonly discriminator: 'aws-batch';
  readonly region: string;
  /** `s3://…`, or a path below the mount point of the file system. */
  readonly workDir: string;
  readonly waveEnabled: boolean;
  readonly fusion2Enabled: boolean;
  /** So spelt. */
  readonly nvnmeStorageEnabled: boolean;
  readonly fusionSnapshots: boolean;
  readonly executionRole: string | null;
  readonly headJobRole: string | null;
  readonly computeJobRole: string | null;
  readonly headJobCpus: number;
  /** MiB */
  readonly headJobMemoryMb: number;
  readonly cliPath: string | null;
  readonly logGroup: string | null;
  readonly secretsKmsKeyId: string | null;
  readonly environment: readonly EnvironmentVariable[];
  readonly preRunScript: string | null;
  readonly postRunScript: string | null;
  readonly nextflowConfig: string | null;
  readonly maxQueueSize: number | null;
  readonly headJobOptions: string | null;
  readonly propagateHeadJobOptions: boolean;
  readonly forge: ForgeOptions;
  readonly eyrie: EyrieOptions;
}
