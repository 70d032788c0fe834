/** The services with rules of their own. Adding one is a line in the list and its import. */
import { createBatch } from './batch.ts';
import { createEc2 } from './ec2.ts';
import { createIam } from './iam.ts';
import { createImageBuilder } from './imagebuilder.ts';
import { createKms } from './kms.ts';
import type { CreateModule } from './rule.ts';
import { createS3 } from './s3.ts';
import { createServiceQuotas } from './servicequotas.ts';
import { createSsm } from './ssm.ts';
import { createSts } from './sts.ts';

export const MODULES: readonly CreateModule[] = [
  createIam,
  createSts,
  createS3,
  createKms,
  createSsm,
  createImageBuilder,
  createServiceQuotas,
  createBatch,
  createEc2,
];
