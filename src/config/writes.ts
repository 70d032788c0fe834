/** How fast a worker changes things in AWS. */
import { z } from 'zod';
import type { Rate } from '#aws/governor.ts';
import type { Config } from './schema.ts';

const perSecond = (usual: number) => z.number().min(0).max(1_000).default(usual);

export const WritesConfig = z.strictObject({
  iam: perSecond(5).describe('Calls to IAM a second, per account.'),
  batch: perSecond(5).describe('Calls to Batch a second, per account and region; those about single jobs not counted.'),
  batchJobs: perSecond(45).describe('Of SubmitJob, TerminateJob and CancelJob: AWS takes 50 a second.'),
  ec2: perSecond(20).describe('Calls to EC2 a second, per account and region.'),
});

/** What may be sent at once after a pause, in seconds of the rate. */
const BURST_S = 2;

/**
 * Of each lane that has a limit. `timing.scale` speeds them up as it does the windows: at 0 nothing is held back.
 */
export const writeRatesOf = ({
  aws: { writesPerSecond },
  timing: { scale },
}: Pick<Config, 'aws' | 'timing'>): Readonly<Record<string, Rate>> =>
  Object.fromEntries(
    Object.entries(writesPerSecond)
      .map(([lane, rate]) => [lane, rate / Math.min(scale, 1)] as const)
      .filter(([, rate]) => rate > 0 && Number.isFinite(rate))
      .map(([lane, rate]) => [lane, { perSecond: rate, burst: Math.max(1, rate * BURST_S) }]),
  );
