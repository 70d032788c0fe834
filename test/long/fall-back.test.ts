/**
 * A launch of a workspace that is there already, parked or running, with another configuration: refused for good at each
 * of its changes, and cancelled at each of them. The account is what it was, but for what the table in
 * docs/architecture/sagas.md leaves as it is. `MATRIX=all` plays both at each.
 */

import { randomUUID } from 'node:crypto';
import type { InventoryItem } from 'eyrie-sandbox/client';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type Change, changesOf, named } from '../support/calls.ts';
import { dealt } from '../support/dealt.ts';
import { openEyrie, type Tenant } from '../support/eyrie.ts';
import { failureOf, TIMING, until } from '../support/workspace-runs.ts';

const eyrie = await openEyrie({ timing: { ...TIMING, undoGiveUpMs: 1_000 } });
afterAll(async () => {
  await eyrie.close();
});

const BASES = ['parked', 'running'] as const;
type Base = (typeof BASES)[number];

/** Everything that a configuration says is another one. */
const another = (input: LaunchInput): LaunchInput => ({
  ...input,
  launchId: randomUUID(),
  fingerprint: 'another',
  workspace: {
    ...input.workspace,
    nextflow: {
      ...input.workspace.nextflow,
      'instance-type': 'm5.large',
      'instance-min-vcpus': 4,
      'instance-max-vcpus': 16,
      's3-bucket-whitelist': ['reference-data'],
      'job-image-whitelist': ['quay.io/cdis/*'],
    },
  },
});

const there = async (base: Base, t?: TestContext): Promise<{ tenant: Tenant; input: LaunchInput; since: number }> => {
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  if (base === 'parked') await (await tenant.terminate(input, 'park')).result();
  return { tenant, input, since: (await tenant.account.journal()).at(-1)?.seq ?? 0 };
};

/** What stays as a launch that failed left it: a route whose target is gone leads nowhere either way. */
const comparable = (items: readonly InventoryItem[]): readonly unknown[] =>
  items.map((item) => (item.type === 'AWS::EC2::RouteTable' ? { ...item, details: null } : item));

const changesFrom = async (base: Base): Promise<Change[]> => {
  const { tenant, input, since } = await there(base);
  await (await tenant.launch(another(input))).result();
  return changesOf(await tenant.account.journal(since));
};

const changes = await Promise.all(
  BASES.map(async (base) => (await changesFrom(base)).map((change) => [base, named(change), change] as const)),
);
const cases = changes.flat();
const of = (base: Base) => cases.filter(([one]) => one === base);

test('such a launch changes size, rights and key, and of a parked workspace also what a park took away', () => {
  const changed = (base: Base) => of(base).map(([, , { operation }]) => operation);
  const always = ['UpdateComputeEnvironment', 'CreatePolicyVersion', 'CreateAccessKey'];
  expect(changed('running')).toEqual(expect.arrayContaining(always));
  expect(changed('parked')).toEqual(
    expect.arrayContaining([...always, 'UpdateJobQueue', 'RunInstances', 'ReplaceRoute']),
  );
});

/** What is there after it, and what the record says, is what there was. */
const fallsBack = async (
  t: TestContext,
  base: Base,
  happens: (tenant: Tenant, input: LaunchInput) => Promise<void>,
) => {
  const { tenant, input } = await there(base, t);
  const before = comparable(await tenant.inventory());
  const { record: was } =
    (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  await happens(tenant, another(input));
  expect(comparable(await tenant.inventory())).toEqual(before);
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  const { key, resources, nextflowConfig } = was ?? {};
  expect(record).toMatchObject({ phase: base, operation: null, leftovers: [], key, resources, nextflowConfig });
};

/** Each change in one of the two ways, and from the other base in the other. */
const dealtBy = (which: 0 | 1) => [...dealt(of('parked'), which), ...dealt(of('running'), which === 0 ? 1 : 0)];

describe('a workspace is what it was after a launch that is', () => {
  test.concurrent.for(dealtBy(0))('%s, refused for good at %s', ([base, , { service, operation, nth }], t) =>
    fallsBack(t, base, async (tenant, input) => {
      await tenant.account.faults({ service, operation, skip: nth, times: -1, fault: 'denied' });
      const failure = await failureOf(await tenant.launch(input));
      // The undo may need the very call: what it can't put back is told.
      if (failure.type === 'CompensationIncomplete') await mend(tenant, input);
      else expect(failure.type).toBe('Denied');
    }),
  );

  test.concurrent.for(dealtBy(1))('%s, cancelled at %s', ([base, , { service, operation, nth }], t) =>
    fallsBack(t, base, async (tenant, input) => {
      await tenant.account.faults({ service, operation, skip: nth, times: 1, fault: 'slow', delayMs: 500 });
      const handle = await tenant.launch(input);
      await until('the call came', async () => ((await tenant.account.faultStates())[0]?.hits ?? 0) > 0);
      await handle.cancel();
      expect((await failureOf(handle)).constructor.name).toBe('CancelledFailure');
    }),
  );
});

/** As an operator does: the cause is gone, `retry` removes and puts back what is left. */
const mend = async (tenant: Tenant, input: LaunchInput): Promise<void> => {
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  expect(record?.phase).toBe('failed');
  expect(record?.leftovers).not.toEqual([]);
  await tenant.account.clearFaults();
  expect(await (await tenant.terminate(input, 'sweep')).result()).toEqual({ mode: 'sweep', residue: [] });
};
