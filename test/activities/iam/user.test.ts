import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import { userActivities } from '#activities/iam/user.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete, planFor } from '../../control/rig.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const { policy, user: spec } = planFor(rig)['client-user'];
  const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [policy, 'arn:aws:kms:::key/1']);
  const users = async () => (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::User');
  const seed = (tags: Record<string, string>, changes: { UserName?: string; Path?: string } = {}) =>
    iam.send(
      new CreateUserCommand({
        UserName: spec.name,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        ...changes,
      }),
    );
  return { ...rig, iam, spec, policyArn: arn, users, seed, ...userActivities(rig.deps) };
};

test('made twice is made once; undone twice leaves nothing', async (t) => {
  const { spec, policyArn, users, ensureUser, deleteUser } = await rigOf(t);
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  const first = await attempt(ensureUser, [spec, [policyArn]]);
  const before = await users();
  expect(await attempt(ensureUser, [spec, [policyArn]])).toEqual(first);
  expect(await users()).toEqual(before);
  expect(before).toMatchObject([{ name: spec.name, tags: { 'eyrie:launch': 'launch-1', ...spec.tags } }]);
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  expect(await users()).toEqual([]);
});

test('attachment and tags that drifted are put right', async (t) => {
  const { iam, spec, policyArn, users, ensureUser } = await rigOf(t);
  await attempt(ensureUser, [spec, [policyArn]]);
  const before = await users();
  await iam.send(new DetachUserPolicyCommand({ UserName: spec.name, PolicyArn: policyArn }));
  await iam.send(new TagUserCommand({ UserName: spec.name, Tags: [{ Key: 'Name', Value: 'drifted' }] }));
  expect(await users()).not.toEqual(before);
  await attempt(ensureUser, [spec, [policyArn]]);
  expect(await users()).toEqual(before);
});

test("Hatchery's user is adopted, with what hangs on it; only a disposal takes it", async (t) => {
  const { iam, spec, policyArn, users, seed, ensureUser, deleteUser } = await rigOf(t);
  await seed(spec.tags);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName: spec.name, PolicyName: 'inline', PolicyDocument }));
  expect((await attempt(ensureUser, [spec, [policyArn]])).made.origin).toBe('adopted');
  expect((await users())[0]?.tags).not.toHaveProperty('eyrie:launch');
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  expect(await users()).toHaveLength(1);
  await attempt(deleteUser, [spec, BY_WORKSPACE]);
  expect(await users()).toEqual([]);
});

test('a user that still has keys waits for them to go', async (t) => {
  const { iam, spec, policyArn, users, ensureUser, deleteUser } = await rigOf(t);
  await attempt(ensureUser, [spec, [policyArn]]);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: spec.name }));
  await expect(attempt(deleteUser, [spec, BY_LAUNCH])).rejects.toMatchObject({ type: 'NotYet' });
  await iam.send(new DeleteAccessKeyCommand({ UserName: spec.name, AccessKeyId: AccessKey?.AccessKeyId }));
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  expect(await users()).toEqual([]);
});

test.for([
  ['another path', {}, { Path: '/elsewhere/' }],
  ['another case', {}, { UserName: 'upper' }],
  ['no Name tag', {}, {}],
  ['the tag of another workspace', { 'eyrie:workspace': 'other.user', 'eyrie:launch': 'launch-1' }, {}],
] as const)('a user with %s is a conflict and stays as it is', async ([what, tags, changes], t) => {
  const { spec, policyArn, users, seed, ensureUser, deleteUser } = await rigOf(t);
  const UserName = 'UserName' in changes ? spec.name.toUpperCase() : spec.name;
  const named = what === 'no Name tag' ? {} : spec.tags;
  await seed({ ...named, ...tags }, { ...changes, UserName });
  const before = await users();
  await expect(attempt(ensureUser, [spec, [policyArn]])).rejects.toMatchObject({ type: 'Conflict' });
  await attempt(deleteUser, [spec, BY_LAUNCH]);
  await attempt(deleteUser, [spec, BY_WORKSPACE]);
  expect(await users()).toEqual(before);
});

test('vanished behind our back it is made again', async (t) => {
  const { iam, spec, users, ensureUser } = await rigOf(t);
  await attempt(ensureUser, [spec, []]);
  await iam.send(new DeleteUserCommand({ UserName: spec.name }));
  await attempt(ensureUser, [spec, []]);
  expect(await users()).toHaveLength(1);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const { account, spec, policyArn, users, ensureUser, deleteUser } = await rigOf(t);
  const operations = ['CreateUser', 'AttachUserPolicy', 'DetachUserPolicy', 'DeleteUser'];
  await account.faults(...operations.map((operation) => ({ service: 'iam', operation, fault })));
  expect((await complete(ensureUser, spec, [policyArn])).made.origin).toBe('created');
  expect(JSON.stringify(await users())).toContain(policyArn);
  await complete(deleteUser, spec, BY_LAUNCH);
  expect(await users()).toEqual([]);
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
});
