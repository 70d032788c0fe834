import { expect, test } from 'vitest';
import { idleVerdict } from '#domain/workspace/idle.ts';

const RULES = { parkedDays: 30, warningDays: 7 };
const day = (nth: number): string => new Date(Date.UTC(2026, 0, 1 + nth)).toISOString();

test.each([
  ['parked for a while', { since: day(0), dueAt: null }, day(22), { kind: 'keep' }],
  ['a week before its time', { since: day(0), dueAt: null }, day(23), { kind: 'warn', dueAt: day(30) }],
  [
    'parked for long when this was turned on',
    { since: day(0), dueAt: null },
    day(200),
    { kind: 'warn', dueAt: day(207) },
  ],
  ['announced, and not due', { since: day(0), dueAt: day(30) }, day(29), { kind: 'wait', dueAt: day(30) }],
  ['due', { since: day(0), dueAt: day(30) }, day(30), { kind: 'dispose' }],
  ['due, and the run of that day was missed', { since: day(0), dueAt: day(30) }, day(32), { kind: 'dispose' }],
  [
    'announced for a time at which nothing ran',
    { since: day(0), dueAt: day(30) },
    day(90),
    { kind: 'warn', dueAt: day(97) },
  ],
] as const)('%s', (_what, workspace, at, verdict) => {
  expect(idleVerdict(workspace, RULES, at)).toEqual(verdict);
});

test('a longer time that was configured after the announcement counts', () => {
  const longer = { parkedDays: 60, warningDays: 7 };
  expect(idleVerdict({ since: day(0), dueAt: day(60) }, longer, day(58))).toEqual({ kind: 'wait', dueAt: day(60) });
  expect(idleVerdict({ since: day(0), dueAt: day(54) }, longer, day(54))).toEqual({ kind: 'warn', dueAt: day(60) });
});

test('without a warning time it is announced all the same, and goes with the next run', () => {
  const at = day(30);
  const verdict = idleVerdict({ since: day(0), dueAt: null }, { parkedDays: 30, warningDays: 0 }, at);
  expect(verdict).toEqual({ kind: 'warn', dueAt: at });
  expect(idleVerdict({ since: day(0), dueAt: at }, { parkedDays: 30, warningDays: 0 }, day(31))).toEqual({
    kind: 'dispose',
  });
});
