/** Launches that something happens to, and what has to be true of the account afterwards. */

import type { FaultRule } from 'eyrie-sandbox/client';
import type { TestContext } from 'vitest';
import { expect } from 'vitest';
import { foundationWorkflowId } from '#domain/core/workflow-ids.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { workspaceNames } from '#domain/workspace/names.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceOverrides } from '../domain/workspace-input.ts';
import { type Change, changesOf, comparable, isShared } from './calls.ts';
import type { EyrieHost, Tenant } from './eyrie.ts';
import { failureOf, until, viewOf } from './workspace-runs.ts';

/** What a launch that nothing happens to does and makes. */
export interface CleanLaunch {
  /** What was launched: the cases launch the same. */
  readonly launched: WorkspaceOverrides;
  readonly changes: readonly Change[];
  readonly steps: readonly string[];
  /** The steps that call its operation, in the order of the launch: those that its failure can fail. */
  readonly stepsOf: (change: Change) => readonly string[];
  /** The account afterwards, comparable. */
  readonly made: readonly unknown[];
  /** The part of it that all workspaces share. */
  readonly shared: readonly unknown[];
}

export const namesOf = ({ workspace: { hostname, user, account } }: LaunchInput) =>
  workspaceNames({ hostname, user, accountId: account.accountId });

/** The account as it is, split into what the workspaces share and the rest. */
export const lookAt = async ({ account }: Tenant, input: LaunchInput) => {
  const items = await account.inventory();
  const names = namesOf(input);
  const words = { account, escapedUser: input.workspace.escapedUser };
  return {
    all: comparable(items, words),
    shared: comparable(
      items.filter((item) => isShared(item, names)),
      words,
    ),
    own: items.filter((item) => !isShared(item, names)),
  };
};

export const cleanLaunch = async (eyrie: EyrieHost, launched: WorkspaceOverrides = {}): Promise<CleanLaunch> => {
  const tenant = await eyrie.tenant();
  const input = tenant.input(launched);
  const handle = await tenant.launch(input);
  await handle.result();
  const { all, shared } = await lookAt(tenant, input);
  const steps = (await viewOf(handle)).steps.map(({ name }) => name);
  return {
    launched,
    changes: changesOf(await tenant.account.journal()),
    steps,
    stepsOf: ({ service, operation }) => {
      const callers = eyrie.stepsOf(`${service}:${operation}`);
      return steps.filter((step) => callers.has(step));
    },
    made: all,
    shared,
  };
};

/** The foundation belongs to all workspaces, so a launch that fails doesn't wait for it: a look at the account does. */
export const untilFoundationEnded = async ({ rig }: Tenant, { workspace }: LaunchInput): Promise<string> => {
  const handle = rig.client.workflow.getHandle(
    foundationWorkflowId(workspace.account.accountId, workspace.environment),
  );
  let status = 'RUNNING';
  await until('the foundation ended', async () => {
    const about = await handle.describe().catch(() => undefined);
    status = about?.status.name ?? 'NEVER STARTED';
    return status !== 'RUNNING';
  });
  return status;
};

/** Nothing of the launch is left: not in AWS, not in the record, no seal. What is shared is whole, or not yet made. */
const expectNothingLeft = async (tenant: Tenant, input: LaunchInput, clean: CleanLaunch): Promise<void> => {
  const foundation = await untilFoundationEnded(tenant, input);
  const { own, shared } = await lookAt(tenant, input);
  expect(own).toEqual([]);
  if (foundation === 'COMPLETED') expect(shared).toEqual(clean.shared);
  const subject = workspaceSubject(input.workspace);
  expect(await tenant.control.seals.list(subject)).toEqual([]);
  const stored = await tenant.control.records(WORKSPACE_RECORDS).read(subject);
  expect(stored?.record).toMatchObject({ leftovers: [], resources: [], operation: null, key: null });
};

/** A launch that is refused for good at this call: it fails with that, and leaves nothing. */
export const refusedAt = async (
  eyrie: EyrieHost,
  t: TestContext,
  change: Change,
  clean: CleanLaunch,
): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  const { service, operation, nth } = change;
  await tenant.account.faults({ service, operation, skip: nth, times: -1, fault: 'denied' });
  const input = tenant.input(clean.launched);
  const failure = await failureOf(await tenant.launch(input));
  expect(failure.type, failure.message).toBe('Denied');
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  expect(record).toMatchObject({ phase: 'failed', error: { code: 'Denied' } });
  expect(clean.stepsOf(change)).toContain(record?.error?.step);
  await expectNothingLeft(tenant, input, clean);
};

/** A launch in which these faults happen, and which gets over them: it makes what a clean one makes, and no more. */
export const getsOver = async (
  eyrie: EyrieHost,
  t: TestContext,
  faults: readonly Pick<FaultRule, 'service' | 'operation' | 'skip' | 'times' | 'fault'>[],
  clean: CleanLaunch,
): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  await tenant.account.faults(...faults);
  const input = tenant.input(clean.launched);
  const { accessKeyId } = await (await tenant.launch(input)).result();
  const missed = (await tenant.account.faultStates()).filter(({ hits, times }) => hits < times);
  expect(missed).toEqual([]);
  expect((await lookAt(tenant, input)).all).toEqual(clean.made);
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  expect(record).toMatchObject({
    phase: 'running',
    key: { id: accessKeyId, state: 'active' },
    leftovers: [],
    error: null,
  });
};

/** A launch that is cancelled as soon as a rule hits one of its calls: it ends as cancelled, and leaves nothing. */
const cancelledDuring = async (
  eyrie: EyrieHost,
  t: TestContext,
  rule: Parameters<Tenant['account']['faults']>[0],
  clean: CleanLaunch,
): Promise<void> => {
  const tenant = await eyrie.tenant(t);
  await tenant.account.faults(rule);
  const input = tenant.input(clean.launched);
  const handle = await tenant.launch(input);
  await until('the call came', async () => ((await tenant.account.faultStates())[0]?.hits ?? 0) > 0);
  await handle.cancel();
  const failure = await failureOf(handle);
  expect(failure.constructor.name, failure.message).toBe('CancelledFailure');
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  expect(record).toMatchObject({ phase: 'disposed', error: null });
  await expectNothingLeft(tenant, input, clean);
};

/** Cancelled when whether the call was done is unknown. */
export const cancelledAtLostAnswer = (
  eyrie: EyrieHost,
  t: TestContext,
  { service, operation, nth }: Change,
  clean: CleanLaunch,
): Promise<void> => cancelledDuring(eyrie, t, { service, operation, skip: nth, times: 1, fault: 'lost-answer' }, clean);

/** Long enough for the cancellation to arrive while the call is under way. */
const SLOW_MS = 1_000;

/** Cancelled while the call is under way: it has been done, and is answered late. */
export const cancelledWhile = (
  eyrie: EyrieHost,
  t: TestContext,
  { service, operation, nth }: Change,
  clean: CleanLaunch,
): Promise<void> =>
  cancelledDuring(eyrie, t, { service, operation, skip: nth, times: 1, fault: 'slow', delayMs: SLOW_MS }, clean);
