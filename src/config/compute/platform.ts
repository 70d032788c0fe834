/** `config`: what Nextflow and its jobs are given. Names and meaning are those of Seqera Platform's API. */
import { z } from 'zod';
import { maybe, or } from './fields.ts';
import { absolutePath, kmsKey, roleArn, s3Url } from './forms.ts';

const flag = (says: string) => or(z.boolean(), false).describe(says);

const script = z.string().max(1024);

const Variable = z
  .strictObject({
    name: z
      .string()
      .max(255)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and underscores'),
    value: or(z.string().max(4096), ''),
    head: or(z.boolean(), false).describe('For heads.'),
    compute: or(z.boolean(), false).describe('For tasks.'),
  })
  .refine(({ head, compute }) => head || compute, 'is for nobody: set head, compute or both to true');

export const CONFIG_FIELDS = {
  discriminator: or(z.literal('aws-batch'), 'aws-batch' as const).describe('`aws-batch`.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region of AWS, such as us-east-1')
    .describe('Region of all that is made. Buckets and file systems must be there too.'),
  workDir: z
    .union([s3Url, absolutePath], 'must be s3://bucket/path, or a path below the mount point of the file system')
    .describe('Where Nextflow works: `s3://…`, or a path below the mount point of EFS or FSx.'),
  waveEnabled: flag('Containers are built and augmented by Wave, a service of Seqera.'),
  fusion2Enabled: flag('Tasks see S3 as a file system. Needs Wave.'),
  nvnmeStorageEnabled: flag('NVMe disks of instances are put together and mounted for Fusion. So spelt.'),
  fusionSnapshots: flag(
    'Tasks on Spot instances that are reclaimed go on elsewhere. Needs Fusion and a licence of Seqera.',
  ),
  executionRole: maybe(roleArn).describe('Role under which containers are started. Default: one is made.'),
  headJobRole: maybe(roleArn).describe(
    'Role of heads. Default: that of their instances; of Fargate heads, one is made.',
  ),
  computeJobRole: maybe(roleArn).describe('Role of tasks. Default: that of their instances.'),
  headJobCpus: or(z.int().min(1).max(192), 1).describe('vCPUs of a head.'),
  headJobMemoryMb: or(z.int().min(128).max(1_572_864), 4096).describe('MiB of a head.'),
  cliPath: maybe(absolutePath).describe(
    'Path of the AWS CLI on instances, where the image brings one. Nextflow mounts the directory two levels above it into each task.',
  ),
  logGroup: maybe(z.string().regex(/^[\w./#-]{1,512}$/, 'must be the name of a log group')).describe(
    'A log group that is there. Default: one is made.',
  ),
  secretsKmsKeyId: maybe(kmsKey).describe('Key of the secrets of pipelines. Default: the key of AWS.'),
  environment: or(z.array(Variable).max(100), []).describe('Variables of heads, tasks or both.'),
  preRunScript: maybe(script).describe('Bash that runs before Nextflow, in the head job.'),
  postRunScript: maybe(script).describe('Bash that runs after Nextflow, in the head job.'),
  nextflowConfig: maybe(z.string().max(65_536)).describe('Added to the rendered `nextflow.config`.'),
  maxQueueSize: maybe(z.int().min(1).max(100_000)).describe('Tasks that Nextflow has in the queue at once.'),
  headJobOptions: maybe(z.string().max(4096)).describe('Kept for whoever submits heads.'),
  propagateHeadJobOptions: flag('Kept for whoever submits heads.'),
} as const;
