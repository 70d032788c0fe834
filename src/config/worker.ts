/** What a worker serves beside its work. */
import { z } from 'zod';

export const WorkerConfig = z.strictObject({
  metricsPort: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port of `/metrics`, `/health/live` and `/health/ready`; 0: any free one. Default: nothing is served.'),
  metricsHost: z.string().min(1).default('127.0.0.1').describe('Address that it listens at.'),
});
