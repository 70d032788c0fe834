/** Schedules as the API sees them, in memory: one, `idle-disposal`. */
import { fail } from '#domain/core/failures.ts';
import type { ScheduleView } from '#domain/core/schedule.ts';
import type { ScheduleControl } from '#temporal/schedule-control.ts';

export interface FakeSchedules extends ScheduleControl {
  /** A run is under way. */
  busy: boolean;
}

export const createFakeSchedules = (): FakeSchedules => {
  let view: ScheduleView = {
    id: 'idle-disposal',
    summary: 'disposes of workspaces that have been parked for 30 days',
    paused: false,
    note: '',
    nextRuns: ['2026-01-02T03:00:00.000Z'],
    lastRuns: [],
    running: false,
    missed: 0,
    skipped: 0,
  };
  const find = (id: string): ScheduleView => {
    if (id !== view.id) throw fail('NotFound', `there is no schedule ${id}`);
    return { ...view, running: fake.busy };
  };
  const fake: FakeSchedules = {
    busy: false,
    list: async () => [find(view.id)],
    show: async (id) => find(id),
    run: async (id) => {
      if (find(id).running) throw fail('OperationInProgress', `a run of ${id} is not over`);
      fake.busy = true;
    },
    pause: async (id, note) => {
      view = { ...find(id), paused: true, note };
    },
    resume: async (id, note) => {
      view = { ...find(id), paused: false, note };
    },
  };
  return fake;
};
