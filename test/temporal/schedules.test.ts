import { randomUUID } from 'node:crypto';
import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Installation, taskQueueOf } from '#domain/core/installation.ts';
import { CATCHUP_MS, type WantedSchedule } from '#domain/core/schedule.ts';
import { environmentOfWorkflow } from '#domain/core/workflow-ids.ts';
import { createScheduleControl } from '#temporal/schedule-control.ts';
import { convergeSchedules, ownSchedules, scheduleIdOf } from '#temporal/schedules.ts';
import { sandboxEndpoints } from '../support/sandbox.ts';

const aSchedule = (changes: Partial<WantedSchedule> = {}): WantedSchedule => ({
  id: 'sweep',
  workflowType: 'sweepSomething',
  args: [{ days: 3 }],
  spec: { hour: 3, minute: 15, jitterMs: 60_000 },
  catchupMs: CATCHUP_MS,
  attempts: 3,
  summary: 'sweeps something',
  ...changes,
});

/** An installation without any schedule, whose own are gone at the end. */
const anInstallation = async (controlBucket = 'control') => {
  const { temporal } = await sandboxEndpoints();
  const connection = await Connection.connect({ address: temporal ?? '' });
  const client = new Client({ connection });
  const installation: Installation = { environment: `env-${randomUUID().slice(0, 8)}`, controlBucket };
  const deps = { schedules: client.schedule, installation };
  const handle = (id: string) => client.schedule.getHandle(scheduleIdOf(installation, id));
  onTestFinished(async () => {
    // The list may show one still that is gone.
    const ignoreGone = (error: unknown) => {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    };
    for (const id of await ownSchedules(deps)) await handle(id).delete().catch(ignoreGone);
    await connection.close();
  });
  return {
    client,
    installation,
    handle,
    converge: (...wanted: WantedSchedule[]) => convergeSchedules(wanted, deps),
    listed: () => ownSchedules(deps),
    control: createScheduleControl(client, installation),
  };
};

describe('convergence', () => {
  test('several times a day, from the first one that fits on', async () => {
    const { converge, handle } = await anInstallation();
    const often = aSchedule({ spec: { hour: 13, minute: 15, everyHours: 6, jitterMs: 0 } });
    await converge(often);
    const { info } = await handle('sweep').describe();
    expect(new Set(info.nextActionTimes.map((time) => time.getUTCHours()))).toEqual(new Set([1, 7, 13, 19]));
    expect(await converge(often)).toEqual({ created: [], updated: [], removed: [] });
    expect((await converge(aSchedule())).updated).toEqual(['sweep']);
  });

  test('what is missing is made, once, and the second time nothing changes', async () => {
    const { converge, handle, installation } = await anInstallation();
    expect(await converge(aSchedule())).toEqual({ created: ['sweep'], updated: [], removed: [] });
    const { spec, policies, action, info, memo } = await handle('sweep').describe();
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: CATCHUP_MS, pauseOnFailure: true });
    expect(spec).toMatchObject({ timezone: 'UTC', jitter: 60_000 });
    for (const time of info.nextActionTimes) {
      const minutes = time.getUTCHours() * 60 + time.getUTCMinutes();
      expect([195, 196]).toContain(minutes);
    }
    expect(action).toMatchObject({ workflowType: 'sweepSomething', taskQueue: taskQueueOf(installation) });
    expect(environmentOfWorkflow(action.workflowId ?? '')).toBe(installation.environment);
    expect(memo).toEqual(installation);

    expect(await converge(aSchedule())).toEqual({ created: [], updated: [], removed: [] });
    expect((await handle('sweep').describe()).info.lastUpdatedAt).toBeUndefined();
  });

  test.each<[string, Partial<WantedSchedule>]>([
    ['its hour', { spec: { hour: 4, minute: 15, jitterMs: 60_000 } }],
    ['its minute', { spec: { hour: 3, minute: 16, jitterMs: 60_000 } }],
    ['its jitter', { spec: { hour: 3, minute: 15, jitterMs: 0 } }],
    ['its workflow', { workflowType: 'sweepMore' }],
    ['its input', { args: [{ days: 4 }] }],
    ['how late it may be', { catchupMs: 3_600_000 }],
    ['how often it is tried', { attempts: 1 }],
    ['its summary', { summary: 'sweeps more' }],
  ])('%s is put right where it differs', async (_what, change) => {
    const { converge } = await anInstallation();
    await converge(aSchedule());
    expect(await converge(aSchedule(change))).toEqual({ created: [], updated: ['sweep'], removed: [] });
    expect(await converge(aSchedule(change))).toEqual({ created: [], updated: [], removed: [] });
  });

  test('what somebody changed by hand is put right', async () => {
    const { converge, handle } = await anInstallation();
    await converge(aSchedule());
    await handle('sweep').update(({ spec, ...rest }) => ({ ...rest, spec: { ...spec, intervals: [{ every: '1h' }] } }));
    expect((await converge(aSchedule())).updated).toEqual(['sweep']);
    expect((await handle('sweep').describe()).spec.intervals).toEqual([]);
  });

  test('an operator’s pause outlives workers and changes', async () => {
    const { converge, handle, control } = await anInstallation();
    await converge(aSchedule());
    await control.pause('sweep', 'paused by operator:olga: too loud');
    await converge(aSchedule({ args: [{ days: 9 }] }));
    const { state, action } = await handle('sweep').describe();
    expect(state).toMatchObject({ paused: true, note: 'paused by operator:olga: too loud' });
    expect(action.args).toEqual([{ days: 9 }]);
  });

  test('what is taken out of the configuration goes', async () => {
    const { converge, listed } = await anInstallation();
    await converge(aSchedule(), aSchedule({ id: 'other' }));
    await expect.poll(listed).toEqual(['other', 'sweep']);
    expect(await converge(aSchedule())).toEqual({ created: [], updated: [], removed: ['other'] });
    await expect.poll(listed).toEqual(['sweep']);
  });

  test('workers that start at the same time are all content', async () => {
    const { converge, listed } = await anInstallation();
    await Promise.all([converge(aSchedule()), converge(aSchedule()), converge(aSchedule())]);
    await expect.poll(listed).toEqual(['sweep']);
    await Promise.all([converge(), converge()]);
    await expect.poll(listed).toEqual([]);
  });

  test('two installations on one server leave each other’s alone', async () => {
    const one = await anInstallation();
    const other = await anInstallation();
    await one.converge(aSchedule());
    await other.converge(aSchedule({ args: ['other'] }));
    await expect.poll(other.listed).toEqual(['sweep']);
    expect(await one.converge()).toMatchObject({ removed: ['sweep'] });
    expect((await other.handle('sweep').describe()).action.args).toEqual(['other']);
    expect(await other.converge(aSchedule({ args: ['other'] }))).toEqual({ created: [], updated: [], removed: [] });
  });
});

describe('what an operator does with it', () => {
  test('sees, pauses and resumes it', async () => {
    const { converge, control } = await anInstallation();
    await converge(aSchedule());
    expect(await control.show('sweep')).toMatchObject({
      id: 'sweep',
      summary: 'sweeps something',
      paused: false,
      running: false,
      lastRuns: [],
      missed: 0,
      skipped: 0,
      nextRuns: expect.arrayContaining([expect.stringMatching(/T03:1[56]:/)]),
    });
    await control.pause('sweep', 'paused by operator:olga');
    expect(await control.show('sweep')).toMatchObject({ paused: true, note: 'paused by operator:olga', nextRuns: [] });
    await control.resume('sweep', 'resumed by operator:olga');
    expect(await control.show('sweep')).toMatchObject({ paused: false, note: 'resumed by operator:olga' });
  });

  test('lists those of this installation', async () => {
    const { converge, control } = await anInstallation();
    const other = await anInstallation();
    await other.converge(aSchedule());
    await converge(aSchedule({ id: 'b' }), aSchedule({ id: 'a' }));
    await expect.poll(async () => (await control.list()).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('runs it now, once at a time', async () => {
    const { converge, control, client } = await anInstallation();
    await converge(aSchedule());
    await control.run('sweep');
    await expect.poll(async () => (await control.show('sweep')).running).toBe(true);
    const [run] = (await control.show('sweep')).lastRuns;
    expect(run).toMatchObject({ status: 'RUNNING', result: null });
    await expect(control.run('sweep')).rejects.toMatchObject({ type: 'OperationInProgress' });
    // No worker of this installation will ever come.
    await client.workflow.getHandle(run?.workflowId ?? '').terminate('seen enough');
    await expect.poll(async () => (await control.show('sweep')).running).toBe(false);
    expect((await control.show('sweep')).lastRuns[0]).toMatchObject({ status: 'TERMINATED' });
  });

  test('is told of one that is not there', async () => {
    const { control } = await anInstallation();
    for (const call of [
      control.show,
      control.run,
      (id: string) => control.pause(id, ''),
      (id: string) => control.resume(id, ''),
    ]) {
      await expect(call('nothing')).rejects.toMatchObject({ type: 'NotFound' });
    }
  });
});
