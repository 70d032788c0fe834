/** Several workers, as a cluster has them: what they do at the same moment for one account does not cross. */
import { Client, Connection } from '@temporalio/client';
import { adminCall, type InventoryItem } from 'eyrie-sandbox/client';
import { expect, onTestFinished, test } from 'vitest';
import { kindTag } from '#domain/core/ownership.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { failedTasksOf } from '../support/failed-tasks.ts';
import { startRoot } from '../support/root-process.ts';
import { until } from '../support/workspace-runs.ts';

/** Beside the one of `eyrie dev`: of two that ask at once, one waits; of three, two are woken together. */
const OTHERS = 3;
const USERS = Array.from({ length: 6 }, (_, nth) => `user${nth}`);

test('launches, plans and disposals at once: all get what they want, and no workflow task fails', async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const { config, temporal, account, aws } = dev.state();
  await Promise.all(Array.from({ length: OTHERS }, () => startRoot('worker.ts', config)));

  const view = async (user: string) =>
    (await dev.call(user, 'GET', `/v1/workspaces/localhost.${user}`)).json as WorkspaceView;
  const atRest = (user: string) => until(`${user} is at rest`, async () => (await view(user)).operation === null);
  const owned = async () => {
    const all = (await adminCall(aws, 'GET', `accounts/${account}/inventory`)) as InventoryItem[];
    return all.filter(({ tags }) => tags[kindTag('workspace')] !== undefined);
  };

  const answers = await Promise.all([
    ...USERS.map((user) => dev.call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' })),
    ...USERS.map((user) => dev.call(user, 'POST', '/v1/workspaces/plan', { profile: 'nextflow' })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([...USERS.map(() => 202), ...USERS.map(() => 200)]);
  await Promise.all(USERS.map(atRest));
  expect(await Promise.all(USERS.map(async (user) => (await view(user)).phase))).toEqual(USERS.map(() => 'running'));
  const vpcs = (await owned()).filter(({ type }) => type === 'AWS::EC2::VPC');
  expect(vpcs).toHaveLength(USERS.length);

  const ends = await Promise.all(
    USERS.map((user) => dev.call(user, 'POST', `/v1/workspaces/localhost.${user}/terminate`, { mode: 'dispose' })),
  );
  expect(ends.map(({ status }) => status)).toEqual(USERS.map(() => 202));
  await Promise.all(USERS.map(atRest));
  expect(await Promise.all(USERS.map(async (user) => (await view(user)).phase))).toEqual(USERS.map(() => 'disposed'));
  expect(await owned()).toEqual([]);

  const connection = await Connection.connect({ address: temporal });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const failed: string[] = [];
  let seen = 0;
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    seen += 1;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const failure of failedTasksOf(history)) failed.push(`${type} ${workflowId}: ${failure}`);
  }
  expect(seen).toBeGreaterThan(2 * USERS.length);
  expect(failed).toEqual([]);
});
