/** Several steps are stuck at once, and come free in any order: the mark always says the one that has been longest. */
import { expect, test } from 'vitest';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { createRandom } from '../s3/support/random.ts';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { aLaunch, startLaunch, until, viewOf } from '../support/workspace-runs.ts';

/** Steps that run side by side, each at a call of its own. */
const CALLS = [
  'squid/awaitInstanceReady',
  'compute-environment/awaitComputeEnvironmentValid',
  'client-user/ensureUser',
];
const SEED = Number(process.env.STUCK_SEED ?? 1);

const stepOf = (call: string): string => call.split('/')[0] ?? '';

test.for(Array.from({ length: 4 }, (_, nth) => SEED + nth))('seed %i', async (seed) => {
  const random = createRandom(seed);
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const caught = new Map(CALLS.map((call) => [stepOf(call), fakes.catch(call)]));
  const input = aLaunch();
  // Late as soon as begun.
  const handle = await startLaunch(rig, { ...input, timing: { ...input.timing, expectedScale: 1e-6 } });
  await Promise.all([...caught.values()].map(({ met }) => met));

  const marked = async (): Promise<string | null> => {
    const { searchAttributes } = await handle.describe();
    const [since] = (searchAttributes.EyrieStuckSince ?? []) as Date[];
    return since ? since.toISOString() : null;
  };
  const details = async () => JSON.stringify(await handle.query('__temporal_workflow_metadata'));
  const oldestOf = ({ steps }: WorkspaceView, names: readonly string[]) =>
    steps
      .filter(({ name }) => names.includes(name))
      .map(({ since }) => since ?? '')
      .toSorted()[0];

  while (caught.size > 0) {
    const names = [...caught.keys()];
    await until(`all of ${names} are known to be stuck`, async () => {
      const text = await details();
      return names.every((name) => text.includes(`${name} since`));
    });
    const view = await viewOf(handle);
    expect(view.stuck?.since).toBe(oldestOf(view, names));
    expect(names).toContain(view.stuck?.step);
    await until('the mark says the same', async () => (await marked()) === view.stuck?.since);
    const freed = names[random.below(names.length)] ?? '';
    caught.get(freed)?.end();
    caught.delete(freed);
    await until(`${freed} is free`, async () => {
      const { steps } = await viewOf(handle);
      return steps.some(({ name, state }) => name === freed && state === 'done');
    });
  }
  await handle.result();
  const ended = await viewOf(handle);
  expect(ended.stuck).toBeNull();
  // Six minutes, scaled as all of them.
  expect(ended.steps.find(({ name }) => name === 'squid')?.expectedMs).toBeCloseTo(0.36);
  await until('the mark is gone', async () => (await marked()) === null);
});
