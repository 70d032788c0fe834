/** Keeps the metrics of schedules up to date: a schedule that is paused, or that misses its runs, must not go unseen. */
import type { Logger } from '#observability/logger.ts';
import type { Metrics } from '#observability/metrics.ts';
import type { ScheduleControl } from '#temporal/schedule-control.ts';

const EVERY_MS = 60_000;

/** Any number of API processes may do so at once. */
export const watchSchedules = (
  schedules: Pick<ScheduleControl, 'list'>,
  metrics: Pick<Metrics, 'schedules'>,
  log: Logger,
): { readonly stop: () => void } => {
  const look = (): void => {
    schedules.list().then(metrics.schedules, (error: unknown) => log.warn({ error }, 'schedules can not be listed'));
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
};
