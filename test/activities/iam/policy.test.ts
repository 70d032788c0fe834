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
  UntagPolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import type { PolicySpec } from '#domain/resources/identity.ts';
import { activityRig, attempt, BY_LAUNCH, complete, planFor } from '../../control/rig.ts';
import { adoptedCases } from '../adopted-cases.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/1';
const OTHER_DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }],
});

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const planOf = (launchId: string) => planFor(rig, launchId);
  const plan = planOf('launch-1');
  const spec = plan['jobs-role'].policy;
  return { ...rig, iam, plan, planOf, spec, ...policyActivities(rig.deps) };
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

adoptedCases({
  service: 'iam',
  type: 'AWS::IAM::ManagedPolicy',
  operation: 'CreatePolicy',
  deletion: 'DeletePolicy',
  open: rigOf,
  prepare: ({ iam, spec, ensurePolicy, deletePolicy }) => ({
    ensure: (plan) => ensurePolicy(plan['jobs-role'].policy, KEY_ARN),
    remove: (plan, removal) => deletePolicy(plan['jobs-role'].policy, removal),
    async seed(tags = {}) {
      const { Policy } = await iam.send(hatcherys(spec, { ...spec.tags, ...tags }));
      return Policy?.Arn ?? '';
    },
    untag: (PolicyArn, TagKeys) => iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys })),
    destroy: (PolicyArn) => iam.send(new DeletePolicyCommand({ PolicyArn })),
  }),
  drifts: {
    'its document': ({ iam }, PolicyArn) =>
      iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: OTHER_DOCUMENT, SetAsDefault: true })),
    'its name': ({ iam }, PolicyArn) =>
      iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: 'Name', Value: 'changed' }] })),
  },
  strangers: {
    'one without the Name tag': ({ iam, spec }) => iam.send(hatcherys(spec, {})),
    'one whose name differs by case': ({ iam, spec }) =>
      iam.send(hatcherys({ ...spec, name: spec.name.toUpperCase() })),
    'one of the name and another path': ({ iam, spec }) => iam.send(hatcherys({ ...spec, path: '/' })),
  },
});

test('the key is filled into its document', async (t) => {
  const { iam, spec, ensurePolicy } = await rigOf(t);
  const { arn } = await attempt(ensurePolicy, [spec, KEY_ARN]);
  expect(JSON.stringify(await documentOf(iam, arn))).toContain(KEY_ARN);
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
