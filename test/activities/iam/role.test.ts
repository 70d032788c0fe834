import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { sameDocument } from '#activities/iam/documents.ts';
import { policyActivities } from '#activities/iam/policy.ts';
import { roleActivities } from '#activities/iam/role.ts';
import type { RoleSpec } from '#domain/resources/identity.ts';
import { activityRig, attempt, BY_LAUNCH, complete, planFor } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { adoptedCases } from '../adopted-cases.ts';

const OLD_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const planOf = (launchId: string) => planFor(rig, launchId);
  const plan = planOf('launch-1');
  const { policy, role: spec } = plan['jobs-role'];
  const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [policy, 'arn:aws:kms:::key/1']);
  const roles = async () => (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::Role');
  return { ...rig, iam, plan, planOf, spec, policyArn: arn, roles, ...roleActivities(rig.deps) };
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

adoptedCases({
  service: 'iam',
  type: 'AWS::IAM::Role',
  operation: 'CreateRole',
  deletion: 'DeleteRole',
  open: rigOf,
  prepare: ({ iam, spec, policyArn, ensureRole, deleteRole }) => ({
    ensure: (plan) => ensureRole(plan['jobs-role'].role, [policyArn]),
    remove: (plan, removal) => deleteRole(plan['jobs-role'].role, removal),
    async seed(tags = {}) {
      const { Role } = await iam.send(hatcherys(spec, { tags: { ...spec.tags, ...tags } }));
      return Role?.Arn ?? '';
    },
    untag: (_, TagKeys) => iam.send(new UntagRoleCommand({ RoleName: spec.name, TagKeys })),
    async destroy() {
      await iam.send(new DetachRolePolicyCommand({ RoleName: spec.name, PolicyArn: policyArn }));
      await iam.send(new DeleteRoleCommand({ RoleName: spec.name }));
    },
  }),
  drifts: {
    'a lost attachment': ({ iam, spec, policyArn }) =>
      iam.send(new DetachRolePolicyCommand({ RoleName: spec.name, PolicyArn: policyArn })),
    'its trust': ({ iam, spec }) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: spec.name, PolicyDocument: OLD_TRUST })),
    'its name': ({ iam, spec }) =>
      iam.send(new TagRoleCommand({ RoleName: spec.name, Tags: [{ Key: 'Name', Value: 'changed' }] })),
  },
  strangers: {
    'one of another path': ({ iam, spec }) => iam.send(hatcherys(spec, { path: '/' })),
    'one whose name differs by case': ({ iam, spec }) => iam.send(hatcherys(spec, { name: spec.name.toUpperCase() })),
    'one without the Name tag': ({ iam, spec }) => iam.send(hatcherys(spec, { tags: {} })),
  },
});

test('what others attached stays, and goes with the role', async (t) => {
  const { iam, spec, policyArn, roles, ensureRole, deleteRole } = await rigOf(t);
  await attempt(ensureRole, [spec, [policyArn]]);
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

test("the trust of Hatchery's role is tightened", async (t) => {
  const { iam, spec, policyArn, ensureRole } = await rigOf(t);
  await iam.send(hatcherys(spec));
  // Control: it was not.
  expect(sameDocument(await trustOf(iam, spec.name), spec.trust)).toBe(false);
  await attempt(ensureRole, [spec, [policyArn]]);
  expect(sameDocument(await trustOf(iam, spec.name), spec.trust)).toBe(true);
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
  const { spec, policyArn, ensureRole } = await rigOf(t);
  const missing = [`${policyArn}-missing`];
  await expect(attempt(ensureRole, [spec, missing])).rejects.toMatchObject({ type: 'NotYet' });
  // That it was throttled for an hour before, is no part of that.
  await expect(attempt(ensureRole, [spec, missing], HOUR_MS)).rejects.toMatchObject({ type: 'NotYet' });
  await expect(complete(ensureRole, spec, missing)).rejects.toMatchObject({ type: 'NotFound' });
});
