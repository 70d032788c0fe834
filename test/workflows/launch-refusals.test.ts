import { expect, test } from 'vitest';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { failureOf, startLaunch } from '../support/workspace-runs.ts';

test('whichever activity is refused for good, nothing is left', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  await (await startLaunch(rig)).result();
  // From a clean run, so that a new step is covered by itself.
  const called = [...new Set(fakes.calls)].filter((name) => name !== 'openRecord');
  fakes.forget();
  expect(called.length).toBeGreaterThan(25);
  for (const activity of called) {
    fakes.failing(activity, 'Denied', activity === 'changeRecord' ? 1 : -1);
    const failure = await failureOf(await startLaunch(rig));
    expect(failure.type, activity).toBe('Denied');
    expect(fakes.existing(), activity).toEqual([]);
    fakes.mend(activity);
  }
});
