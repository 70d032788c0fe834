/** What a worker serves beside its work, and which build it is. */
import { z } from 'zod';

export const WorkerConfig = z.strictObject({
  metricsPort: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port of `/metrics`, `/health/live` and `/health/ready`; 0: any free one. Default: nothing is served.'),
  buildId: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'letters, digits, dash, underscore')
    .optional()
    .describe(
      "Name of this build, for Temporal's worker versioning: an operation ends on the build that it began on. New ones begin on the build that is current in Temporal, which an operator says. Default: no versioning.",
    ),
  metricsHost: z.string().min(1).default('127.0.0.1').describe('Address that it listens at.'),
});
