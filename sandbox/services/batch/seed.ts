/** The body of `POST jobs`. */
import { z } from 'zod';

export const JOB_STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

export const JobSeed = z.strictObject({
  queue: z.string().min(1),
  count: z.int().min(0).max(10_000).default(1),
  status: z.enum(JOB_STATUSES).default('RUNNING'),
  region: z.string().optional(),
});
export type JobSeed = z.infer<typeof JobSeed>;
