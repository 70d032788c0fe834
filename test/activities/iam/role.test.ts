import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { sameDocument } from '#activities/iam/documents.ts';
import { policyActivities } from '#activities/iam/policy.ts';
import { roleActivities } from '#activities/iam/role.ts';
import type { RoleSpec } from '#domain/resources/identity.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete, planFor } from '../../control/rig.ts';

const OLD_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const { policy, role: spec } = planFor(rig)['jobs-role'];
  const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [policy, 'arn:aws:kms:::key/1']);
  const roles = async () => (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::Role');
  return { ...rig, iam, spec, policyArn: arn, roles, ...roleActivities(rig.deps) };
};

const hatcherys = (spec: RoleSpec, changes: { name?: string; path?: string; tags?: Record<string, string> } = {}) =>
  new CreateRoleCommand({
    RoleName: changes.name ?? spec.name,
    Path: changes.path ?? spec.path,
    AssumeRolePolicyDocument: OLD_TRUST,
    Tags: Object.entries(changes.tags ?? spec.tags).map(([Key, Value]) => ({ Key, Value })),
  });

const trustOf = async (iam: IAMClient, RoleName: string): Promise<string> => {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
};

test('made twice is made once; undone twice leaves nothing', async (t) => {
  const { spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  const first = await attempt(ensureRole, [spec, [policyArn]]);
  const before = await roles();
  expect(await attempt(ensureRole, [spec, [policyArn]])).toEqual(first);
  expect(await roles()).toEqual(before);
  expect(before).toMatchObject([{ name: spec.name, tags: { 'eyrie:launch': 'launch-1', ...spec.tags } }]);
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  expect(await roles()).toEqual([]);
});

test('trust, attachment and tags that drifted are put right; what others attached stays and goes with the role', async (t) => {
  const { iam, spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  await attempt(ensureRole, [spec, [policyArn]]);
  const before = await roles();
  await iam.send(new DetachRolePolicyCommand({ RoleName: spec.name, PolicyArn: policyArn }));
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: spec.name, PolicyDocument: OLD_TRUST }));
  await iam.send(new TagRoleCommand({ RoleName: spec.name, Tags: [{ Key: 'Name', Value: 'drifted' }] }));
  expect(await roles()).not.toEqual(before);
  await attempt(ensureRole, [spec, [policyArn]]);
  expect(await roles()).toEqual(before);

  await iam.send(new AttachRolePolicyCommand({ RoleName: spec.name, PolicyArn: READ_ONLY }));
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: spec.name,
      PolicyName: 'inline',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
      }),
    }),
  );
  await attempt(ensureRole, [spec, [policyArn]]);
  expect(JSON.stringify(await roles())).toContain(READ_ONLY);
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  expect(await roles()).toEqual([]);
});

test("Hatchery's role is adopted and its trust tightened; only a disposal takes it", async (t) => {
  const { iam, spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  await iam.send(hatcherys(spec));
  const { made } = await attempt(ensureRole, [spec, [policyArn]]);
  expect(made.origin).toBe('adopted');
  expect(sameDocument(await trustOf(iam, spec.name), spec.trust)).toBe(true);
  expect((await roles())[0]?.tags).not.toHaveProperty('eyrie:launch');
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  expect(await roles()).toHaveLength(1);
  await attempt(deleteRole, [spec, BY_WORKSPACE]);
  expect(await roles()).toEqual([]);
});

test.for([
  ['another path', { path: '/' }],
  ['another case', { name: 'upper' }],
  ['no Name tag', { tags: {} }],
  ['the tag of another workspace', { tags: { 'eyrie:workspace': 'other.user', 'eyrie:launch': 'launch-1' } }],
  ['the tag of another environment', { tags: { 'eyrie:environment': 'other' } }],
] as const)('a role with %s is a conflict and stays as it is', async ([what, changes], t) => {
  const { iam, spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  const name = 'name' in changes ? spec.name.toUpperCase() : spec.name;
  const tags = what === 'no Name tag' ? {} : { ...spec.tags, ...('tags' in changes && changes.tags) };
  await iam.send(hatcherys(spec, { ...changes, tags, name }));
  const before = await roles();
  await expect(attempt(ensureRole, [spec, [policyArn]])).rejects.toMatchObject({ type: 'Conflict' });
  await attempt(deleteRole, [spec, BY_LAUNCH]);
  await attempt(deleteRole, [spec, BY_WORKSPACE]);
  expect(await roles()).toEqual(before);
});

test('vanished behind our back it is made again', async (t) => {
  const { iam, spec, policyArn, roles, ensureRole } = await rigOf(t);
  await iam.send(hatcherys(spec));
  await iam.send(new DeleteRoleCommand({ RoleName: spec.name }));
  expect((await attempt(ensureRole, [spec, [policyArn]])).made.origin).toBe('created');
  expect(await roles()).toHaveLength(1);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each of its calls ends the same', async (fault, t) => {
  const { account, spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  const operations = ['CreateRole', 'AttachRolePolicy', 'DetachRolePolicy', 'DeleteRole'];
  await account.faults(...operations.map((operation) => ({ service: 'iam', operation, fault })));
  const { made } = await complete(ensureRole, spec, [policyArn]);
  expect(made.origin).toBe('created');
  expect(JSON.stringify(await roles())).toContain(policyArn);
  await complete(deleteRole, spec, BY_LAUNCH);
  expect(await roles()).toEqual([]);
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
});

test('a policy that is not there is waited for as long as it may still become visible, and no longer', async (t) => {
  const { spec, policyArn, ensureRole, deps } = await rigOf(t);
  const missing = [`${policyArn}-missing`];
  await expect(attempt(ensureRole, [spec, missing])).rejects.toMatchObject({ type: 'NotYet' });
  const late = deps.timing.propagationMs + 1;
  await expect(attempt(ensureRole, [spec, missing], late)).rejects.toMatchObject({ type: 'NotFound' });
});
