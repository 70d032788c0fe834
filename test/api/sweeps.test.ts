import { expect, test } from 'vitest';
import type { SweepView } from '#api/sweeps.ts';
import type { SweepReport } from '#domain/sweep/sweep.ts';
import { apiRig, ENVIRONMENT } from './rig.ts';

const REPORT: SweepReport = {
  ...{
    at: '2026-01-02T04:00:00.000Z',
    runId: 'run-1',
    requestedBy: 'schedule:sweep',
    apply: false,
    olderThanHours: 24,
  },
  ...{ places: ['111122223333/us-east-1'], looked: 12, findings: [], more: 0 },
};

test('an operator starts a sweep, which takes nothing unless asked to, and sees what the latest one found', async () => {
  const { call, sweepRuns, control } = apiRig();
  expect(await call('operator', 'GET', '/v1/sweeps/latest')).toMatchObject({
    status: 200,
    body: { run: null, report: null },
  });
  const started = await call('operator', 'POST', '/v1/sweeps', {});
  expect(started).toMatchObject({ status: 202, body: { run: { runId: 'run-1', running: true }, report: null } });
  expect(started.headers.get('location')).toBe('/v1/sweeps/latest');
  expect(sweepRuns.asked).toMatchObject([
    {
      apply: false,
      finish: false,
      accountId: null,
      olderThanMs: 86_400_000,
      ownersMax: 10,
      requestedBy: 'operator:olga',
    },
  ]);
  sweepRuns.busy = false;
  await control.sweeps.writeLatest(ENVIRONMENT, REPORT);
  expect(await call('operator', 'GET', '/v1/sweeps/latest')).toMatchObject({
    status: 200,
    body: { run: { running: false }, report: REPORT },
  });
  await call('operator', 'POST', '/v1/sweeps', { apply: true, olderThanHours: 48, account: '111122223333' });
  expect(sweepRuns.asked[1]).toMatchObject({
    ...{ apply: true, finish: true, accountId: '111122223333', olderThanMs: 172_800_000 },
  });
});

test('one that no worker answers for says so, and what to do', async () => {
  const { call, sweepRuns } = apiRig();
  await call('operator', 'POST', '/v1/sweeps', {});
  const stuck = async () => {
    const { body } = await call('operator', 'GET', '/v1/sweeps/latest');
    return (body as SweepView).run?.stuck;
  };
  expect(await stuck()).toBeNull();
  sweepRuns.alone = true;
  expect(await stuck()).toEqual({ reason: 'no worker answers', hint: expect.stringContaining('`eyrie doctor`') });
});

test('one sweep at a time', async () => {
  const { call, sweepRuns } = apiRig();
  sweepRuns.busy = true;
  expect(await call('operator', 'POST', '/v1/sweeps', {})).toMatchObject({
    status: 409,
    body: { code: 'OperationInProgress' },
  });
});

test('nobody else starts or sees one, and what is no account is refused', async () => {
  const { call, sweepRuns } = apiRig();
  for (const who of ['alice', 'hatchery'] as const) {
    expect((await call(who, 'POST', '/v1/sweeps', {})).status).toBe(403);
    expect((await call(who, 'GET', '/v1/sweeps/latest')).status).toBe(403);
  }
  expect((await call('operator', 'POST', '/v1/sweeps', { account: 'mine' })).status).toBe(422);
  expect((await call('operator', 'POST', '/v1/sweeps', { aply: true })).status).toBe(422);
  expect(sweepRuns.asked).toEqual([]);
});
