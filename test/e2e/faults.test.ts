import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAUNCH } from '#workflows/workspace/steps.ts';
import { type Change, isCreating, named } from '../support/calls.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import {
  type CleanLaunch,
  cancelledAtLostAnswer,
  cancelledWhile,
  cleanLaunch,
  getsOver,
  refusedAt,
} from '../support/launch-cases.ts';

/** Some steps are refused at their last change here; test/long refuses each change of the journal, of every step. */
let eyrie: EyrieHost;
let clean: CleanLaunch;

beforeAll(async () => {
  eyrie = await openEyrie();
  clean = await cleanLaunch(eyrie);
});
afterAll(async () => {
  await eyrie.close();
});

const lastChangeOf = (step: string): Change => {
  const change = clean.changes.findLast((one) => clean.stepsOf(one).at(-1) === step);
  if (!change) throw new Error(`the launch changes nothing in step ${step}`);
  return change;
};

test('every change that a launch makes belongs to a step, and every step that has something in AWS makes one', () => {
  const unknown = clean.changes.filter((change) => clean.stepsOf(change).length === 0);
  expect(unknown.map(named)).toEqual([]);
  const covered = new Set(clean.changes.flatMap(clean.stepsOf));
  // By the default way out, and with a key; egress.test.ts and rotate.test.ts take the others.
  const others = ['nat-gateway', 'service-endpoints', 'client-role'];
  const taken = LAUNCH.filter(({ name }) => !others.includes(name));
  const having = taken.filter((step) => 'remaining' in step).map(({ name }) => name);
  expect(having.filter((step) => !covered.has(step))).toEqual([]);
  expect(clean.steps).toEqual(taken.map(({ name }) => name));
});

describe('a launch', () => {
  test.concurrent.for(['foundation', 'network', 'squid', 'job-queue', 'access-key'])(
    'that is refused at %s leaves nothing',
    async (step, t) => {
      await refusedAt(eyrie, t, lastChangeOf(step), clean);
    },
  );
});

describe('a launch gets over', () => {
  const everyChange = (fault: 'reset' | 'throttle' | 'lost-answer', times: number, only: (change: Change) => boolean) =>
    clean.changes
      .filter(({ nth }) => nth === 0)
      .filter(only)
      .map(({ service, operation }) => ({ service, operation, skip: 0, times, fault }));

  test.concurrent('a cut connection at the first of each kind of change', (t) =>
    getsOver(
      eyrie,
      t,
      everyChange('reset', 1, () => true),
      clean,
    ));
  test.concurrent('a throttled answer at the first of each kind of change', (t) =>
    getsOver(
      eyrie,
      t,
      everyChange('throttle', 1, () => true),
      clean,
    ));
  test.concurrent('a lost answer at each creating call, and makes nothing twice', (t) =>
    getsOver(eyrie, t, everyChange('lost-answer', 1, isCreating), clean));
});

test.concurrent('a launch that is cancelled when the answer to CreateVpc was lost leaves nothing', (t) =>
  cancelledAtLostAnswer(eyrie, t, { service: 'ec2', operation: 'CreateVpc', nth: 0 }, clean));

test.concurrent('a launch that is cancelled while its key is made leaves nothing', (t) =>
  cancelledWhile(eyrie, t, lastChangeOf('access-key'), clean));
