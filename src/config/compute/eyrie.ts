/** `config.eyrie`: what Tower Forge has no option for. */
import { z } from 'zod';
import { maybe, or } from './fields.ts';
import { imageId, instanceTypes, kmsKey, percentage, provisioning, strategy, vcpus } from './forms.ts';

const Pool = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,11}$/, 'must be up to 12 lower-case letters, digits and dashes, a letter first')
    .describe('Part of names.'),
  label: z
    .string()
    .regex(/^[A-Za-z0-9_]([\w.-]{0,126}[A-Za-z0-9_])?$/, 'must be a label of Nextflow: letters, digits, underscores')
    .describe('Nextflow processes with this label run here.'),
  type: provisioning.describe('`EC2` (on demand) or `SPOT`.'),
  minCpus: or(vcpus, 0).describe('vCPUs that are kept running.'),
  maxCpus: z.int().min(1).max(1_000_000).describe('vCPUs at most.'),
  instanceTypes: or(instanceTypes, []).describe('As in `config.forge`.'),
  allocStrategy: maybe(strategy).describe('As in `config.forge`.'),
  bidPercentage: maybe(percentage).describe('As in `config.forge`.'),
  gpuEnabled: or(z.boolean(), false).describe('As in `config.forge`.'),
  arm64Enabled: or(z.boolean(), false).describe('Instances of ARM: images of tasks must be too.'),
  imageId: maybe(imageId).describe('As in `config.forge`.'),
});

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_FairsharePolicy.html */
const FairShare = z.strictObject({
  shareDecaySeconds: or(z.int().min(0).max(604_800), 3600).describe('Seconds over which usage is remembered.'),
  computeReservation: or(z.int().min(0).max(99), 0).describe(
    'Per cent of the vCPUs kept for shares that have no job yet.',
  ),
  shares: or(
    z
      .array(
        z.strictObject({
          identifier: z
            .string()
            .regex(/^[A-Za-z0-9]{1,254}\*?$/, 'must be letters and digits, with a * at the end for all that begin so')
            .describe('Jobs name it when they are submitted.'),
          weight: or(z.number().min(0.0001).max(999.9999), 1).describe('The smaller, the more it gets.'),
        }),
      )
      .max(500),
    [],
  ).describe('Weights. A share that is not listed has the weight 1.'),
});

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const EYRIE_FIELDS = {
  shared: or(z.boolean(), false).describe(
    'Other compute environments may be its tenants: they run in its queues, each under a role and in a share of its own. Queues share fairly; the role of its instances may use no bucket.',
  ),
  tenantOf: maybe(z.string().min(1).max(200)).describe(
    'Id, name or alias of a shared compute environment of the same account and region. It makes no queues and runs in those; what instances are like is decided there.',
  ),
  pools: or(z.array(Pool).max(8), []).describe('Pools besides those of heads and tasks, each with a queue of its own.'),
  fairShare: maybe(FairShare).describe(
    'Queues share by identifier instead of first in, first out. Decided for good when the environment is made: every job then names a share.',
  ),
  serviceRole: or(z.boolean(), false).describe(
    "A role of its own for Batch. Default: Batch's service-linked role, with which images and types can be changed in place.",
  ),
  rolePath: or(
    z
      .string()
      .max(256)
      .regex(/^\/([A-Za-z0-9._-]+\/)*$/, 'must be / or /…/'),
    '/',
  ).describe('IAM path of roles and profiles.'),
  permissionsBoundary: maybe(
    z
      .string()
      .max(2048)
      .regex(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM policy'),
  ).describe('ARN of the policy that bounds all roles that are made.'),
  kmsKeyId: maybe(kmsKey).describe('Key of root volumes and file systems. Default: keys of AWS.'),
  logRetentionDays: z
    .union(
      RETENTION_DAYS.map((days) => z.literal(days)),
      `must be one of ${RETENTION_DAYS.join(', ')}, or null`,
    )
    .nullable()
    .default(30)
    .describe(
      'Days that logs are kept; null: for ever. Of the log group that is made where `config.logGroup` names none.',
    ),
  canary: or(z.boolean(), true).describe(
    'A small job on each queue proves that it works before the environment is available.',
  ),
  canaryImage: maybe(
    z
      .string()
      .max(255)
      .regex(/^[a-z0-9][\w./:@-]*$/, 'must be a container image'),
  ).describe('Image of that job, with a command `true`. Default: Amazon Linux, from the public registry of ECR.'),
  unschedulableSeconds: z
    .int()
    .min(600)
    .max(86_400)
    .nullable()
    .default(3600)
    .describe('Seconds after which a job that can not be placed is cancelled; null: never.'),
  dataGuard: or(z.enum(['retain', 'snapshot', 'delete']), 'delete').describe(
    'What becomes of file systems that were made with the environment: they stay, are backed up first (FSx), or go. What is not empty goes only when that is confirmed.',
  ),
  alias: maybe(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'must be up to 100 letters, digits, dashes and underscores'),
  ).describe('A name by which its queues are found, and that a later environment may take over.'),
} as const;
