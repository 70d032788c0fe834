import { expect, test } from 'vitest';
import { DEFAULT_TIMING, scaleTiming } from '#domain/core/timing.ts';

test('windows scale down to a floor, expected times to a quarter, and the grace of keys not at all', () => {
  expect(scaleTiming(DEFAULT_TIMING, 1)).toEqual(DEFAULT_TIMING);
  expect(scaleTiming(DEFAULT_TIMING, 0)).toEqual({
    propagationMs: 50,
    lookEveryMs: 50,
    undoGiveUpMs: 50,
    expectedScale: 0.25,
    keyGraceMs: DEFAULT_TIMING.keyGraceMs,
  });
  expect(scaleTiming(DEFAULT_TIMING, 0.5)).toMatchObject({ propagationMs: 60_000, expectedScale: 0.5 });
});
