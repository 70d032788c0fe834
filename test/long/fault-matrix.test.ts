/**
 * Every change that a clean launch makes, by its journal, times the ways in which it can go wrong. A new step is in it
 * as soon as it exists. Each change is refused or its answer is lost, each kind is cut or throttled; `MATRIX=all` plays all.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { isCreating, named } from '../support/calls.ts';
import { dealt } from '../support/dealt.ts';
import { openEyrie } from '../support/eyrie.ts';
import { cancelledAtLostAnswer, cleanLaunch, getsOver, refusedAt } from '../support/launch-cases.ts';

// Awaited here, since the cases follow from it.
// With both kinds of credentials, so that the steps of either are in it.
const eyrie = await openEyrie({ credentials: 'both' });
const clean = await cleanLaunch(eyrie);
const cases = clean.changes.map((change) => [named(change), change] as const);
/** What answers no call is the same for every call of a kind. */
const kinds = cases.filter(([, { nth }]) => nth === 0);
const creating = cases.filter(([, change]) => isCreating(change));

afterAll(async () => {
  await eyrie.close();
});

test('every change belongs to a known step', () => {
  expect(clean.changes.filter((change) => clean.stepsOf(change).length === 0).map(named)).toEqual([]);
  expect(cases.length).toBeGreaterThan(40);
});

describe('a launch leaves nothing where it is', () => {
  test.concurrent.for(dealt(cases, 0))('refused for good at %s', ([, change], t) => refusedAt(eyrie, t, change, clean));
  test.concurrent.for(dealt(creating, 0))('cancelled when the answer is lost at %s', ([, change], t) =>
    cancelledAtLostAnswer(eyrie, t, change, clean),
  );
});

describe('a launch makes what it makes, and nothing twice, after', () => {
  const once = { times: 1 } as const;
  test.concurrent.for(dealt(cases, 1))('a lost answer at %s', ([, { service, operation, nth }], t) =>
    getsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }], clean),
  );
  test.concurrent.for(dealt(kinds, 0))('a cut connection at %s', ([, { service, operation, nth }], t) =>
    getsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'reset' }], clean),
  );
  test.concurrent.for(dealt(kinds, 1))('three throttled answers at %s', ([, { service, operation, nth }], t) =>
    getsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }], clean),
  );
});
