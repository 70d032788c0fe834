/** Options of what is done again and again by itself. A schedule that is taken out here is removed by the next worker. */
import { z } from 'zod';
import type { WatchComputeInput } from '#domain/compute/watch.ts';
import { environmentOf } from '#domain/core/escaping.ts';
import { CATCHUP_MS, timeOfDay, type WantedSchedule } from '#domain/core/schedule.ts';
import type { ExpireKeysInput } from '#domain/keys/expiry.ts';
import { SWEEP, type SweepInput } from '#domain/sweep/sweep.ts';
import type { WatchWorkspacesInput } from '#domain/workspace/health.ts';
import type { IdleDisposalInput } from '#domain/workspace/idle.ts';
import { timingOf } from './derived.ts';
import { keySettingsOf } from './keys.ts';
import type { Config } from './schema.ts';
import { sweepSettingsOf } from './sweep.ts';

const at = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 02:30')
  .describe('Time of day, UTC.');

const jitterMinutes = z
  .number()
  .min(0)
  .max(720)
  .default(30)
  .describe('Each run begins up to so much later, so that not all environments come at once.');

const everyHours = z.int().min(1).max(24).default(6).describe('Hours between two runs, from `at` on.');

/** What a watch looks at in a minute. */
const perMinute = z.number().min(1).max(600).default(30);

const IdleDisposal = z.strictObject({
  parkedDays: z
    .number()
    .min(1)
    .max(3650)
    .optional()
    .describe('Workspaces that have been parked for so long are disposed of. Default: never.'),
  warningDays: z
    .number()
    .min(0)
    .max(365)
    .default(7)
    .describe('So long before, a workspace is shown as due: nothing is disposed of without it.'),
  perHour: z.int().min(1).max(10_000).default(20).describe('Disposals begun in an hour, at most.'),
  at: at.default('03:00'),
  jitterMinutes,
});

const KeysExpiry = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Off: nothing expires by itself, and system keys are replaced when a task starts.'),
  perSecond: z
    .number()
    .min(0.1)
    .max(50)
    .default(2)
    .describe('Key holders looked at in a second, at most, so that IAM has room for everybody else.'),
  at: at.default('02:00'),
  jitterMinutes,
});

const ComputeWatch = z.strictObject({
  enabled: z.boolean().default(true).describe('Off: what became of a compute environment shows when it is validated.'),
  repair: z
    .boolean()
    .default(true)
    .describe('What is missing is made again, and what has changed is put right, where that can be done in place.'),
  everyHours,
  perMinute: perMinute.describe(
    'Compute environments looked at in a minute, at most, so that Batch and IAM have room for everybody else.',
  ),
  at: at.default('01:00'),
  jitterMinutes,
});

const WorkspaceWatch = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Off: what became of a workspace that runs shows when its users meet it, or at its next launch.'),
  everyHours,
  perMinute: perMinute.describe(
    'Accounts looked at in a minute, at most: each takes a few calls, however many workspaces it has.',
  ),
  at: at.default('01:30'),
  jitterMinutes,
});

const Sweep = z.strictObject({
  enabled: z.boolean().default(true).describe('Off: what is left over is looked for by hand alone.'),
  apply: z
    .boolean()
    .default(false)
    .describe('Take away what is ours, proved to be so, and left over for long enough. Off: it is told, no more.'),
  olderThanHours: z.number().min(1).max(8_760).default(24).describe('Left over for less long, nothing is taken.'),
  ownersMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(10)
    .describe('Of so many owners at most one sweep takes what is left: more at once look like a mistake.'),
  at: at.default('04:00'),
  jitterMinutes,
});

export const SchedulesConfig = z.strictObject({
  idleDisposal: IdleDisposal.prefault({}).describe('Disposes of workspaces that nobody needs any more.'),
  keysExpiry: KeysExpiry.prefault({}).describe(
    'Deletes access keys that have expired, and replaces system keys in time.',
  ),
  workspaceWatch: WorkspaceWatch.prefault({}).describe(
    'Looks at workspaces that run: one of which something is gone, INVALID, disabled or stopped is shown as unhealthy. Changes nothing: a launch repairs.',
  ),
  computeWatch: ComputeWatch.prefault({}).describe(
    'Validates compute environments: what has drifted or is INVALID is repaired, or shown as degraded.',
  ),
  sweep: Sweep.prefault({}).describe('Looks for what is left over in AWS and in records, and tells it.'),
});

/** Tries of a run before its schedule is paused. */
const ATTEMPTS = 3;

/** All schedules that this configuration wants. */
export const schedulesOf = (
  config: Pick<Config, 'schedules' | 'environment' | 'timing' | 'storage' | 'aws' | 'compute'>,
): readonly WantedSchedule[] => [
  ...idleDisposalOf(config),
  ...keysExpiryOf(config),
  ...watchesOf(config),
  ...sweepOf(config),
];

const idleDisposalOf = (config: Pick<Config, 'schedules' | 'environment' | 'timing'>): readonly WantedSchedule[] => {
  const { parkedDays, warningDays, perHour, at: time, jitterMinutes: jitter } = config.schedules.idleDisposal;
  if (parkedDays === undefined) return [];
  const input: IdleDisposalInput = {
    environment: environmentOf(config.environment),
    ...{ parkedDays, warningDays, perHour },
    timing: timingOf(config),
  };
  return [
    {
      id: 'idle-disposal',
      workflowType: 'disposeIdleWorkspaces',
      args: [input],
      spec: { ...timeOfDay(time), jitterMs: jitter * 60_000 },
      catchupMs: CATCHUP_MS,
      attempts: ATTEMPTS,
      summary: `disposes of workspaces that have been parked for ${parkedDays} days`,
    },
  ];
};

const keysExpiryOf = (
  config: Pick<Config, 'schedules' | 'environment' | 'timing' | 'storage'>,
): readonly WantedSchedule[] => {
  const { enabled, perSecond, at: time, jitterMinutes: jitter } = config.schedules.keysExpiry;
  if (!enabled) return [];
  const input: ExpireKeysInput = {
    environment: environmentOf(config.environment),
    settings: keySettingsOf(config.storage),
    perSecond,
    timing: timingOf(config),
  };
  return [
    {
      id: 'keys-expiry',
      workflowType: 'expireKeys',
      args: [input],
      spec: { ...timeOfDay(time), jitterMs: jitter * 60_000 },
      catchupMs: CATCHUP_MS,
      attempts: ATTEMPTS,
      summary: 'deletes access keys that have expired, and replaces system keys in time',
    },
  ];
};

/** Of what is looked at over and over: at this time of the day first, then every so many hours. */
const watchOf = (
  { enabled, everyHours: hours, at: time, jitterMinutes: jitter }: z.output<typeof WorkspaceWatch>,
  what: Pick<WantedSchedule, 'id' | 'workflowType' | 'summary'>,
  input: WatchComputeInput | WatchWorkspacesInput,
): readonly WantedSchedule[] =>
  enabled
    ? [
        {
          ...what,
          args: [input],
          spec: { ...timeOfDay(time), everyHours: hours, jitterMs: jitter * 60_000 },
          catchupMs: CATCHUP_MS,
          attempts: ATTEMPTS,
        },
      ]
    : [];

const watchesOf = (config: Pick<Config, 'schedules' | 'environment' | 'timing'>): readonly WantedSchedule[] => {
  const { computeWatch, workspaceWatch } = config.schedules;
  const common = { environment: environmentOf(config.environment), timing: timingOf(config) };
  return [
    ...watchOf(
      computeWatch,
      {
        id: 'compute-watch',
        workflowType: 'watchComputeEnvironments',
        summary: 'validates compute environments, and repairs what has drifted',
      },
      { ...common, repair: computeWatch.repair, perMinute: computeWatch.perMinute },
    ),
    ...watchOf(
      workspaceWatch,
      {
        id: 'workspace-watch',
        workflowType: 'watchWorkspaces',
        summary: 'looks at workspaces that run, and shows what is wrong with them',
      },
      { ...common, perMinute: workspaceWatch.perMinute },
    ),
  ];
};

const HOUR_MS = 3_600_000;

const sweepOf = (
  config: Pick<Config, 'schedules' | 'environment' | 'timing' | 'aws' | 'compute'>,
): readonly WantedSchedule[] => {
  const { enabled, apply, olderThanHours, ownersMax, at: time, jitterMinutes: jitter } = config.schedules.sweep;
  if (!enabled) return [];
  const input: SweepInput = {
    ...sweepSettingsOf(config),
    accountId: null,
    apply,
    // Who asked for a removal by force does not see any more that it has stopped.
    finish: true,
    olderThanMs: olderThanHours * HOUR_MS,
    ownersMax,
    requestedBy: 'schedule:sweep',
  };
  return [
    {
      id: 'sweep',
      workflowType: SWEEP,
      args: [input],
      spec: { ...timeOfDay(time), jitterMs: jitter * 60_000 },
      catchupMs: CATCHUP_MS,
      attempts: ATTEMPTS,
      summary: apply ? 'takes away what is left over' : 'looks for what is left over',
    },
  ];
};
