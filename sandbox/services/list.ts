/** The services with rules of their own. Adding one is a folder, a line in the list and its import. */
import type { CreateModule } from '../core/service.ts';
import { createBatch } from './batch/module.ts';
import { createEc2 } from './ec2/module.ts';
import { createEcs } from './ecs/module.ts';
import { createEfs } from './efs/module.ts';
import { createFsx } from './fsx/module.ts';
import { createIam } from './iam/module.ts';
import { createImageBuilder } from './imagebuilder/module.ts';
import { createKms } from './kms/module.ts';
import { createLogs } from './logs/module.ts';
import { createS3 } from './s3/module.ts';
import { createSecretsManager } from './secretsmanager/module.ts';
import { createServiceQuotas } from './service-quotas/module.ts';
import { createSsm } from './ssm/module.ts';
import { createSts } from './sts/module.ts';

export const SERVICES: readonly CreateModule[] = [
  createIam,
  createSts,
  createS3,
  createKms,
  createSsm,
  createImageBuilder,
  createServiceQuotas,
  createBatch,
  createEc2,
  createEfs,
  createFsx,
  createLogs,
  createSecretsManager,
  createEcs,
];
