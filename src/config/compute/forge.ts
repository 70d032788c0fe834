/** `config.forge`: what is made in AWS. Names and meaning are those of Seqera Platform's API. */
import { z } from 'zod';
import { maybe, or } from './fields.ts';
import { absolutePath, imageId, instanceTypes, percentage, provisioning, s3Url, strategy, vcpus } from './forms.ts';

const flag = (says: string) => or(z.boolean(), false).describe(says);

/** AL2023's own is 30 GB. */
const gigabytes = z.int().min(8).max(16_384);

const FILE_SYSTEM = /^fs-([0-9a-f]{8}|[0-9a-f]{17})$/;

/** Batch names the cluster that instances join: another one would have them work for nobody. */
const ecsConfig = z
  .string()
  .max(4096)
  .regex(/^[\t\r\n\x20-\x7e]*$/, 'must be ASCII text')
  .refine(
    (text) => text.split(/\r?\n/).every((line) => /^\s*(#.*|[A-Z_][A-Z0-9_]*=.*)?$/.test(line)),
    'must be lines of NAME=value, or comments with #',
  )
  // It goes into the user data, where such marks stand for what is made later.
  .refine((text) => !text.includes('{{'), 'may not hold {{')
  .refine((text) => !/^\s*ECS_CLUSTER\s*=/m.test(text), 'ECS_CLUSTER is for Batch to set: take it out');

export const FORGE_FIELDS = {
  type: provisioning.describe(
    '`EC2`: on demand, one pool for heads and tasks. `SPOT`: tasks on Spot, heads in a pool of their own that is never reclaimed.',
  ),
  minCpus: or(vcpus, 0).describe('vCPUs that are kept running, and paid for, without any job.'),
  maxCpus: z.int().min(1).max(1_000_000).describe('vCPUs at most, of all tasks together.'),
  maxCpusPerUser: maybe(z.int().min(1).max(1_000_000)).describe(
    'vCPUs at most, of one user. Batch has no such limit: it is kept for whoever submits.',
  ),
  gpuEnabled: flag('The image for GPUs. Instance types: g4dn and g5, unless you name others with NVIDIA GPUs.'),
  instanceTypes: or(instanceTypes, []).describe(
    'Types, families, or `optimal`. Empty: `optimal`, or families that fit Graviton, GPUs and NVMe storage.',
  ),
  allocStrategy: maybe(strategy).describe(
    'How Batch chooses instances. Default: `SPOT_PRICE_CAPACITY_OPTIMIZED` with Spot, else `BEST_FIT_PROGRESSIVE`. An environment with `BEST_FIT` can hardly be changed in place.',
  ),
  bidPercentage: maybe(percentage).describe(
    'Of Spot: per cent of the on-demand price at most. Default: 100. 0 is as if it were left out.',
  ),
  imageId: maybe(imageId).describe(
    'An image for ECS. Default: the newest of AWS, on Amazon Linux 2023. Fargate heads ignore it.',
  ),
  ec2KeyPair: maybe(
    z
      .string()
      .min(1)
      .max(255)
      .regex(/^[\x20-\x7e]+$/, 'must be the name of a key pair'),
  ).describe('Key pair that opens the instances by SSH.'),
  vpcId: maybe(z.string().regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC: vpc-…')).describe(
    "Default: the region's default VPC.",
  ),
  subnets: or(
    z.array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet: subnet-…')).max(16),
    [],
  ).describe('Default: those of the VPC.'),
  securityGroups: or(
    z.array(z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a group: sg-…')).max(5),
    [],
  ).describe("Default: the VPC's default one."),
  ebsBootSize: maybe(gigabytes).describe(
    'GB of the root volume. Default: 50, or 100 with Fusion and without NVMe storage.',
  ),
  ebsAutoScale: flag('Deprecated. Volumes are added as the disk of the containers fills up.'),
  ebsBlockSize: maybe(gigabytes).describe('GB of each of these volumes. Default: 50.'),
  allowBuckets: or(z.array(s3Url).max(100), []).describe(
    'Buckets, or parts of them, that jobs may use besides the bucket of the work directory.',
  ),
  disposeOnDeletion: or(z.boolean(), true).describe(
    'What was made in AWS goes when the environment is removed. False: it stays, and a removal lists it.',
  ),
  fargateHeadEnabled: flag('Heads run without instances, and start within a minute.'),
  arm64Enabled: flag('Graviton: instances of ARM.'),
  efsCreate: flag('Makes an EFS file system: One Zone, without backups, with a security group of its own.'),
  efsId: maybe(z.string().regex(FILE_SYSTEM, 'must be the id of a file system: fs-…')).describe(
    'An EFS file system that is there. The security groups must let instances reach it on port 2049.',
  ),
  efsMount: maybe(absolutePath).describe(
    'Where it is mounted. Default: the work directory if that is a path, else `/mnt/efs`.',
  ),
  fsxSize: maybe(
    z
      .int()
      .max(1_000_000)
      .refine((size) => size === 1200 || (size > 0 && size % 2400 === 0), 'must be 1200 or a multiple of 2400'),
  ).describe('GB: makes an FSx for Lustre file system of this size. It takes 5 to 15 minutes.'),
  fsxName: maybe(
    z
      .string()
      .regex(
        /^fs-[0-9a-f]{8,17}\.fsx\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/,
        'must be a DNS name: fs-….fsx.<region>.amazonaws.com',
      ),
  ).describe('DNS name of an FSx for Lustre file system that is there.'),
  fsxMount: maybe(absolutePath).describe(
    'Where it is mounted. Default: the work directory if that is a path, else `/mnt/fsx`.',
  ),
  ecsConfig: maybe(ecsConfig).describe('Lines that are added to the configuration of the ECS agent.'),
  dragenEnabled: flag('A pool `dragen` of FPGA instances, for tasks with that label.'),
  dragenAmiId: maybe(imageId).describe('Image of the pool `dragen`: one with the DRAGEN software.'),
  dragenInstanceType: maybe(
    z.string().regex(/^(f1\.[a-z0-9]+|f2\.(6|12|48)xlarge)$/, 'must be f2.6xlarge, f2.12xlarge, f2.48xlarge or of f1'),
  ).describe('Default: `f2.6xlarge`.'),
} as const;
