import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metFor, metHereFor } from '#activities/shared/window.ts';
import { attempt } from '../control/rig.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;

test('a window begins when it is met, and goes on for as long as it is met again', () => {
  expect(metFor('vpc-1')).toBe(0);
  for (let minutes = 4; minutes < 60; minutes += 4) {
    vi.advanceTimersByTime(4 * MINUTE_MS);
    expect(metFor('vpc-1')).toBeCloseTo(minutes * MINUTE_MS, -1);
  }
  expect(metFor('vpc-2')).toBe(0);
});

test('what was not met for a while is met anew', () => {
  metFor('vpc-3');
  vi.advanceTimersByTime(11 * MINUTE_MS);
  expect(metFor('vpc-3')).toBe(0);
});

test('each call of an activity has its own', async () => {
  const waited = async () => metHereFor('denied');
  expect(await attempt(waited, [], 0, 'role/ensureRole/1')).toBe(0);
  vi.advanceTimersByTime(MINUTE_MS);
  expect(await attempt(waited, [], 0, 'role/ensureRole/1')).toBeCloseTo(MINUTE_MS, -1);
  expect(await attempt(waited, [], 0, 'role/ensureRole/2')).toBe(0);
  // Outside of one there is nothing to wait for.
  expect(metHereFor('denied')).toBe(0);
});
