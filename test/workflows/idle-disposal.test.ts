import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Installation } from '#domain/core/installation.ts';
import { CATCHUP_MS } from '#domain/core/schedule.ts';
import type { IdleDisposalInput, ParkedWorkspace } from '#domain/workspace/idle.ts';
import { createScheduleControl } from '#temporal/schedule-control.ts';
import { convergeSchedules, scheduleIdOf } from '#temporal/schedules.ts';
import type { disposeIdleWorkspaces } from '../../src/workflows/workspace/dispose-idle.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { TIMING, untilClosed } from '../support/workspace-runs.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ago = (days: number): string => new Date(NOW - days * DAY_MS).toISOString();

/** Parked workspaces in pages of two, and what was asked for them. */
const idleWorld = (environment: string, ages: readonly { days: number; dueAt?: string }[]) => {
  const workspaces: ParkedWorkspace[] = ages.map(({ days, dueAt = null }, nth) => ({
    subject: { kind: 'workspace', environment, name: `user-${nth}` },
    user: `user-${nth}`,
    account: '111122223333',
    region: 'us-east-1',
    profile: null,
    since: ago(days),
    dueAt,
  }));
  const announced: Record<string, unknown> = {};
  const opened: Record<string, unknown> = {};
  const activities = {
    findIdleWorkspaces: async ({ since, cursor }: { since: string; cursor: string | null }) => {
      const from = Number(cursor ?? 0);
      const page = workspaces.slice(from, from + 2);
      const more = from + 2 < workspaces.length;
      return {
        parked: page.length,
        items: page.filter((one) => one.since <= since),
        nextCursor: more ? String(from + 2) : null,
      };
    },
    changeRecord: async ({ name }: { name: string }, change: object, parkedSince?: string) => {
      announced[name] = { ...change, parkedSince };
    },
    // There is nothing any more: each termination ends at once.
    openTermination: async ({ subject, ...rest }: { subject: { name: string } }) => {
      opened[subject.name] = rest;
      return { record: null };
    },
  };
  return { activities, announced, opened, workspaces };
};

const inputFor = (environment: string): IdleDisposalInput => ({
  environment,
  ...{ parkedDays: 30, warningDays: 7, perHour: 3_600_000 },
  timing: TIMING,
});

test('what was announced and is due goes, what comes near is announced, the rest stays', async () => {
  const environment = `env-${randomUUID().slice(0, 8)}`;
  const ages = [{ days: 2 }, { days: 25 }, { days: 24, dueAt: ago(-6) }, { days: 31, dueAt: ago(1) }, { days: 90 }];
  const { activities, announced, opened, workspaces } = idleWorld(environment, ages);
  const rig = await workflowRig(activities);
  const run = rig.watch(
    await rig.client.workflow.start<typeof disposeIdleWorkspaces>('disposeIdleWorkspaces', {
      workflowId: `schedule/${environment}/control/idle-disposal-now`,
      taskQueue: rig.taskQueue,
      args: [inputFor(environment)],
    }),
  );
  const result = await run.result();
  expect(result).toMatchObject({ parked: 5, due: 3, disposed: 1, disposing: [`${environment}.user-3`] });
  expect(Object.keys(announced)).toEqual(['user-1', 'user-4']);
  expect(announced['user-1']).toEqual({
    disposalDueAt: new Date(Date.parse(result.at) + 7 * DAY_MS).toISOString(),
    phaseSince: workspaces[1]?.since,
    // Only if it is parked still, and was all along.
    parkedSince: workspaces[1]?.since,
  });
  await untilClosed(rig, `workspace/${environment}/user-3`);
  expect(opened).toEqual({ 'user-3': expect.objectContaining({ mode: 'dispose', parkedSince: workspaces[3]?.since }) });
});

test('a workspace with which something else is going on is left alone', async () => {
  const environment = `env-${randomUUID().slice(0, 8)}`;
  const { activities, opened } = idleWorld(environment, [{ days: 31, dueAt: ago(1) }]);
  const rig = await workflowRig(activities);
  // Nobody serves it: it is under way for as long as it takes.
  const other = await rig.client.workflow.start('launchWorkspace', {
    workflowId: `workspace/${environment}/user-0`,
    taskQueue: `nobody-${randomUUID()}`,
  });
  const run = rig.watch(
    await rig.client.workflow.start<typeof disposeIdleWorkspaces>('disposeIdleWorkspaces', {
      workflowId: `schedule/${environment}/control/idle-disposal-now`,
      taskQueue: rig.taskQueue,
      args: [inputFor(environment)],
    }),
  );
  expect(await run.result()).toMatchObject({ parked: 1, disposed: 0, disposing: [] });
  expect(opened).toEqual({});
  await other.terminate('seen enough');
});

test('a run decides by the time for which it was scheduled, however late it is', async () => {
  const installation: Installation = { environment: `env-${randomUUID().slice(0, 8)}`, controlBucket: 'control' };
  const { environment } = installation;
  const { activities } = idleWorld(environment, []);
  const rig = await workflowRig(activities, { installation });
  const deps = { schedules: rig.client.schedule, installation };
  await rig.stopWorker();
  await convergeSchedules(
    [
      {
        id: 'idle-disposal',
        workflowType: 'disposeIdleWorkspaces',
        args: [inputFor(environment)],
        spec: { hour: 3, minute: 0, jitterMs: 0 },
        catchupMs: CATCHUP_MS,
        attempts: 3,
        summary: 'disposes',
      },
    ],
    deps,
  );
  const handle = rig.client.schedule.getHandle(scheduleIdOf(installation, 'idle-disposal'));
  const yesterday = new Date(Date.now() - DAY_MS);
  const due = new Date(Date.UTC(yesterday.getUTCFullYear(), yesterday.getUTCMonth(), yesterday.getUTCDate(), 3));
  await handle.backfill({ start: new Date(due.getTime() - 1000), end: new Date(due.getTime() + 1000) });
  await rig.startWorker();
  const control = createScheduleControl(rig.client, installation);
  await expect.poll(async () => (await control.show('idle-disposal')).lastRuns[0]?.status).toBe('COMPLETED');
  const [run] = (await control.show('idle-disposal')).lastRuns;
  expect(run?.result).toMatchObject({ at: due.toISOString() });
  await handle.delete();
});
