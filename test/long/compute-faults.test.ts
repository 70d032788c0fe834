/**
 * Every change that a clean create of a compute environment makes, and its disposal, by the journal, times the ways in which
 * it can go wrong. A new step is in it as soon as it exists. `MATRIX=all` plays all, `SHAPE=everything` on one that has
 * everything.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { named } from '../support/calls.ts';
import {
  cleanCompute,
  createCancelledAt,
  createGetsOver,
  createOutlivesWorker,
  createRefusedAt,
  disposeGetsOver,
  disposeOutlivesWorker,
  disposeRefusedAt,
  sharedWorld,
  updateGetsOver,
  updateRefusedAt,
} from '../support/compute-cases.ts';
import { dealt, dealtToThree } from '../support/dealt.ts';
import { openEyrie } from '../support/eyrie.ts';

// Awaited here, since the cases follow from it.
const eyrie = await openEyrie();
const clean = await cleanCompute(eyrie);
const create = clean.create.map((change) => [named(change), change] as const);
const dispose = clean.dispose.map((change) => [named(change), change] as const);
const update = clean.update.map((change) => [named(change), change] as const);
const shared = await sharedWorld(eyrie);
const once = { times: 1 } as const;

/** Of a disposal: each of its cases makes a compute environment first. */
const few = <T>(cases: readonly T[], which: 0 | 1): T[] => dealt(dealt(cases, which), which);

afterAll(async () => {
  await eyrie.close();
});

test('there is something to go wrong', () => {
  expect(create.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      ...[
        'logs:CreateLogGroup#1',
        'iam:CreateRole#1',
        'ec2:CreateLaunchTemplate#1',
        'batch:CreateComputeEnvironment#1',
      ],
      ...['batch:CreateJobQueue#1', 'batch:SubmitJob#1'],
    ]),
  );
  expect(dispose.map(([name]) => name)).toEqual(
    expect.arrayContaining(['batch:DeleteJobQueue#1', 'batch:DeleteComputeEnvironment#1', 'iam:DeleteRole#1']),
  );
});

describe('a create', () => {
  test.concurrent.for(dealtToThree(create, 0))('refused for good at %s leaves nothing', ([, change], t) =>
    createRefusedAt(eyrie, t, change),
  );
  test.concurrent.for(dealtToThree(create, 1))('makes what it makes after a lost answer at %s', ([, change], t) => {
    const { service, operation, nth } = change;
    return createGetsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }], clean);
  });
  test.concurrent.for(dealtToThree(create, 2))(
    '… three throttled answers at %s',
    ([, { service, operation, nth }], t) =>
      createGetsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }], clean),
  );
  test.concurrent.for(dealtToThree(create, 2))('cancelled at %s leaves nothing', ([, change], t) =>
    createCancelledAt(eyrie, t, change),
  );
});

describe('a worker that dies', () => {
  test.concurrent.for(dealtToThree(create, 0))('at %s of a create', ([, change], t) =>
    createOutlivesWorker(eyrie, t, change, clean),
  );
  test.concurrent.for(few(dispose, 0))('at %s of a disposal', ([, change], t) =>
    disposeOutlivesWorker(eyrie, t, change),
  );
});

describe('an update', () => {
  test.concurrent.for(dealt(update, 0))('refused for good at %s is put back, and made later', ([, change], t) =>
    updateRefusedAt(eyrie, t, change, clean),
  );
  test.concurrent.for(few(update, 1))('is made after a lost answer at %s', ([, change], t) =>
    updateGetsOver(eyrie, t, change, 'lost-answer', clean),
  );
  test.concurrent.for(few(update, 0))('is made by another worker after one died at %s', ([, change], t) =>
    updateGetsOver(eyrie, t, change, 'killed', clean),
  );
});

describe('a disposal', () => {
  test.concurrent.for(few(dispose, 0))('leaves nothing after a lost answer at %s', ([, change], t) => {
    const { service, operation, nth } = change;
    return disposeGetsOver(eyrie, t, [{ service, operation, skip: nth, ...once, fault: 'lost-answer' }]);
  });
  test.concurrent.for(few(dispose, 1))('… three throttled answers at %s', ([, { service, operation, nth }], t) =>
    disposeGetsOver(eyrie, t, [{ service, operation, skip: nth, times: 3, fault: 'throttle' }]),
  );
  test.concurrent.for(dealt(dispose, 0))('refused for good at %s lists what is left, and goes on', ([, change], t) =>
    disposeRefusedAt(eyrie, t, change),
  );
});

/** One after the other, in one shared compute environment. */
describe('a tenant', () => {
  const made = shared.create.map((change) => [named(change), change] as const);
  const gone = shared.dispose.map((change) => [named(change), change] as const);

  test('changes nothing but what is its own', () => {
    expect(new Set([...made, ...gone].map(([name]) => name.replace(/#\d+$/, '')))).toEqual(
      new Set([
        ...['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:DeleteRole'],
        ...['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup'],
        ...['batch:RegisterJobDefinition', 'batch:SubmitJob', 'batch:DeregisterJobDefinition'],
      ]),
    );
  });
  // Where it may not take its own proof away, its undo may not either.
  const making = made.filter(([, { operation }]) => operation !== 'DeregisterJobDefinition');
  test.for(dealt(making, 1))('refused for good at %s leaves nothing, and is made later', ([, change]) =>
    shared.createRefusedAt(change),
  );
  test.for(dealt(made, 0))('is made after a lost answer at %s', ([, change]) =>
    shared.createGetsOver(change, 'lost-answer'),
  );
  test.for(dealt(made, 1))('is made by another worker after one died at %s', ([, change]) =>
    shared.createGetsOver(change, 'killed'),
  );
  test.for(dealt(gone, 0))('whose disposal is refused at %s lists what is left, and goes later', ([, change]) =>
    shared.disposeRefusedAt(change),
  );
});
