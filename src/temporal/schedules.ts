/**
 * Schedules as the configuration wants them. Every worker converges them when it starts: creates what is missing, updates
 * what differs, removes what is not wanted any more. An operator's pause stays. Ids and memos carry the installation, so
 * that two of them on one server leave each other's alone.
 */
import {
  type CalendarSpecDescription,
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { type Installation, taskQueueOf } from '#domain/core/installation.ts';
import type { WantedSchedule } from '#domain/core/schedule.ts';
import { scheduledWorkflowId } from '#domain/core/workflow-ids.ts';

/** Before a failed try is made again. */
const RETRY_MS = 10 * 60_000;

export interface ScheduleDeps {
  readonly schedules: Client['schedule'];
  readonly installation: Installation;
}

/** `eyrie/<H>/<control bucket>/<id>` */
export const scheduleIdOf = (installation: Installation, id: string): string => `${taskQueueOf(installation)}/${id}`;

export interface Converged {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly removed: readonly string[];
}

/** Any number of workers may do so at once. @throws what the Temporal client throws */
export const convergeSchedules = async (wanted: readonly WantedSchedule[], deps: ScheduleDeps): Promise<Converged> => {
  const created: string[] = [];
  const updated: string[] = [];
  for (const one of wanted) {
    if (await create(one, deps)) created.push(one.id);
    else if (await update(one, deps)) updated.push(one.id);
  }
  const removed: string[] = [];
  for (const id of await ownSchedules(deps)) {
    if (wanted.some((one) => one.id === id)) continue;
    await deps.schedules.getHandle(scheduleIdOf(deps.installation, id)).delete().catch(ignoreAbsent);
    removed.push(id);
  }
  return { created, updated, removed };
};

/** Ids of those of this installation, whoever wanted them. */
export const ownSchedules = async ({ schedules, installation }: ScheduleDeps): Promise<readonly string[]> => {
  const prefix = scheduleIdOf(installation, '');
  const ids: string[] = [];
  for await (const { scheduleId, memo } of schedules.list()) {
    const isOurs = memo?.environment === installation.environment && memo.controlBucket === installation.controlBucket;
    if (isOurs && scheduleId.startsWith(prefix)) ids.push(scheduleId.slice(prefix.length));
  }
  return ids.sort();
};

/** False where it is there already. */
const create = async (wanted: WantedSchedule, deps: ScheduleDeps): Promise<boolean> => {
  const { schedules, installation } = deps;
  try {
    await schedules.create({
      ...definitionOf(wanted, installation),
      scheduleId: scheduleIdOf(installation, wanted.id),
      memo: { ...installation },
      state: { note: wanted.summary },
    });
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
};

/** False where it is as it should be. */
const update = async (wanted: WantedSchedule, { schedules, installation }: ScheduleDeps): Promise<boolean> => {
  const handle = schedules.getHandle(scheduleIdOf(installation, wanted.id));
  const definition = definitionOf(wanted, installation);
  const found = await handle.describe();
  if (canonicalJson(propertiesOf(found)) === canonicalJson(propertiesOf(definition))) return false;
  // Whether it is paused, and why, is an operator's.
  await handle.update(({ state }) => ({ ...definition, state }));
  return true;
};

const definitionOf = (
  { id, workflowType, args, spec, catchupMs, attempts, summary }: WantedSchedule,
  installation: Installation,
): Omit<ScheduleUpdateOptions, 'state'> => ({
  spec: { calendars: [daily(spec)], timezone: 'UTC', jitter: spec.jitterMs },
  action: {
    type: 'startWorkflow',
    workflowType,
    workflowId: scheduledWorkflowId(installation, id),
    taskQueue: taskQueueOf(installation),
    args: [...args],
    retry: { maximumAttempts: attempts, initialInterval: RETRY_MS, backoffCoefficient: 2 },
    staticSummary: summary,
  },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs, pauseOnFailure: true },
});

/** Written out as the server describes it, so that the two can be compared. */
const daily = ({ hour, minute, everyHours = 24 }: WantedSchedule['spec']): CalendarSpecDescription => ({
  second: only(0),
  minute: only(minute),
  hour: [from(hour, everyHours)],
  dayOfMonth: [{ start: 1, end: 31, step: 1 }],
  month: [{ start: 'JANUARY', end: 'DECEMBER', step: 1 }],
  year: [],
  dayOfWeek: [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }],
  comment: '',
});

/** The first hour of the day, and each that is so much later. */
const from = (hour: number, step: number) => {
  const start = hour % step;
  return start + step > 23 ? { start, end: start, step: 1 } : { start, end: 23, step };
};

const only = (value: number) => [{ start: value, end: value, step: 1 }];

/** All that is converged, in one form for what is wanted and what is there. */
const propertiesOf = ({
  spec,
  action,
  policies,
}: Omit<ScheduleUpdateOptions, 'state'> | Pick<ScheduleDescription, 'spec' | 'action' | 'policies'>) => ({
  calendars: spec.calendars,
  others: [spec.intervals?.length ?? 0, spec.skip?.length ?? 0, spec.startAt ?? null, spec.endAt ?? null],
  timezone: spec.timezone,
  jitter: Number(spec.jitter ?? 0),
  workflowType: action.workflowType,
  workflowId: action.workflowId,
  taskQueue: action.taskQueue,
  args: action.args,
  attempts: action.retry?.maximumAttempts,
  retryAfter: action.retry?.initialInterval,
  backoff: action.retry?.backoffCoefficient,
  summary: action.staticSummary,
  ...policies,
});

const ignoreAbsent = (error: unknown): void => {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
};
