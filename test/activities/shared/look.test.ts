import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asLooks, believeAbsent, lookAgain } from '#activities/shared/look.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { TIMING } from '../../control/rig.ts';

const deps = { timing: { ...TIMING, lookEveryMs: 5_000, propagationMs: 120_000 } };

// The clock stands still: what is asserted is not how fast this machine is.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const pauseAfter = async (waitedMs: number): Promise<number> => {
  const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now() - waitedMs });
  return await environment.run(async () => Number(lookAgain('waiting', deps).nextRetryDelay));
};

test('looks are close together at first and at most the interval apart', async () => {
  expect(await pauseAfter(0)).toBe(500);
  expect(await pauseAfter(1_000)).toBe(500);
  expect(await pauseAfter(5_000)).toBe(500);
  expect(await pauseAfter(20_000)).toBe(2_000);
  expect(await pauseAfter(50_000)).toBe(5_000);
  expect(await pauseAfter(3_600_000)).toBe(5_000);
});

test('waiting is a retryable failure that is no error', () => {
  const failure = lookAgain('waiting', deps);
  expect(failure).toMatchObject({ type: 'NotYet', nonRetryable: false, category: 'BENIGN', message: 'waiting' });
});

test('one "not found" is believed where nothing may be under way, or long after it was', () => {
  const since = (ms: number) => new Date(Date.now() - ms).toISOString();
  const look = (unsureSince: string | null) => {
    try {
      believeAbsent('it', { by: 'run', unsureSince }, deps);
      return 'believed';
    } catch (error) {
      return codeOf(error);
    }
  };
  expect(look(null)).toBe('believed');
  expect(look(since(120_000))).toBe('believed');
  expect(look(since(119_999))).toBe('NotYet');
});

describe('what AWS refuses with', () => {
  const refused = async (error: Error): Promise<unknown> => {
    const { remove } = asLooks({ remove: async () => Promise.reject(error) }, deps);
    const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now() - 20_000, attempt: 12 });
    return await environment.run(remove).catch((thrown: unknown) => thrown);
  };

  test('because something else is not over yet is waited for as a look is, however many looks came before', async () => {
    const facts = { awsCode: 'DependencyViolation', operation: 'ec2:DeleteSubnet' };
    expect(await refused(fail('NotYet', 'it has dependencies', facts))).toMatchObject({
      ...{ type: 'NotYet', category: 'BENIGN', nextRetryDelay: 2_000 },
      ...{ message: 'it has dependencies', details: [facts] },
    });
  });

  test('for another reason is left to the retry policy, and a look keeps its own pause', async () => {
    for (const error of [fail('Throttled', 'slower'), new Error('it broke'), lookAgain('waiting', deps)])
      expect(await refused(error)).toBe(error);
  });
});
