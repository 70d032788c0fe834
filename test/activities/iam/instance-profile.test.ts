import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DetachRolePolicyCommand,
  IAMClient,
  RemoveRoleFromInstanceProfileCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { instanceProfileActivities } from '#activities/iam/instance-profile.ts';
import { activityRig, attempt, complete, planFor } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';

const OTHER_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const spec = planFor(rig).foundation.instanceProfile;
  const iam = new IAMClient(rig.account.client);
  const { name, trust, managedPolicyArns } = spec;
  return { ...rig, iam, spec, name, trust, managedPolicyArns, ...instanceProfileActivities(rig.deps) };
};

test('made twice is made once, shared by all workspaces of the environment', async (t) => {
  const { account, spec, ensureInstanceProfile } = await rigOf(t);
  const first = await attempt(ensureInstanceProfile, [spec]);
  const before = await account.inventory();
  expect(await attempt(ensureInstanceProfile, [spec])).toEqual(first);
  expect(await account.inventory()).toEqual(before);
  expect(first.arn).toBe(`arn:aws:iam::${account.id}:instance-profile/${spec.name}`);
  expect(first.made.map(({ origin }) => origin)).toEqual(['shared', 'shared']);
  expect(before.map(({ type, tags }) => [type, tags])).toEqual(
    ['AWS::IAM::InstanceProfile', 'AWS::IAM::Role'].map((type) => [
      type,
      { 'eyrie:environment': spec.owner.environment },
    ]),
  );
});

test('trust, policy, membership and tag that drifted are put right', async (t) => {
  const { account, iam, spec, name, managedPolicyArns, ensureInstanceProfile } = await rigOf(t);
  await attempt(ensureInstanceProfile, [spec]);
  const before = await account.inventory();
  const drifts = [
    () => iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: managedPolicyArns[0] })),
    () => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: OTHER_TRUST })),
    () => iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName: name, InstanceProfileName: name })),
    () => iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: ['eyrie:environment'] })),
  ];
  for (const drift of drifts) {
    await drift();
    expect(await account.inventory()).not.toEqual(before);
    await attempt(ensureInstanceProfile, [spec]);
    expect(await account.inventory()).toEqual(before);
  }
});

test("a profile that Hatchery's broken launch left without a role is completed", async (t) => {
  const { account, iam, spec, name, trust, managedPolicyArns, ensureInstanceProfile } = await rigOf(t);
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }));
  await attempt(ensureInstanceProfile, [spec]);
  const shown = JSON.stringify(await account.inventory());
  expect(shown).toContain(managedPolicyArns[0]);
  expect(shown).toContain('eyrie:environment');
});

test('a role that trusts something else, or is of another environment, stays as it is', async (t) => {
  const { account, iam, spec, name, trust, ensureInstanceProfile } = await rigOf(t);
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: OTHER_TRUST }));
  const before = await account.inventory();
  await expect(attempt(ensureInstanceProfile, [spec])).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual(before);
  // Control: it was the trust.
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: trust }));
  await attempt(ensureInstanceProfile, [spec]);

  const shared = await account.inventory();
  const other = { ...spec, owner: { ...spec.owner, environment: 'other' } };
  await expect(attempt(ensureInstanceProfile, [other])).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual(shared);
});

test('a profile that holds another role stays as it is', async (t) => {
  const { account, iam, spec, name, trust, ensureInstanceProfile } = await rigOf(t);
  await attempt(ensureInstanceProfile, [spec]);
  await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName: name, InstanceProfileName: name }));
  await iam.send(new CreateRoleCommand({ RoleName: 'other', AssumeRolePolicyDocument: trust }));
  await iam.send(new AddRoleToInstanceProfileCommand({ RoleName: 'other', InstanceProfileName: name }));
  const before = await account.inventory();
  await expect(attempt(ensureInstanceProfile, [spec])).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual(before);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const { account, spec, ensureInstanceProfile } = await rigOf(t);
  const operations = ['CreateRole', 'AttachRolePolicy', 'CreateInstanceProfile', 'AddRoleToInstanceProfile'];
  await account.faults(...operations.map((operation) => ({ service: 'iam', operation, fault })));
  await complete(ensureInstanceProfile, spec);
  const after = await account.inventory();
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
  await attempt(ensureInstanceProfile, [spec]);
  expect(await account.inventory()).toEqual(after);
});

test('two foundations at once end with one profile', async (t) => {
  const { account, spec, ensureInstanceProfile } = await rigOf(t);
  await Promise.all([complete(ensureInstanceProfile, spec), complete(ensureInstanceProfile, spec)]);
  expect(await account.inventory()).toHaveLength(2);
});

test('the profile is waited for until EC2 knows it, which makes no instance', async (t) => {
  const { account, spec, ensureInstanceProfile, awaitInstanceProfileUsable } = await rigOf(t);
  await account.scale(1);
  await expect(attempt(awaitInstanceProfileUsable, [spec])).rejects.toMatchObject({ type: 'NotYet' });
  await attempt(ensureInstanceProfile, [spec]);
  await expect(attempt(awaitInstanceProfileUsable, [spec])).rejects.toMatchObject({ type: 'NotYet' });
  await account.pass(HOUR_MS);
  await complete(awaitInstanceProfileUsable, spec);
  expect(await account.inventory()).toHaveLength(2);
});
