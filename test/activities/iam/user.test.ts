import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
  TagUserCommand,
  UntagUserCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import { userActivities } from '#activities/iam/user.ts';
import { activityRig, attempt, BY_LAUNCH, BY_WORKSPACE, complete, planFor } from '../../control/rig.ts';
import { adoptedCases } from '../adopted-cases.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const planOf = (launchId: string) => planFor(rig, launchId);
  const plan = planOf('launch-1');
  const { policy, user: spec } = plan['client-user'];
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
  return { ...rig, iam, plan, planOf, spec, policyArn: arn, users, seed, ...userActivities(rig.deps) };
};

adoptedCases({
  service: 'iam',
  type: 'AWS::IAM::User',
  operation: 'CreateUser',
  deletion: 'DeleteUser',
  open: rigOf,
  prepare: ({ iam, spec, policyArn, seed, ensureUser, deleteUser }) => ({
    ensure: (plan) => ensureUser(plan['client-user'].user, [policyArn]),
    remove: (plan, removal) => deleteUser(plan['client-user'].user, removal),
    async seed(tags = {}) {
      await seed({ ...spec.tags, ...tags });
      return spec.name;
    },
    untag: (UserName, TagKeys) => iam.send(new UntagUserCommand({ UserName, TagKeys })),
    async destroy(UserName) {
      await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: policyArn }));
      await iam.send(new DeleteUserCommand({ UserName }));
    },
  }),
  drifts: {
    'a lost attachment': ({ iam, policyArn }, UserName) =>
      iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: policyArn })),
    'its name': ({ iam }, UserName) =>
      iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'Name', Value: 'changed' }] })),
  },
  strangers: {
    'one of another path': ({ spec, seed }) => seed(spec.tags, { Path: '/elsewhere/' }),
    'one whose name differs by case': ({ spec, seed }) => seed(spec.tags, { UserName: spec.name.toUpperCase() }),
    'one without the Name tag': ({ seed }) => seed({}),
  },
});

test("what hangs on Hatchery's user goes with it", async (t) => {
  const { iam, spec, policyArn, users, seed, ensureUser, deleteUser } = await rigOf(t);
  await seed(spec.tags);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName: spec.name, PolicyName: 'inline', PolicyDocument }));
  expect((await attempt(ensureUser, [spec, [policyArn]])).made.origin).toBe('adopted');
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
