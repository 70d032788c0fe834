/**
 * Every call of every step, in both directions of a launch and in both kinds of termination, is under way when an
 * operator retries its step or gives it up, and then ends in some way. `EXITS_SEED=7` deals the ends out otherwise, and
 * chooses other stories; `EXITS=1000` plays all of them.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { createRandom } from '../s3/support/random.ts';
import { callsOf, DIRECTIONS, ENDS, type End, fakesByWorkflow, letGo, play } from '../support/exit-stories.ts';
import { openRig } from '../support/workflow-rig.ts';

const SEED = Number(process.env.EXITS_SEED ?? 1);
/** Stories of each direction. */
const STORIES = Number(process.env.EXITS ?? 6);

const { activities, fakesFor } = fakesByWorkflow();
const rig = await openRig(activities);
afterAll(async () => {
  letGo();
  await rig.close();
});

const random = createRandom(SEED);
const ends = Object.keys(ENDS) as End[];
const dealt = () => ends[random.below(ends.length)] as End;
const calls = await Promise.all(
  DIRECTIONS.map(async (direction) => ({ direction, calls: await callsOf(rig, direction, fakesFor) })),
);

describe.each(calls)('$direction', ({ direction, calls: all }) => {
  test('has calls to play with', () => {
    expect(all.length).toBeGreaterThan(7);
  });
  const stories = all.flatMap((call) =>
    // Publish is one write: nobody gives it up.
    (call.startsWith('publish/') ? (['retry'] as const) : (['retry', 'abandon'] as const)).map(
      (exit) => [call, exit, dealt()] as const,
    ),
  );
  while (stories.length > STORIES) stories.splice(random.below(stories.length), 1);
  test.concurrent.for(stories)(`seed ${SEED}: %s, %s while it %s`, ([call, exit, end]) =>
    play(rig, fakesFor, { direction, call, exit, end }),
  );
});
