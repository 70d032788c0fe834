/**
 * Every change that a rotation makes, by its journal, times the ways in which it can go wrong: the workspace has a key that
 * works all along, and never more than two.
 */
import type { FaultRule } from 'eyrie-sandbox/client';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { claimOf } from '#api/workspaces/credential.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type Change, changesOf, named } from '../support/calls.ts';
import { openEyrie, type Tenant } from '../support/eyrie.ts';
import { failureOf, startRotate, until } from '../support/workspace-runs.ts';

// Awaited here, since the cases follow from it.
const eyrie = await openEyrie();
afterAll(async () => {
  await eyrie.close();
});

/** A workspace that runs, its key handed out. */
const running = async (t?: TestContext) => {
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  const { accessKeyId } = await (await tenant.launch(input)).result();
  const recordOf = async () =>
    (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))
      ?.record as WorkspaceRecord;
  const claim = async () =>
    claimOf(tenant.control.credentials, await recordOf(), { caller: 'somebody', idempotencyKey: null });
  await claim();
  const keys = async () =>
    (await tenant.inventory()).filter(({ type }) => type === 'AWS::IAM::AccessKey').map(({ id }) => id);
  return { tenant, input, accessKeyId, recordOf, claim, keys };
};

const clean = await (async () => {
  const { tenant, input } = await running();
  const before = (await tenant.account.journal()).length;
  await (await startRotate(tenant.rig, input)).result();
  return changesOf((await tenant.account.journal()).slice(before));
})();
const cases = clean.map((change) => [named(change), change] as const);

test('a rotation makes a key, and changes nothing else', () => {
  expect(clean.map(named)).toEqual(['iam:CreateAccessKey#1']);
});

const faulty = async (
  { account }: Tenant,
  { service, operation, nth }: Change,
  fault: FaultRule['fault'],
  times = 1,
): Promise<void> => void (await account.faults({ service, operation, skip: nth, times, fault }));

describe('a rotation keeps the key where it is', () => {
  test.concurrent.for(cases)('refused for good at %s', async ([, change], t) => {
    const { tenant, input, accessKeyId, recordOf, keys } = await running(t);
    await faulty(tenant, change, 'denied', -1);
    expect((await failureOf(await startRotate(tenant.rig, input))).type).toBe('Denied');
    expect(await keys()).toEqual([accessKeyId]);
    expect(await recordOf()).toMatchObject({
      phase: 'running',
      key: { id: accessKeyId },
      leftovers: [],
      operation: null,
    });
  });

  test.concurrent.for(cases)('cancelled when the answer is lost at %s', async ([, change], t) => {
    const { tenant, input, accessKeyId, recordOf, keys } = await running(t);
    await faulty(tenant, change, 'lost-answer');
    const handle = await startRotate(tenant.rig, input);
    await until('the call came', async () => ((await tenant.account.faultStates())[0]?.hits ?? 0) > 0);
    await handle.cancel();
    await failureOf(handle);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await keys()).toEqual([accessKeyId]);
    expect(await recordOf()).toMatchObject({
      phase: 'running',
      key: { id: accessKeyId },
      leftovers: [],
      operation: null,
    });
  });

  test.concurrent('whose proof is refused', async (t) => {
    const { tenant, input, accessKeyId, keys } = await running(t);
    await tenant.account.faults({ service: 's3', operation: 'ListObjectsV2', times: -1, fault: 'denied' });
    expect((await failureOf(await startRotate(tenant.rig, input))).type).toBe('Denied');
    expect(await keys()).toEqual([accessKeyId]);
  });
});

describe('a rotation makes one key, and no third, after', () => {
  for (const [what, fault, times] of [
    ['a lost answer', 'lost-answer', 1],
    ['a cut connection', 'reset', 1],
    ['three throttled answers', 'throttle', 3],
  ] as const) {
    test.concurrent.for(cases)(`${what} at %s`, async ([, change], t) => {
      const { tenant, input, accessKeyId, recordOf, claim, keys } = await running(t);
      await faulty(tenant, change, fault, times);
      const made = await (await startRotate(tenant.rig, input)).result();
      expect((await tenant.account.faultStates()).filter(({ hits, times: all }) => hits < all)).toEqual([]);
      expect(await keys()).toEqual([accessKeyId, made.accessKeyId].toSorted());
      expect(await recordOf()).toMatchObject({ phase: 'running', key: { id: made.accessKeyId }, error: null });
      expect(await claim()).toMatchObject({ state: 'claimed', secret: { accessKeyId: made.accessKeyId } });
    });
  }
});
