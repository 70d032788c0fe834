import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListPolicyVersionsCommand,
  TagPolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import { tagList } from '#domain/core/ownership.ts';
import type { PolicySpec } from '#domain/resources/identity.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete, planFor } from '../../control/rig.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/1';
const OTHER_DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }],
});

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const spec = planFor(rig)['jobs-role'].policy;
  const { ensurePolicy, deletePolicy } = policyActivities(rig.deps);
  return { ...rig, iam, spec, ensurePolicy, deletePolicy };
};

const documentOf = async (iam: IAMClient, PolicyArn: string): Promise<unknown> => {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
  );
  return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ''));
};

const hatcherys = (spec: PolicySpec, tags: Record<string, string> = spec.tags) =>
  new CreatePolicyCommand({
    PolicyName: spec.name,
    Path: spec.path,
    PolicyDocument: OTHER_DOCUMENT,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });

test('made twice is made once, with the key filled in and the tags of its launch', async (t) => {
  const { account, iam, spec, ensurePolicy } = await rigOf(t);
  const first = await attempt(ensurePolicy, [spec, KEY_ARN]);
  const before = await account.inventory();
  expect(await attempt(ensurePolicy, [spec, KEY_ARN])).toEqual(first);
  expect(await account.inventory()).toEqual(before);
  expect(first.made).toMatchObject({ origin: 'created', name: spec.name });
  expect(before).toHaveLength(1);
  expect(before[0]?.tags).toMatchObject({ 'eyrie:launch': 'launch-1', 'eyrie:workspace': spec.owner.id });
  expect(JSON.stringify(await documentOf(iam, first.arn))).toContain(KEY_ARN);
});

test('a document that drifted is put right, however many versions there are', async (t) => {
  const { iam, spec, ensurePolicy } = await rigOf(t);
  const { arn } = await attempt(ensurePolicy, [spec, KEY_ARN]);
  const wanted = await documentOf(iam, arn);
  for (let version = 2; version <= 5; version += 1) {
    await iam.send(
      new CreatePolicyVersionCommand({ PolicyArn: arn, PolicyDocument: OTHER_DOCUMENT, SetAsDefault: version === 5 }),
    );
  }
  expect(await documentOf(iam, arn)).not.toEqual(wanted);
  await attempt(ensurePolicy, [spec, KEY_ARN]);
  expect(await documentOf(iam, arn)).toEqual(wanted);
  const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: arn }));
  expect(Versions).toHaveLength(5);
  expect(Versions.map(({ VersionId }) => VersionId)).not.toContain('v1');
});

test("Hatchery's policy is adopted: converged, never taken by an undo, taken by a disposal", async (t) => {
  const { account, iam, spec, ensurePolicy, deletePolicy } = await rigOf(t);
  await iam.send(hatcherys(spec));
  const { made, arn } = await attempt(ensurePolicy, [spec, KEY_ARN]);
  expect(made.origin).toBe('adopted');
  expect(JSON.stringify(await documentOf(iam, arn))).toContain(KEY_ARN);
  const [item] = await account.inventory();
  expect(item?.tags).toMatchObject({ 'eyrie:workspace': spec.owner.id });
  expect(item?.tags).not.toHaveProperty('eyrie:launch');
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  expect(await account.inventory()).toHaveLength(1);
  await attempt(deletePolicy, [spec, BY_WORKSPACE]);
  expect(await account.inventory()).toEqual([]);
});

test('a policy without the Name tag, or of another workspace, is left as it is', async (t) => {
  const { account, iam, spec, ensurePolicy, deletePolicy } = await rigOf(t);
  await iam.send(hatcherys(spec, {}));
  const before = await account.inventory();
  await expect(attempt(ensurePolicy, [spec, KEY_ARN])).rejects.toMatchObject({ type: 'Conflict' });
  await attempt(deletePolicy, [spec, BY_WORKSPACE]);
  expect(await account.inventory()).toEqual(before);

  const PolicyArn = before[0]?.id ?? '';
  const tagged = (Value: string) =>
    iam.send(
      new TagPolicyCommand({
        PolicyArn,
        Tags: [
          ...tagList(spec.tags),
          { Key: 'eyrie:workspace', Value },
          { Key: 'eyrie:launch', Value: spec.owner.run },
        ],
      }),
    );
  await tagged('other.user');
  await expect(attempt(ensurePolicy, [spec, KEY_ARN])).rejects.toMatchObject({ type: 'Conflict' });
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  expect(await account.inventory()).toHaveLength(1);
  // Control: with the workspace's tag the same call removes it.
  await tagged(spec.owner.id);
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  expect(await account.inventory()).toEqual([]);
});

test('a name that differs by case or path is a conflict that names it', async (t) => {
  const { iam, spec, ensurePolicy } = await rigOf(t);
  const clash = { ...spec, name: spec.name.toUpperCase(), path: '/' };
  await iam.send(hatcherys(clash));
  const failure = attempt(ensurePolicy, [spec, KEY_ARN]);
  await expect(failure).rejects.toMatchObject({ type: 'Conflict' });
  await expect(failure).rejects.toThrow(clash.name);
});

test('undone twice leaves nothing, also while it is attached and has many versions', async (t) => {
  const { account, iam, spec, ensurePolicy, deletePolicy } = await rigOf(t);
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  const { arn } = await attempt(ensurePolicy, [spec, KEY_ARN]);
  await iam.send(new CreateUserCommand({ UserName: 'adopted' }));
  await iam.send(new AttachUserPolicyCommand({ UserName: 'adopted', PolicyArn: arn }));
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn: arn, PolicyDocument: OTHER_DOCUMENT }));
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
  expect((await account.inventory()).map(({ type }) => type)).toEqual(['AWS::IAM::User']);
});

test('vanished behind our back it is made again, and its undo succeeds', async (t) => {
  const { iam, spec, ensurePolicy, deletePolicy } = await rigOf(t);
  const { arn } = await attempt(ensurePolicy, [spec, KEY_ARN]);
  await iam.send(new DeletePolicyCommand({ PolicyArn: arn }));
  expect((await attempt(ensurePolicy, [spec, KEY_ARN])).arn).toBe(arn);
  await iam.send(new DeletePolicyCommand({ PolicyArn: arn }));
  await attempt(deletePolicy, [spec, BY_LAUNCH]);
});

test.for(['lost-answer', 'reset', 'throttle', 'internal'] as const)(
  '%s at its calls ends the same',
  async (fault, t) => {
    const { account, spec, ensurePolicy, deletePolicy } = await rigOf(t);
    await account.faults(
      { service: 'iam', operation: 'CreatePolicy', fault },
      { service: 'iam', operation: 'DeletePolicy', fault },
    );
    const { made } = await complete(ensurePolicy, spec, KEY_ARN);
    expect(made.origin).toBe('created');
    expect(await account.inventory()).toHaveLength(1);
    await complete(deletePolicy, spec, BY_LAUNCH);
    expect(await account.inventory()).toEqual([]);
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
  },
);

test('while a call that makes it may be under way, its undo does not believe one "not found"', async (t) => {
  const { spec, deletePolicy } = await rigOf(t);
  const unsure = { by: 'run', unsureSince: new Date().toISOString() } as const;
  await expect(attempt(deletePolicy, [spec, unsure])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(deletePolicy, spec, unsure);
});
