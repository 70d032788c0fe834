/**
 * Every change that a clean set-up of a user's storage makes, and its removal, by the journal, times the ways in which it
 * can go wrong. A new step is in it as soon as it exists. `MATRIX=all` plays all.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { named } from '../support/calls.ts';
import { dealt } from '../support/dealt.ts';
import { openEyrie } from '../support/eyrie.ts';
import {
  cleanStorage,
  refusedTwice,
  removalGetsOver,
  removalRefusedAt,
  setUpGetsOver,
  setUpRefusedAt,
} from '../support/storage-cases.ts';

// Awaited here, since the cases follow from it.
const eyrie = await openEyrie();
const clean = await cleanStorage(eyrie);
const setUp = clean.setUp.map((change) => [named(change), change] as const);
const removal = clean.removal.map((change) => [named(change), change] as const);
const once = { times: 1 } as const;

afterAll(async () => {
  await eyrie.close();
});

test('there is something to go wrong', () => {
  expect(setUp.length).toBeGreaterThanOrEqual(9);
  expect(removal.map(([name]) => name)).toEqual([
    ...['s3:DeleteObjects#1', 's3:DeleteBucket#1', 'kms:ScheduleKeyDeletion#1', 'kms:DeleteAlias#1'],
  ]);
});

describe('a set-up', () => {
  test.concurrent.for(setUp)('refused for good at %s leaves nothing', ([, change], t) =>
    setUpRefusedAt(eyrie, t, change),
  );
  test.concurrent.for(setUp)('makes what it makes after a lost answer at %s', ([, { service, operation, nth }], t) =>
    setUpGetsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }], clean),
  );
  test.concurrent.for(dealt(setUp, 0))('… a cut connection at %s', ([, { service, operation, nth }], t) =>
    setUpGetsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'reset' }], clean),
  );
  test.concurrent.for(dealt(setUp, 1))('… three throttled answers at %s', ([, { service, operation, nth }], t) =>
    setUpGetsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }], clean),
  );
});

describe('a removal', () => {
  test.concurrent.for(removal)('leaves nothing after a lost answer at %s', ([, { service, operation, nth }], t) =>
    removalGetsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }]),
  );
  test.concurrent.for(removal)('… three throttled answers at %s', ([, { service, operation, nth }], t) =>
    removalGetsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }]),
  );
  test.concurrent.for(removal)('refused for good at %s lists what is left, and goes on', ([, change], t) =>
    removalRefusedAt(eyrie, t, change),
  );
  test('that is refused stays to be gone on with, also after a set-up that is refused and a sweep of that', (t) =>
    refusedTwice(eyrie, t));
});
