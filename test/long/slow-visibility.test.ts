/**
 * What was made is not visible at once: a lost answer then looks like nothing was made, and who believes that makes a
 * second one, or leaves the first behind.
 */
import { afterAll, describe, test } from 'vitest';
import { type Change, isCreating, named } from '../support/calls.ts';
import { openEyrie } from '../support/eyrie.ts';
import { cancelledAtLostAnswer, cleanLaunch, getsOver } from '../support/launch-cases.ts';
import { TIMING } from '../support/workspace-runs.ts';

/** A twentieth of AWS's delays: the slowest to show takes well under a second. */
const SCALE = 0.05;

const eyrie = await openEyrie({ timing: { ...TIMING, propagationMs: 3_000 }, scale: SCALE });
const clean = await cleanLaunch(eyrie);
// How often EC2 is asked by a dry run whether it knows the profile yet differs from run to run.
const isCounted = ({ operation, nth }: Change): boolean => nth === 0 && operation !== 'RunInstances';
const cases = clean.changes
  .filter(isCreating)
  .filter(isCounted)
  .map((change) => [named(change), change] as const);

afterAll(async () => {
  await eyrie.close();
});

describe('when the answer is lost and what was made does not show yet', () => {
  test.concurrent.for(cases)('at %s, a launch makes nothing twice', ([, { service, operation, nth }], t) =>
    getsOver(eyrie, t, [{ service, operation, skip: nth, times: 1, fault: 'lost-answer' }], clean),
  );
  test.concurrent.for(cases)('at %s, a cancelled launch leaves nothing', ([, change], t) =>
    cancelledAtLostAnswer(eyrie, t, change, clean),
  );
});
