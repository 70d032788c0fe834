/** A removal by force that stops half-way: a sweep, told to take nothing else, goes on with it until nothing is left. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeSubject } from '#domain/compute/subject.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { SweepInput } from '#domain/sweep/sweep.ts';
import type { sweep } from '../../src/workflows/sweep/sweep.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { failureOf, TIMING, untilClosed } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

test('a removal by force that has stopped is hidden, told with its remains, and ended by a sweep', async (t) => {
  const { account, rig, compute, create, dispose, record, made } = await computeTenant(t, eyrie);
  const { environment } = compute;
  const swept = async (finish: boolean) => {
    const input: SweepInput = {
      environment,
      home: { accountId: account.id, region: account.region },
      prefixes: { own: [`${environment}-nf-`], shared: ['gen3wf-'] },
      timing: TIMING,
      accountId: account.id,
      ...{ apply: false, finish, olderThanMs: 0, ownersMax: 10 },
      requestedBy: 'an operator',
    };
    const workflowId = `sweep/${environment}/${randomUUID()}`;
    await rig
      .watch(
        await rig.client.workflow.start<typeof sweep>('sweep', { workflowId, taskQueue: rig.taskQueue, args: [input] }),
      )
      .result();
    return (await eyrie.control.sweeps.latest(environment))?.findings ?? [];
  };
  await (await create()).result();
  await account.faults({ service: 'iam', operation: 'DeleteRole', times: -1, fault: 'denied' });
  const failure = await failureOf(await dispose({ mode: 'force', timing: { ...TIMING, undoGiveUpMs: 200 } }));
  expect(failure.type).toBe('CompensationIncomplete');
  expect(await record()).toMatchObject({ phase: 'failed-dirty', hidden: true });
  const stopped = { kind: 'unfinished', owner: `compute-environment/${environment}/${compute.forgeId}` };
  const left = await made();

  await account.clearFaults();
  expect(await swept(false)).toContainEqual(expect.objectContaining(stopped));
  expect(await made()).toEqual(left);

  expect(await swept(true)).toContainEqual(expect.objectContaining({ ...stopped, action: 'remove' }));
  await untilClosed(rig, subjectWorkflowId(computeSubject(compute)));
  expect(await record()).toMatchObject({ phase: 'deleted', leftovers: [] });
  expect(await made()).toEqual([]);
  expect(await swept(true)).not.toContainEqual(expect.objectContaining(stopped));
});
