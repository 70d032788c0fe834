import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { ownInstanceProfileActivities } from '#activities/iam/own-instance-profile.ts';
import { roleActivities } from '#activities/iam/role.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { computeSpecs } from '../compute-specs.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const { instanceRole, profile: spec } = computeSpecs(rig.ref);
  await attempt(roleActivities(rig.deps).ensureRole, [instanceRole, []]);
  const profiles = async () =>
    (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::InstanceProfile');
  return { ...rig, iam, spec, profiles, ...ownInstanceProfileActivities(rig.deps) };
};

test('made twice is made once, with its role and tags; undone twice leaves nothing of it, and the role', async (t) => {
  const rig = await rigOf(t);
  const { account, spec } = rig;
  const first = await attempt(rig.ensureOwnInstanceProfile, [spec]);
  const before = await rig.profiles();
  expect(await attempt(rig.ensureOwnInstanceProfile, [spec])).toEqual(first);
  expect(await rig.profiles()).toEqual(before);
  expect(first.arn).toBe(`arn:aws:iam::${account.id}:instance-profile/forge/${spec.name}`);
  expect(before).toMatchObject([{ name: spec.name, tags: { ...spec.tags, 'eyrie:launch': 'run-1' } }]);
  expect(JSON.stringify(before)).toContain(spec.roleName);
  expect(await rig.findRemainingOwnInstanceProfile(spec, 'run')).toEqual([{ id: first.arn, name: spec.name }]);
  await attempt(rig.deleteOwnInstanceProfile, [spec, BY_LAUNCH]);
  await attempt(rig.deleteOwnInstanceProfile, [spec, BY_LAUNCH]);
  expect(await rig.findRemainingOwnInstanceProfile(spec, 'owner')).toEqual([]);
  expect((await account.inventory()).map(({ type }) => type)).toEqual(['AWS::IAM::Role']);
});

test('a role that is missing, or that somebody exchanged, and tags that drifted are put right', async (t) => {
  const rig = await rigOf(t);
  const { iam, spec } = rig;
  const { name: InstanceProfileName } = spec;
  await attempt(rig.ensureOwnInstanceProfile, [spec]);
  const before = await rig.profiles();
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'other',
      AssumeRolePolicyDocument: computeSpecs(rig.ref).instanceRole.trust,
    }),
  );
  const removeRole = () =>
    iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: spec.roleName }));
  const drifts = [
    removeRole,
    async () => {
      await removeRole();
      await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'other' }));
    },
    () => iam.send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ['team'] })),
  ];
  for (const drift of drifts) {
    await drift();
    expect(await rig.profiles()).not.toEqual(before);
    await complete(rig.ensureOwnInstanceProfile, spec);
    expect(await rig.profiles()).toEqual(before);
  }
});

test.for([
  ['without our tag', {}],
  ['of another compute environment', { 'eyrie:compute-environment': 'localhost.other', 'eyrie:launch': 'run-1' }],
  ['of another environment', { 'eyrie:environment': 'elsewhere' }],
] as const)('a profile %s stays as it is', async ([, tags], t) => {
  const rig = await rigOf(t);
  const { iam, spec } = rig;
  const Tags = Object.entries({ ...spec.tags, ...tags }).map(([Key, Value]) => ({ Key, Value }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: spec.name, Path: spec.path, Tags }));
  const before = await rig.profiles();
  await expect(attempt(rig.ensureOwnInstanceProfile, [spec])).rejects.toMatchObject({ type: 'Conflict' });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) await attempt(rig.deleteOwnInstanceProfile, [spec, removal]);
  expect(await rig.profiles()).toEqual(before);
  if ('eyrie:environment' in tags || 'eyrie:compute-environment' in tags) return;
  // Control: with our tag the same calls use it, and remove it.
  await iam.send(
    new TagInstanceProfileCommand({
      InstanceProfileName: spec.name,
      Tags: [{ Key: 'eyrie:compute-environment', Value: spec.owner.id }],
    }),
  );
  expect((await attempt(rig.ensureOwnInstanceProfile, [spec])).made.origin).toBe('adopted');
  await attempt(rig.deleteOwnInstanceProfile, [spec, BY_LAUNCH]);
  expect(await rig.profiles()).toHaveLength(1);
  await attempt(rig.deleteOwnInstanceProfile, [spec, BY_WORKSPACE]);
  expect(await rig.profiles()).toEqual([]);
});

test('a name that differs only by case or path is refused', async (t) => {
  const rig = await rigOf(t);
  const { iam, spec } = rig;
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: spec.name.toUpperCase() }));
  const before = await rig.profiles();
  await expect(attempt(rig.ensureOwnInstanceProfile, [spec])).rejects.toMatchObject({ type: 'Conflict' });
  await expect(attempt(rig.ensureOwnInstanceProfile, [spec])).rejects.toThrow(/neither path nor case/);
  expect(await rig.profiles()).toEqual(before);
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  '%s at each of its calls ends the same',
  async (fault, t) => {
    const rig = await rigOf(t);
    const { account, spec } = rig;
    const operations = [
      'CreateInstanceProfile',
      'AddRoleToInstanceProfile',
      'RemoveRoleFromInstanceProfile',
      'DeleteInstanceProfile',
    ];
    await account.faults(...operations.map((operation) => ({ service: 'iam', operation, fault })));
    expect((await complete(rig.ensureOwnInstanceProfile, spec)).made.origin).toBe('created');
    expect(JSON.stringify(await rig.profiles())).toContain(spec.roleName);
    await complete(rig.deleteOwnInstanceProfile, spec, BY_LAUNCH);
    expect(await rig.profiles()).toEqual([]);
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
  },
);

test('EC2 is asked until it knows the profile', async (t) => {
  const rig = await rigOf(t);
  await rig.account.scale(1);
  await attempt(rig.ensureOwnInstanceProfile, [rig.spec]);
  await expect(attempt(rig.awaitOwnInstanceProfileUsable, [rig.spec])).rejects.toMatchObject({ type: 'NotYet' });
  await rig.account.pass(HOUR_MS);
  await complete(rig.awaitOwnInstanceProfileUsable, rig.spec);
});

test('a removal does not believe that nothing was made while a call may be under way', async (t) => {
  const rig = await rigOf(t);
  const unsure = { by: 'run', unsureSince: new Date().toISOString() } as const;
  await expect(attempt(rig.deleteOwnInstanceProfile, [rig.spec, unsure])).rejects.toMatchObject({ type: 'NotYet' });
});
