/** What is done again and again by itself: as the configuration wants it, and as operators see it. */

export interface WantedSchedule {
  /** kebab-case: `idle-disposal`. Unique in an environment; operators call it by this name. */
  readonly id: string;
  readonly workflowType: string;
  /** JSON. */
  readonly args: readonly unknown[];
  /**
   * Each day at this time, UTC, and up to `jitterMs` later: so that not all environments come at once. `everyHours`: again
   * so many hours later, as long as it is the same day.
   */
  readonly spec: {
    readonly hour: number;
    readonly minute: number;
    readonly jitterMs: number;
    readonly everyHours?: number;
  };
  /** How late a run that was missed is still made up for. */
  readonly catchupMs: number;
  /** Tries of one run, ten minutes and more apart. When the last one fails, the schedule is paused. */
  readonly attempts: number;
  /** What a run does, in a line. */
  readonly summary: string;
}

const DAY_MS = 86_400_000;

/** Two days: a server that is away over a weekend's night makes up for it, one that is away for a month does not do it all. */
export const CATCHUP_MS = 2 * DAY_MS;

/** `HH:MM` of the configuration. */
export const timeOfDay = (text: string): { readonly hour: number; readonly minute: number } => {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return { hour, minute };
};

/** One run of a schedule. */
export interface ScheduledRun {
  readonly workflowId: string;
  readonly runId: string;
  /** The time that it decides by. */
  readonly scheduledAt: string;
  readonly startedAt: string;
  /** Temporal's own status, for example `COMPLETED`; null where it is not kept any more. */
  readonly status: string | null;
  /** What it answered, or why it failed. */
  readonly result: unknown;
}

export interface ScheduleView {
  readonly id: string;
  readonly summary: string;
  readonly paused: boolean;
  /** Why it is paused, or was resumed. */
  readonly note: string;
  readonly nextRuns: readonly string[];
  /** The latest first. */
  readonly lastRuns: readonly ScheduledRun[];
  readonly running: boolean;
  /** Runs that came too late to be made up for. */
  readonly missed: number;
  /** Runs that were left out because the one before was not over. */
  readonly skipped: number;
}
