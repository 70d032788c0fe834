import { expect, test } from 'vitest';
import { apiRig, idOf, viewOf } from './rig.ts';

const STEER = '/v1/schedules/idle-disposal';

test('an operator sees, runs, pauses and resumes what is done by itself', async () => {
  const { call } = apiRig();
  expect(await call('operator', 'GET', '/v1/schedules')).toMatchObject({
    status: 200,
    body: { items: [{ id: 'idle-disposal', paused: false, nextRuns: ['2026-01-02T03:00:00.000Z'] }] },
  });
  expect(await call('operator', 'POST', `${STEER}/pause`, { reason: 'holidays' })).toMatchObject({
    status: 200,
    body: { paused: true, note: 'paused by operator:olga: holidays' },
  });
  expect(await call('operator', 'POST', `${STEER}/resume`)).toMatchObject({
    status: 200,
    body: { paused: false, note: 'resumed by operator:olga' },
  });
  expect(await call('operator', 'POST', `${STEER}/run`)).toMatchObject({ status: 202, body: { running: true } });
});

test('one run at a time', async () => {
  const { call, schedules } = apiRig();
  schedules.busy = true;
  expect(await call('operator', 'POST', `${STEER}/run`)).toMatchObject({
    status: 409,
    body: { code: 'OperationInProgress' },
  });
});

test('others neither see nor steer them, and a schedule that is not there is 404', async () => {
  const { call } = apiRig();
  for (const who of ['alice', 'hatchery'] as const) {
    for (const path of ['run', 'pause', 'resume']) {
      expect((await call(who, 'POST', `${STEER}/${path}`)).status).toBe(403);
    }
    expect((await call(who, 'GET', '/v1/schedules')).status).toBe(403);
  }
  for (const path of ['run', 'pause', 'resume']) {
    expect((await call('operator', 'POST', `/v1/schedules/nothing/${path}`)).status).toBe(404);
  }
});

test('a parked workspace shows when it is disposed of, where that is configured', async () => {
  const disposalDueAt = '2026-02-01T03:00:00.000Z';
  for (const disposesIdle of [true, false]) {
    const rig = apiRig({ disposesIdle });
    await rig.launched('alice', { phase: 'parked', key: null, disposalDueAt });
    const shown = viewOf(await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`));
    expect(shown.disposalDueAt).toBe(disposesIdle ? disposalDueAt : null);
  }
});

test('the metrics tell what the last scheduled sweep found, by kind', async () => {
  const { metrics, schedules } = apiRig();
  const [view] = await schedules.list();
  if (!view) throw new Error('there is no schedule');
  const times = { scheduledAt: '2026-01-02T04:00:00.000Z', startedAt: '2026-01-02T04:00:00.000Z' };
  const run = { workflowId: 'w', runId: 'r', ...times, status: 'COMPLETED', result: { found: { 'no-record': 3 } } };
  metrics.schedules([{ ...view, id: 'sweep', lastRuns: [run] }]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('eyrie_sweep_findings{kind="no-record"} 3');
  expect(text).toContain('eyrie_sweep_findings{kind="missing"} 0');
});

test('the metrics tell of a schedule that is paused, and forget one that is gone', async () => {
  const { metrics, schedules } = apiRig();
  await schedules.pause('idle-disposal', 'its runs failed');
  metrics.schedules(await schedules.list());
  expect(await metrics.registry.metrics()).toContain('eyrie_schedule_paused{schedule="idle-disposal"} 1');
  metrics.schedules([]);
  expect(await metrics.registry.metrics()).not.toContain('schedule="idle-disposal"');
});
