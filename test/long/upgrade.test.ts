/**
 * A rolling upgrade with worker versioning: what runs ends on the build that it began on, new work begins on the new one, and
 * what never ends moves over, so that the old build can go.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { adminCall } from 'eyrie-sandbox/client';
import { expect, onTestFinished, test } from 'vitest';
import { deploymentOf } from '#domain/core/installation.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { commandsOf } from '../support/fences.ts';
import { startRoot } from '../support/root-process.ts';
import { until } from '../support/workspace-runs.ts';

const TEMPORAL = fileURLToPath(new URL('../../.eyrie/python/bin/temporal', import.meta.url));
const [COMMAND = ''] = commandsOf('docs/operations/upgrades.md').filter((one) => one.includes('set-current-version'));

test('operations end on their build, new ones begin on the current one, and the old build can stop', async () => {
  const dev = await startDevProcess('--no-restart');
  onTestFinished(() => dev.stop());
  const { aws, account, config, controlBucket, temporal, workerPid } = dev.state();
  const connection = await Connection.connect({ address: temporal });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const deploymentName = deploymentOf({ environment: 'localhost', controlBucket });
  /** By the page's own command; a person is asked once more. */
  const setCurrent = async (buildId: string): Promise<void> => {
    const words = COMMAND.replace('eyrie-ENVIRONMENT-BUCKET', deploymentName).replace(/v2$/, buildId).split(' ');
    await promisify(execFile)(TEMPORAL, [...words.slice(1), '--yes', '--address', temporal]);
  };
  const show = async (user: string): Promise<WorkspaceView> =>
    (await dev.call(user, 'GET', `/v1/workspaces/localhost.${user}`)).json;
  const begin = async (user: string): Promise<void> =>
    expect((await dev.call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' })).status).toBe(202);
  const untilRunning = (user: string) =>
    until(`${user} runs`, async () => {
      const { phase, error } = await show(user);
      if (phase === 'failed') throw new Error(JSON.stringify(error));
      return phase === 'running';
    });
  /** Pids of the workers that have done the workflow tasks of an operation. */
  const workedOn = async (workflowId: string, fromEvent = 0): Promise<readonly string[]> => {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const pids = (events ?? []).flatMap(({ eventId, workflowTaskStartedEventAttributes: started }) =>
      started && Number(eventId) > fromEvent ? [/(\d+)@[^@]*$/.exec(started.identity ?? '')?.[1] ?? ''] : [],
    );
    return [...new Set(pids)];
  };

  // The first build takes over from workers without versioning.
  const former = await startRoot('worker.ts', config, { worker: { buildId: 'one' } });
  await until('Temporal knows the build', () =>
    setCurrent('one').then(
      () => true,
      () => false,
    ),
  );
  process.kill(workerPid, 'SIGTERM');
  const pid = String(former.ready.pid);
  await begin('ada');
  await untilRunning('ada');
  expect(await workedOn('workspace/localhost/ada')).toEqual([pid]);

  const rule = { service: 'batch', operation: 'CreateComputeEnvironment', account, times: -1, fault: 'throttle' };
  await adminCall(aws, 'POST', 'faults', [rule]);
  await begin('ben');
  await until('it is in the middle', async () => (await show('ben')).steps.some(({ lastError }) => lastError !== null));
  const latter = await startRoot('worker.ts', config, { worker: { buildId: 'two' } });
  await until('Temporal knows the build', () =>
    setCurrent('two').then(
      () => true,
      () => false,
    ),
  );
  await begin('cyd');
  await until('it is in the middle', async () => (await show('cyd')).steps.some(({ lastError }) => lastError !== null));
  await adminCall(aws, 'DELETE', 'faults');
  await Promise.all([untilRunning('ben'), untilRunning('cyd')]);
  expect(await workedOn('workspace/localhost/ben')).toEqual([pid]);
  expect(await workedOn('workspace/localhost/cyd')).toEqual([String(latter.ready.pid)]);

  // Back, while both live, and forward again: what is new begins on the build that is current then.
  await setCurrent('one');
  await begin('eve');
  await untilRunning('eve');
  expect(await workedOn('workspace/localhost/eve')).toEqual([pid]);
  await setCurrent('two');

  // Nothing needs the old build any more.
  expect((await former.stop()).code).toBe(0);
  await begin('dan');
  await untilRunning('dan');
  const quotas = `quota/${account}/us-east-1/localhost`;
  expect((await workedOn(quotas)).at(-1)).toBe(String(latter.ready.pid));
});
