import { expect, test } from 'vitest';
import type { CredentialForm } from '#domain/workspace/credentials.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { createFakes } from '../support/fake-activities.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { aLaunch, failureOf, startLaunch, startTerminate, viewOf } from '../support/workspace-runs.ts';

/** A launch in this form. */
const inForm = (form: CredentialForm, input = aLaunch()): LaunchInput => {
  const { credentials: _, ...settings } = input.workspace.settings;
  const credentials = form === 'key' ? undefined : { form, enteredBy: 'arn:aws:iam::111122223333:role/api' };
  return {
    ...input,
    workspace: { ...input.workspace, settings: { ...settings, ...(credentials && { credentials }) } },
  };
};

const KEY = { id: 'AKIAFAKEFAKEFAKEFAKE' };
const TOKEN = { id: 'token-1' };

test.each([
  ['key', ['AccessKey'], { key: KEY, token: null }],
  ['refreshing', ['WorkspaceToken'], { key: null, token: TOKEN }],
  ['both', ['AccessKey', 'WorkspaceToken'], { key: KEY, token: TOKEN }],
] as const)('the form `%s` makes what its holder is given, and a park takes it', async (form, kinds, recorded) => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  const input = inForm(form);
  const launch = await startLaunch(rig, input);
  expect(await launch.result()).toEqual({ accessKeyId: recorded.key?.id ?? null });
  expect(fakes.kinds().filter((kind) => /AccessKey|WorkspaceToken/.test(kind ?? ''))).toEqual(kinds);
  expect(fakes.record()).toMatchObject({ phase: 'running', ...recorded });
  const steps = (await viewOf(launch)).steps.map(({ name }) => name);
  expect(steps.includes('access-key')).toBe(form !== 'refreshing');
  expect(steps.includes('client-role')).toBe(form !== 'key');

  await (await startTerminate(rig, input, 'park')).result();
  expect(fakes.record()).toMatchObject({ phase: 'parked', key: null, token: null });
  expect(fakes.kinds().filter((kind) => /AccessKey|WorkspaceToken/.test(kind ?? ''))).toEqual([]);
  await (await startTerminate(rig, input, 'dispose')).result();
  expect(fakes.existing()).toEqual([]);
});

test('the token is taken back before the role goes, and both before the policy', async () => {
  const fakes = createFakes();
  const rig = await workflowRig(fakes.activities);
  fakes.failing('changeRecord', 'Denied', 1);
  await failureOf(await startLaunch(rig, inForm('refreshing')));
  const order = fakes.calls.filter((name) => /deleteWorkspaceTokens|deleteRole|deletePolicy/.test(name));
  expect(order.slice(0, 2)).toEqual(['deleteWorkspaceTokens', 'deleteRole']);
  expect(fakes.existing()).toEqual([]);
});
