/**
 * Every change that a dispose makes, by the journal of a clean one: now refused for good, until the fault is cleared, now
 * its answer is lost; `MATRIX=all` does both to each.
 */

import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { kindTag } from '#domain/core/ownership.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type Change, changesOf, isShared, named } from '../support/calls.ts';
import { dealt } from '../support/dealt.ts';
import { openEyrie, type Tenant } from '../support/eyrie.ts';
import { namesOf } from '../support/launch-cases.ts';
import { failureOf, TIMING } from '../support/workspace-runs.ts';

const eyrie = await openEyrie({ timing: { ...TIMING, undoGiveUpMs: 3_000 } });
afterAll(async () => {
  await eyrie.close();
});

const running = async (tenant: Tenant) => {
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  return { tenant, input, after: (await tenant.account.journal()).at(-1)?.seq ?? 0 };
};

const cleanDispose = async (): Promise<Change[]> => {
  const { tenant, input, after } = await running(await eyrie.tenant());
  await (await tenant.terminate(input, 'dispose')).result();
  return changesOf(await tenant.account.journal(after));
};

const changes = await cleanDispose();
const kinds = changes.filter(({ nth }) => nth === 0).map((change) => [named(change), change] as const);

const disposeWith = async (t: TestContext, faults: Parameters<Tenant['account']['faults']>) => {
  const { tenant, input } = await running(await eyrie.tenant(t));
  await tenant.account.faults(...faults);
  return { tenant, input, dispose: await tenant.terminate(input, 'dispose') };
};

test('a dispose makes changes of more than ten kinds', () => {
  expect(kinds.length).toBeGreaterThan(10);
});

describe('a dispose that is refused for good', () => {
  test.concurrent.for(dealt(kinds, 1))('at %s lists what is left, and ends when it may', async ([, change], t) => {
    const { service, operation } = change;
    const { tenant, input, dispose } = await disposeWith(t, [{ service, operation, times: -1, fault: 'denied' }]);
    const failure = await failureOf(dispose);
    expect(failure.type).toBe('CompensationIncomplete');
    const left = (await tenant.inventory())
      .filter(({ tags, type }) => tags[kindTag('workspace')] !== undefined || type === 'AWS::IAM::AccessKey')
      // They go with their instance, whose removal is what failed.
      .filter(({ type }) => type !== 'AWS::EC2::Volume' && type !== 'AWS::EC2::NetworkInterface')
      .map(({ type, id }) => `${type} ${id}`);
    const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
    expect(record?.phase).toBe('failed');
    expect(record?.leftovers.map(({ type, id }) => `${type} ${id}`).toSorted()).toEqual(left.toSorted());
    expect(left).not.toEqual([]);

    await tenant.account.clearFaults();
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
    expect((await tenant.inventory()).filter((item) => !isShared(item, namesOf(input)))).toEqual([]);
  });
});

describe('a dispose gets over', () => {
  const endsClean = async (t: TestContext, faults: Parameters<Tenant['account']['faults']>) => {
    const { tenant, input, dispose } = await disposeWith(t, faults);
    expect(await dispose.result()).toEqual({ mode: 'dispose', residue: [] });
    expect((await tenant.account.faultStates()).filter(({ remaining }) => remaining > 0)).toEqual([]);
    expect((await tenant.inventory()).filter((item) => !isShared(item, namesOf(input)))).toEqual([]);
  };
  test.concurrent.for(dealt(kinds, 0))('a lost answer at %s', ([, { service, operation }], t) =>
    endsClean(t, [{ service, operation, times: 1, fault: 'lost-answer' }]),
  );
  test.concurrent.for([
    ['a cut connection', { fault: 'reset', times: 1 }],
    ['three throttled answers', { fault: 'throttle', times: 3 }],
  ] as const)('%s at each kind of change', ([, rule], t) =>
    endsClean(
      t,
      kinds.map(([, { service, operation }]) => ({ service, operation, ...rule })),
    ),
  );
});
