import { describe, expect, test } from 'vitest';
import type { AccessKey } from '#domain/core/access-key.ts';
import { statusOf } from '#domain/keys/status.ts';

const DAY_MS = 86_400_000;
const LIFE_MS = 30 * DAY_MS;
const CREATED = Date.parse('2026-01-01T00:00:00Z');

const aKey = (changes: Partial<AccessKey> = {}): AccessKey => ({
  id: 'AKIAKEY1',
  state: 'active',
  createdAt: new Date(CREATED).toISOString(),
  expiresAt: new Date(CREATED + LIFE_MS).toISOString(),
  ...changes,
});

describe('the status of a key', () => {
  test.for([
    ['just made', 0, 'expires in 29 days'],
    ['made by a clock that is a second ahead', -1_000, 'expires in 29 days'],
    ['of half its life', 15 * DAY_MS, 'expires in 15 days'],
    ['of its last whole day', 29 * DAY_MS, 'expires in 1 days'],
    ['of a day less a second', 29 * DAY_MS + 1_000, 'expires in 23 hours'],
    ['of a last hour', LIFE_MS - 3_600_000, 'expires in 1 hours'],
    ['of fifty-nine minutes, which once read 0 minutes', LIFE_MS - 59 * 60_000, 'expires in 59 minutes'],
    ['of a last minute', LIFE_MS - 60_000, 'expires in 1 minutes'],
    ['of a last second', LIFE_MS - 1_000, 'expires in 1 seconds'],
    ['at its end', LIFE_MS, 'expired'],
    ['within the 31st day, which once read None', LIFE_MS + DAY_MS / 2, 'expired'],
    ['of the 32nd day', LIFE_MS + DAY_MS, 'expired'],
  ] as const)('%s', ([_name, age, status]) => {
    expect(statusOf(aKey(), CREATED + age)).toBe(status);
  });

  test('of one that was switched off is expired, however young', () => {
    expect(statusOf(aKey({ state: 'inactive' }), CREATED)).toBe('expired');
    expect(statusOf(aKey({ state: 'retiring' }), CREATED)).toBe('expired');
    expect(statusOf(aKey({ state: 'made' }), CREATED)).toBe('expires in 29 days');
  });
});
