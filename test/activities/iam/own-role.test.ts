/** Roles of one owner, with inline policies and a boundary. */
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { roleActivities } from '#activities/iam/role.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { allowing, computeSpecs } from '../compute-specs.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const { instanceRole: spec } = computeSpecs(rig.ref);
  const roles = async () => (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::Role');
  return { ...rig, iam, spec, roles, ...roleActivities(rig.deps) };
};

test('it is made with all that its spec names, once, and undone leaves nothing', async (t) => {
  const { account, iam, spec, roles, ensureRole, deleteRole } = await rigOf(t);
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: allowing('s3:*') }),
  );
  const bounded = { ...spec, permissionsBoundary: String(Policy?.Arn) };
  const first = await attempt(ensureRole, [bounded, []]);
  const before = await roles();
  expect(await attempt(ensureRole, [bounded, []])).toEqual(first);
  expect(await roles()).toEqual(before);
  expect(first.arn).toBe(`arn:aws:iam::${account.id}:role/forge/${spec.name}`);
  expect(before).toMatchObject([{ name: spec.name, tags: { ...spec.tags, 'eyrie:launch': 'run-1' } }]);
  const shown = JSON.stringify(before);
  for (const part of [spec.managedPolicyArns?.[0], 'nextflow-policy', 'buckets', bounded.permissionsBoundary]) {
    expect(shown).toContain(part);
  }
  await attempt(deleteRole, [bounded, BY_LAUNCH]);
  await attempt(deleteRole, [bounded, BY_LAUNCH]);
  expect(await roles()).toEqual([]);
  // Each of the second makings only looked.
  const writes = (await account.journal()).filter(({ service, mutating }) => service === 'iam' && mutating);
  expect(writes.map(({ operation }) => operation)).toEqual([
    'CreatePolicy',
    'CreateRole',
    'AttachRolePolicy',
    'PutRolePolicy',
    'PutRolePolicy',
    'DetachRolePolicy',
    'DeleteRolePolicy',
    'DeleteRolePolicy',
    'DeleteRole',
  ]);
});

test('every inline policy, attachment and boundary that drifted is put right, and what others put inline goes', async (t) => {
  const { iam, spec, roles, ensureRole } = await rigOf(t);
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: allowing('s3:*') }),
  );
  const bounded = { ...spec, permissionsBoundary: String(Policy?.Arn) };
  await attempt(ensureRole, [bounded, []]);
  const before = await roles();
  const { name: RoleName } = spec;
  const put = (PolicyName: string, PolicyDocument: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  const drifts = [
    () => put('buckets', allowing('s3:*')),
    () => put('of-somebody-else', allowing('iam:*')),
    () => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'nextflow-policy' })),
    () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: spec.managedPolicyArns?.[0] })),
    () => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
  ];
  for (const drift of drifts) {
    await drift();
    expect(await roles()).not.toEqual(before);
    await attempt(ensureRole, [bounded, []]);
    expect(await roles()).toEqual(before);
  }
});

test('the boundary that it was given before is taken off, and no other', async (t) => {
  const { iam, spec, ensureRole } = await rigOf(t);
  const boundary = async (PolicyName: string) => {
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: allowing('s3:*') }));
    return String(Policy?.Arn);
  };
  const [ours, theirs] = [await boundary('ours'), await boundary('theirs')];
  const now = async () =>
    (await iam.send(new GetRoleCommand({ RoleName: spec.name }))).Role?.PermissionsBoundary?.PermissionsBoundaryArn;
  await attempt(ensureRole, [{ ...spec, permissionsBoundary: theirs }, []]);
  await attempt(ensureRole, [{ ...spec, formerBoundary: ours }, []]);
  expect(await now()).toBe(theirs);
  await attempt(ensureRole, [{ ...spec, permissionsBoundary: ours }, []]);
  await attempt(ensureRole, [{ ...spec, formerBoundary: ours }, []]);
  expect(await now()).toBeUndefined();
});

test('a role without inline policies in its spec keeps what others put into it', async (t) => {
  const { iam, spec: all, roles, ensureRole } = await rigOf(t);
  const { inline: _, ...spec } = all;
  await attempt(ensureRole, [spec, []]);
  await iam.send(
    new PutRolePolicyCommand({ RoleName: spec.name, PolicyName: 'theirs', PolicyDocument: allowing('s3:*') }),
  );
  await attempt(ensureRole, [spec, []]);
  expect(JSON.stringify(await roles())).toContain('theirs');
});

test('a boundary that is not there is a failure, and no role is made without it', async (t) => {
  const { account, spec, roles, ensureRole } = await rigOf(t);
  const bounded = { ...spec, permissionsBoundary: `arn:aws:iam::${account.id}:policy/missing` };
  await expect(attempt(ensureRole, [bounded, []])).rejects.toMatchObject({ type: 'NotFound' });
  expect(await roles()).toEqual([]);
});

test('a role of the name that nobody has tagged is not taken over, whatever it is like', async (t) => {
  const { iam, spec, roles, ensureRole, deleteRole } = await rigOf(t);
  await iam.send(
    new CreateRoleCommand({
      RoleName: spec.name,
      Path: spec.path,
      AssumeRolePolicyDocument: spec.trust,
      Tags: Object.entries(spec.tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const before = await roles();
  await expect(attempt(ensureRole, [spec, []])).rejects.toMatchObject({ type: 'Conflict' });
  for (const removal of [BY_LAUNCH, BY_WORKSPACE]) await attempt(deleteRole, [spec, removal]);
  expect(await roles()).toEqual(before);
});

test.for(['lost-answer', 'throttle', 'internal'] as const)(
  '%s at each of its calls ends the same',
  async (fault, t) => {
    const { account, spec, roles, ensureRole, deleteRole } = await rigOf(t);
    const operations = ['CreateRole', 'AttachRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy', 'DeleteRole'];
    await account.faults(...operations.map((operation) => ({ service: 'iam', operation, fault })));
    expect((await complete(ensureRole, spec, [])).made.origin).toBe('created');
    expect(JSON.stringify(await roles())).toContain('buckets');
    await complete(deleteRole, spec, BY_LAUNCH);
    expect(await roles()).toEqual([]);
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1, 1, 1]);
  },
);
