/**
 * Every change that a clean launch makes, by its journal, times the ways in which it can go wrong. A new step is in it
 * as soon as it exists. A third of the pairs is played, each with one of the ways out that make its change: `MATRIX_SEED=2`
 * deals the ways out otherwise, `MATRIX=all` plays all.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { EGRESS_DEFAULT, EGRESSES } from '#domain/workspace/egress.ts';
import { isCreating, named } from '../support/calls.ts';
import { dealtToThree, PLAYS_ALL } from '../support/dealt.ts';
import { openEyrie } from '../support/eyrie.ts';
import { cancelledAtLostAnswer, cleanLaunch, getsOver, refusedAt } from '../support/launch-cases.ts';

const SEED = Number(process.env.MATRIX_SEED ?? 1);

// Awaited here, since the cases follow from it.
// With both kinds of credentials, so that the steps of either are in it.
const eyrie = await openEyrie({ credentials: 'both' });
const launches = await Promise.all(
  EGRESSES.map(async (egress) => {
    const clean = await cleanLaunch(eyrie, { settings: { network: { ...EGRESS_DEFAULT, egress } } });
    return clean.changes.map((change) => ({ egress, name: named(change), change, clean }));
  }),
);
const names = [...new Set(launches.flat().map(({ name }) => name))];
const cases = names
  .flatMap((name, index) => {
    const same = launches.flat().filter((one) => one.name === name);
    const nth = (index + SEED) % same.length;
    return PLAYS_ALL ? same : same.slice(nth, nth + 1);
  })
  .map(({ egress, name, ...rest }) => [`${name} (${egress})`, rest] as const);
/** What answers no call is the same for every call of a kind. */
const kinds = cases.filter(([, { change }]) => change.nth === 0);
const creating = cases.filter(([, { change }]) => isCreating(change));

afterAll(async () => {
  await eyrie.close();
});

test('every change belongs to a known step', () => {
  const all = launches.flat();
  expect(all.flatMap(({ name, change, clean }) => (clean.stepsOf(change).length === 0 ? name : []))).toEqual([]);
  expect(names.length).toBeGreaterThan(40);
  const kinds = all.map(({ change }) => change.operation);
  expect(kinds).toEqual(expect.arrayContaining(['RunInstances', 'CreateNatGateway', 'CreateVpcEndpoint']));
});

describe('a launch leaves nothing where it is', () => {
  test.concurrent.for(dealtToThree(cases, 0))('refused for good at %s', ([, { change, clean }], t) =>
    refusedAt(eyrie, t, change, clean),
  );
  test.concurrent.for(dealtToThree(creating, 2))(
    'cancelled when the answer is lost at %s',
    ([, { change, clean }], t) => cancelledAtLostAnswer(eyrie, t, change, clean),
  );
});

describe('a launch makes what it makes, and nothing twice, after', () => {
  const once = { times: 1 } as const;
  test.concurrent.for(dealtToThree(cases, 1))('a lost answer at %s', ([, { change, clean }], t) => {
    const { service, operation, nth } = change;
    return getsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }], clean);
  });
  test.concurrent.for(dealtToThree(kinds, 2))('a cut connection at %s', ([, { change, clean }], t) => {
    const { service, operation, nth } = change;
    return getsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'reset' }], clean);
  });
  test.concurrent.for(dealtToThree(kinds, 0))('three throttled answers at %s', ([, { change, clean }], t) => {
    const { service, operation, nth } = change;
    return getsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }], clean);
  });
});
