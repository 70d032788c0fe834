/** The bodies of `POST jobs` and `PUT jobs-behaviour`. */
import { z } from 'zod';

export const JOB_STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

export const JobSeed = z.strictObject({
  queue: z.string().min(1),
  count: z.int().min(0).max(10_000).default(1),
  status: z.enum(JOB_STATUSES).default('RUNNING'),
  region: z.string().optional(),
});
export type JobSeed = z.infer<typeof JobSeed>;

/** Why Batch can't place a job. */
export const BLOCKED_REASONS = [
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
] as const;
export type BlockedReason = (typeof BLOCKED_REASONS)[number];

export const JobsBehaviour = z.strictObject({
  /** Its name; it need not exist yet. `*`: every queue that has no behaviour of its own. */
  queue: z.string().min(1),
  /** `stuck`: RUNNABLE for ever, as where the instances' set-up is broken and none ever joins. */
  outcome: z.enum(['succeeds', 'fails', 'stuck']).default('succeeds'),
  /** Of one that fails. Null: its container never ended by itself. */
  exitCode: z.int().min(1).max(255).nullable().default(1),
  /** The status reason of one that fails. */
  reason: z.string().min(1).default('Essential container in task exited'),
  /** Why Batch can't place one that is stuck. Left out: Batch does not know either. */
  blockedBy: z.enum(BLOCKED_REASONS).optional(),
  /** How many times as long as usual it runs. */
  slowness: z.number().positive().default(1),
  /** Lines that it writes to its log. */
  output: z.array(z.string()).default([]),
  /** How many jobs it holds for. Left out: all, until the next call. */
  jobs: z.int().min(1).optional(),
});
export type JobsBehaviour = z.infer<typeof JobsBehaviour>;
