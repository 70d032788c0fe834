import { expect, test } from 'vitest';
import type { SubjectRef } from '#domain/core/subject.ts';
import { controlRig } from './rig.ts';

const BOT: SubjectRef = { kind: 'key-holder', environment: 'brh', name: '7-bot' };

test('a lease lasts until it is released, or as long as it was promised; many are found, a few are told', async (t) => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const { control } = await controlRig(t, { now: () => now });
  const { leases } = control;
  await leases.take(BOT, 'AKIA1', { task: 'task/with a slash', forMs: 60_000 });
  await leases.take(BOT, 'AKIA2', { task: 'other', forMs: 60_000 });
  await leases.take({ ...BOT, name: '77-bot' }, 'AKIA1', { task: 'another’s', forMs: 60_000 });
  expect(await leases.live(BOT, 'AKIA1', 10)).toEqual([
    {
      task: 'task/with a slash',
      accessKeyId: 'AKIA1',
      takenAt: '2026-01-01T00:00:00.000Z',
      until: '2026-01-01T00:01:00.000Z',
    },
  ]);
  await leases.release(BOT, 'AKIA1', 'task/with a slash');
  await leases.release(BOT, 'AKIA1', 'never taken');
  expect(await leases.live(BOT, 'AKIA1', 10)).toEqual([]);

  for (let nth = 0; nth < 20; nth += 1)
    await leases.take(BOT, 'AKIA1', { task: `task-${nth}`, forMs: 1_000 * nth + 1 });
  expect(await leases.live(BOT, 'AKIA1', 3)).toHaveLength(3);
  now += 10_001;
  expect((await leases.live(BOT, 'AKIA1', 100)).map(({ task }) => task).toSorted()).toEqual(
    Array.from({ length: 9 }, (_, nth) => `task-${nth + 11}`).toSorted(),
  );
  await leases.dropAll(BOT, 'AKIA1');
  expect(await leases.live(BOT, 'AKIA1', 100)).toEqual([]);
  expect(await leases.live(BOT, 'AKIA2', 100)).toHaveLength(1);
});
