/** Forms of what stands in several options. */
import { z } from 'zod';
import { isInstanceType } from '#domain/resources/instance-types.ts';

export const roleArn = z
  .string()
  .max(2048)
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role');

export const kmsKey = z
  .string()
  .max(2048)
  .regex(
    /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    'must be the id or the ARN of a KMS key',
  );

/** Also stands in scripts: letters that mean something to a shell are not among these. */
export const absolutePath = z
  .string()
  .max(512)
  .regex(
    /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/,
    'must be an absolute path of letters, digits, dots, dashes and underscores',
  );

export const s3Url = z
  .string()
  .max(1100)
  .regex(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9!_.'()/=@+,:-]*)?$/,
    'must be s3://bucket or s3://bucket/path',
  );

export const imageId = z.string().regex(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/, 'must be the id of an image: ami-…');

export const instanceTypes = z
  .array(
    z
      .string()
      .max(64)
      .refine(isInstanceType, 'must be an instance type such as m6i.large, a family such as m6i, or optimal'),
  )
  .max(50);

export const vcpus = z.int().min(0).max(1_000_000);

export const strategy = z.enum([
  'BEST_FIT',
  'BEST_FIT_PROGRESSIVE',
  'SPOT_CAPACITY_OPTIMIZED',
  'SPOT_PRICE_CAPACITY_OPTIMIZED',
]);

export const percentage = z.int().min(0).max(100);

export const provisioning = z.enum(['SPOT', 'EC2']);
