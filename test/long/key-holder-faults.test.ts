/**
 * Every call that a holder's workflow makes in the life of its keys, by the journal, times the ways in which it can go
 * wrong. A new call is in it as soon as it is made. `MATRIX=all` plays all.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { named } from '../support/calls.ts';
import { dealt } from '../support/dealt.ts';
import { openEyrie } from '../support/eyrie.ts';
import { cleanLife, outlives, TROUBLES } from '../support/key-holder-cases.ts';

// Awaited here, since the cases follow from it.
const eyrie = await openEyrie();
const lives = { user: await cleanLife(eyrie, 'user'), system: await cleanLife(eyrie, 'system') };

afterAll(async () => {
  await eyrie.close();
});

describe.each(['user', 'system'] as const)('the keys of a %s outlive', (role) => {
  const calls = lives[role];
  const changes = calls.filter(({ mutating }) => mutating);
  // An odd number of troubles: of those that are dealt, each call has some, and each trouble some calls.
  const cases = changes.flatMap((call) => TROUBLES.map((trouble) => [trouble, named(call), call] as const));
  const looks = calls.filter(({ mutating, nth }) => !mutating && nth === 0).map((call) => [named(call), call] as const);

  test('and there is something to go wrong', () => {
    expect(new Set(changes.map(({ operation }) => operation))).toEqual(
      new Set([
        ...['CreatePolicy', 'CreateUser', 'AttachUserPolicy'],
        ...['CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey'],
        ...['DetachUserPolicy', 'DeleteUser', 'DeletePolicy'],
        'PutParameter', // the environment's name is claimed
      ]),
    );
    expect(looks.length).toBeGreaterThan(8);
  });

  // They are many, and each is a whole life: an eighth is dealt.
  test.concurrent.for(dealt(dealt(dealt(cases, 0), 0), 0))('%s at %s', ([trouble, , call], t) =>
    outlives(eyrie, t, { role, trouble, call }),
  );

  // Both roles look in the same way.
  test.concurrent.for(dealt(dealt(looks, role === 'user' ? 0 : 1), 0))('a refusal for good of %s', ([, call], t) =>
    outlives(eyrie, t, { role, trouble: 'denied', call }),
  );
});
