import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { expect, type TestContext, test } from 'vitest';
import { keyActivities } from '#activities/kms/key.ts';
import { adoptedTags } from '#domain/core/ownership.ts';
import { activityRig, attempt, complete, planFor } from '../../control/rig.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const kms = new KMSClient(rig.account.client);
  const spec = planFor(rig).foundation.kmsKey;
  const allTags = { ...spec.tags, ...adoptedTags(spec.owner) };
  const keys = async () => (await rig.account.inventory()).filter(({ type }) => type === 'AWS::KMS::Key');
  const seed = async (tags: Record<string, string>, alias?: string): Promise<string> => {
    const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    const KeyId = (await kms.send(new CreateKeyCommand({ Tags }))).KeyMetadata?.KeyId ?? '';
    if (alias) await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }));
    return KeyId;
  };
  const hatcherys = { Name: spec.tags.Name ?? '' };
  return { ...rig, kms, spec, allTags, keys, seed, hatcherys, ...keyActivities(rig.deps) };
};

test('made twice is made once, with its alias, and rotates', async (t) => {
  const { account, kms, spec, allTags, keys, ensureKmsKey } = await rigOf(t);
  const first = await attempt(ensureKmsKey, [spec]);
  const before = await account.inventory();
  expect(await attempt(ensureKmsKey, [spec])).toEqual(first);
  expect(await account.inventory()).toEqual(before);
  expect(first).toMatchObject({ made: { origin: 'shared', name: spec.name } });
  expect(await keys()).toMatchObject([{ id: first.made.id, tags: allTags }]);
  expect(JSON.stringify(before)).toContain(spec.name);
  const rotation = await kms.send(new GetKeyRotationStatusCommand({ KeyId: first.made.id }));
  expect(rotation.KeyRotationEnabled).toBe(true);
});

test('tag and rotation that drifted are put right', async (t) => {
  const { account, kms, spec, ensureKmsKey } = await rigOf(t);
  const { made } = await attempt(ensureKmsKey, [spec]);
  const before = await account.inventory();
  await kms.send(new DisableKeyRotationCommand({ KeyId: made.id }));
  await kms.send(new UntagResourceCommand({ KeyId: made.id, TagKeys: ['Name'] }));
  await attempt(ensureKmsKey, [spec]);
  expect(await account.inventory()).toEqual(before);
  const rotation = await kms.send(new GetKeyRotationStatusCommand({ KeyId: made.id }));
  expect(rotation.KeyRotationEnabled).toBe(true);
});

test("Hatchery's key is found by its alias and kept", async (t) => {
  const { spec, allTags, keys, seed, hatcherys, ensureKmsKey } = await rigOf(t);
  const id = await seed(hatcherys, spec.name);
  expect((await attempt(ensureKmsKey, [spec])).made.id).toBe(id);
  expect(await keys()).toMatchObject([{ id, tags: allTags }]);
});

test.for([
  ['without the Name tag', {}],
  ['of another environment', { Name: 'x', 'eyrie:environment': 'other' }],
] as const)('a key behind the alias that is %s stays as it is', async ([, tags], t) => {
  const { account, spec, seed, ensureKmsKey } = await rigOf(t);
  await seed(tags, spec.name);
  const before = await account.inventory();
  await expect(attempt(ensureKmsKey, [spec])).rejects.toMatchObject({ type: 'Conflict' });
  expect(await account.inventory()).toEqual(before);
});

test('a key that is switched off or about to be deleted is refused with what to do', async (t) => {
  const { kms, spec, ensureKmsKey } = await rigOf(t);
  const { made } = await attempt(ensureKmsKey, [spec]);
  await kms.send(new DisableKeyCommand({ KeyId: made.id }));
  await expect(attempt(ensureKmsKey, [spec])).rejects.toThrow(/Disabled: enable it/);
  await kms.send(new EnableKeyCommand({ KeyId: made.id }));
  await attempt(ensureKmsKey, [spec]);
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: made.id, PendingWindowInDays: 7 }));
  const failure = attempt(ensureKmsKey, [spec]);
  await expect(failure).rejects.toMatchObject({ type: 'Invalid' });
  await expect(failure).rejects.toThrow(/cancel its deletion/);
});

test('a key of ours that never got its alias is taken, and the younger ones go', async (t) => {
  const { spec, allTags, keys, seed, hatcherys, ensureKmsKey } = await rigOf(t);
  const unrelated = await seed({ Name: 'unrelated' });
  const hatcherysOrphan = await seed(hatcherys);
  const first = await seed(allTags);
  await seed(allTags);
  const { made } = await attempt(ensureKmsKey, [spec]);
  expect((await keys()).map(({ id }) => id).sort()).toEqual([unrelated, hatcherysOrphan, made.id].sort());
  expect(made.id).toBe(first);
});

test.for(['lost-answer', 'reset', 'throttle'] as const)(
  '%s at each of its calls ends with one key',
  async (fault, t) => {
    const { account, spec, keys, ensureKmsKey } = await rigOf(t);
    const operations = ['CreateKey', 'CreateAlias', 'EnableKeyRotation'];
    await account.faults(...operations.map((operation) => ({ service: 'kms', operation, fault })));
    const { made } = await complete(ensureKmsKey, spec);
    expect((await keys()).map(({ id }) => id)).toEqual([made.id]);
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
  },
);

test('two foundations at once end with one key behind the alias and no other', async (t) => {
  const { spec, keys, ensureKmsKey } = await rigOf(t);
  const made = await Promise.all([complete(ensureKmsKey, spec), complete(ensureKmsKey, spec)]);
  const last = await attempt(ensureKmsKey, [spec]);
  expect(made.map(({ arn }) => arn)).toEqual([last.arn, last.arn]);
  expect((await keys()).map(({ id }) => id)).toEqual([last.made.id]);
});

test('where somebody else gave the alias to a key of theirs meanwhile, that key is the one and ours goes', async (t) => {
  const { account, spec, keys, seed, hatcherys, ensureKmsKey } = await rigOf(t);
  await account.faults({ service: 'kms', operation: 'CreateKey', fault: 'slow', delayMs: 4_000 });
  const ensured = attempt(ensureKmsKey, [spec]);
  await expect.poll(async () => (await keys()).length).toBe(1);
  const id = await seed(hatcherys, spec.name);
  expect((await ensured).made.id).toBe(id);
  expect((await keys()).map((key) => key.id)).toEqual([id]);
});
