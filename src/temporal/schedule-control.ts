/** Schedules of one installation as operators see and steer them. */
import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy, WorkflowNotFoundError } from '@temporalio/client';
import { fail } from '#domain/core/failures.ts';
import type { Installation } from '#domain/core/installation.ts';
import type { ScheduledRun, ScheduleView } from '#domain/core/schedule.ts';
import { fromTemporal } from './rpc-errors.ts';
import { ownSchedules, scheduleIdOf } from './schedules.ts';

/** Long enough for a busy server, short enough for a caller to be told to come back. */
const CALL_MS = 5_000;
const RUNS_MAX = 5;

/** Methods throw NotFound for a schedule that is not there, and Unavailable where Temporal does not answer. */
export interface ScheduleControl {
  list(): Promise<readonly ScheduleView[]>;
  show(id: string): Promise<ScheduleView>;
  /** @throws OperationInProgress while a run is not over. */
  run(id: string): Promise<void>;
  pause(id: string, note: string): Promise<void>;
  resume(id: string, note: string): Promise<void>;
}

export const createScheduleControl = (client: Client, installation: Installation): ScheduleControl => {
  const call = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + CALL_MS, work);
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) throw fail('NotFound', `there is no schedule ${id}`);
      return fromTemporal(error);
    }
  };
  const handleOf = (id: string) => client.schedule.getHandle(scheduleIdOf(installation, id));

  /** The latest run under this id: one that continued as new, or was tried again, has several. */
  const outcomeOf = async (
    workflowId: string,
  ): Promise<Pick<ScheduledRun, 'runId' | 'status' | 'result'> | undefined> => {
    const handle = client.workflow.getHandle(workflowId);
    try {
      const { runId, status } = await handle.describe();
      const isOver = status.name !== 'RUNNING' && status.name !== 'PAUSED';
      const result = isOver ? await client.workflow.getHandle(workflowId, runId).result().catch(causeOf) : null;
      return { runId, status: status.name, result };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };

  const show = (id: string): Promise<ScheduleView> =>
    call(id, async () => {
      const { state, action, info } = await handleOf(id).describe();
      const actions = info.recentActions.toReversed().slice(0, RUNS_MAX);
      const lastRuns = actions.map(async ({ scheduledAt, takenAt, action: { workflow } }): Promise<ScheduledRun> => {
        const { workflowId, firstExecutionRunId: runId } = workflow;
        const outcome = (await outcomeOf(workflowId)) ?? { runId, status: null, result: null };
        return { workflowId, scheduledAt: scheduledAt.toISOString(), startedAt: takenAt.toISOString(), ...outcome };
      });
      return {
        id,
        summary: action.staticSummary ?? '',
        paused: state.paused,
        note: state.note ?? '',
        nextRuns: state.paused ? [] : info.nextActionTimes.slice(0, RUNS_MAX).map((time) => time.toISOString()),
        lastRuns: await Promise.all(lastRuns),
        running: info.runningActions.length > 0,
        missed: info.numActionsMissedCatchupWindow,
        skipped: info.numActionsSkippedOverlap,
      };
    });

  return {
    show,

    async list() {
      const ids = await call('', () => ownSchedules({ schedules: client.schedule, installation }));
      return await Promise.all(ids.map(show));
    },

    async run(id) {
      const { running } = await show(id);
      if (running) throw fail('OperationInProgress', `a run of ${id} is not over`);
      await call(id, () => handleOf(id).trigger(ScheduleOverlapPolicy.SKIP));
    },

    pause: (id, note) => call(id, () => handleOf(id).pause(note)),
    resume: (id, note) => call(id, () => handleOf(id).unpause(note)),
  };
};

/** What a run failed with, in words. */
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};
