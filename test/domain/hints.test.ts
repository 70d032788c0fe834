import { expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';
import { hintOf, remedyAfter } from '#domain/core/hints.ts';
import { EXITS } from '#domain/core/operation.ts';

const subject = { kind: 'workspace', environment: 'localhost', name: 'alice' } as const;
const OF = { subject, step: 'network' } as const;

const CODES = Object.keys(FAILURES) as FailureCode[];

test('whoever may do something is told what would help, and what each exit does', () => {
  const of = (code: FailureCode | null) => hintOf({ ...OF, code, state: 'waiting', exits: EXITS });
  expect(of('Throttled')).toMatch(
    /^AWS asks for fewer calls.*; `eyrie retry localhost\.alice --step network` asks again.*; `eyrie abandon-step localhost\.alice network --reason 'WHY'` gives the step up.*; `eyrie terminate localhost\.alice --mode dispose` takes/,
  );
  expect(of(null)).toContain('see whether a worker is at it (`eyrie doctor`)');
  for (const code of CODES) expect(of(code).length).toBeGreaterThan(40);
});

test('what has failed is told what would help, and what to type afterwards', () => {
  const after = (code: FailureCode, leftovers: number) => remedyAfter({ subject, phase: 'failed', code, leftovers });
  expect(after('Denied', 0)).toBe(
    'give whoever is named the right that is missing; then ask for it again: `eyrie launch localhost.alice` makes it whole, `eyrie terminate localhost.alice --mode dispose` removes it',
  );
  expect(after('CompensationIncomplete', 2)).toContain('then `eyrie retry localhost.alice` removes it');
  for (const code of CODES) {
    // Nothing goes on by itself any more, and nothing is waited for.
    expect(after(code, 0)).toMatch(/^(?!.*(by itself|is still at work)).*; then ask for it again: /);
  }
});

test('an undo is not given up in order to take back what was made', () => {
  const hint = hintOf({ ...OF, code: 'Denied', state: 'undoing', exits: EXITS });
  expect(hint).toContain('lists what is left of the step');
  expect(hint).not.toContain('takes back');
});

test('who may not retry is not told to mend what only operators see', () => {
  const hint = hintOf({ ...OF, code: 'Denied', state: 'waiting', exits: ['terminate'] });
  expect(hint).toMatch(/an operator.*`eyrie terminate localhost\.alice --mode dispose` takes back what was made/);
  expect(hint).not.toMatch(/right that is missing|retry|abandon/);
});
