import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleWorkflows } from '#temporal/bundle-guard.ts';
import { dropTimer, type History, renameActivity, swapActivities } from './tampering.ts';

const FOLDER = fileURLToPath(new URL('./histories/', import.meta.url));
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''));

const read = (name: string): History => JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as History;

let workflowBundle: { code: string };
/** How each ended, by one worker: to start one takes longer than to replay a history. */
const replayed = new Map<string, { readonly error?: Error }>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  workflowBundle = await bundleWorkflows();
  const histories = NAMES.map((name) => ({ workflowId: name, history: read(name) }));
  for await (const { workflowId, ...how } of Worker.runReplayHistories({ workflowBundle }, histories))
    replayed.set(workflowId, how);
});

const replay = (history: History): Promise<void> => Worker.runReplayHistory({ workflowBundle }, history, 'replayed');

test('every kind of workflow has a stored history', () => {
  const types = new Set(
    NAMES.map((name) => read(name).events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name),
  );
  expect(types).toEqual(
    new Set([
      ...['launchWorkspace', 'terminateWorkspace', 'rotateKeys', 'disposeIdleWorkspaces', 'watchWorkspaces'],
      ...['accountFoundation', 'quotaAllocator', 'retireAccessKey'],
      ...['setUpStorage', 'deleteStorage', 'keyHolder', 'expireKeys'],
      ...['createComputeEnvironment', 'updateComputeEnvironment', 'refreshImages'],
      ...['validateComputeEnvironment', 'watchComputeEnvironments', 'disposeComputeEnvironment'],
    ]),
  );
  expect(NAMES.length).toBeGreaterThanOrEqual(10);
});

test.each(NAMES)('%s replays: a run that is under way survives this version of the code', (name) => {
  const { error } = replayed.get(name) ?? { error: new Error('it was not replayed') };
  if (error) throw error;
});

describe('a history that this code would not have made is told', () => {
  test.each([
    ['an activity has another name', renameActivity],
    ['two activities changed places', swapActivities],
    ['a timer is missing', dropTimer],
  ] as const)('%s', async (_, tamper) => {
    const history = read('launch-first');
    await expect(replay(tamper(history))).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
