import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, type TestContext, test } from 'vitest';
import { keyActivities } from '#activities/kms/key.ts';
import { createdTags } from '#domain/core/ownership.ts';
import { planStorage } from '#domain/storage/plan.ts';
import { activityRig, attempt, complete, refOf } from '../../control/rig.ts';
import { aStorage } from '../../support/storage-runs.ts';

const BY_RUN = { by: 'run', unsureSince: null } as const;
const BY_OWNER = { by: 'owner', unsureSince: null } as const;

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const storage = aStorage({ account: refOf(rig.account) });
  const keyOf = (run: string) => planStorage(storage, run)['encryption-key'].key;
  return { ...rig, keyOf, kms: new KMSClient(rig.account.client), ...keyActivities(rig.deps) };
};

test('the key of one owner carries their tags, and goes with its alias', async (t) => {
  const { account, keyOf, ensureKmsKey, deleteKmsKey, findRemainingKmsKeys } = await rigOf(t);
  const spec = keyOf('set-up-1');
  const first = await attempt(ensureKmsKey, [spec]);
  expect(first.made).toMatchObject({ origin: 'created', name: spec.name });
  const keys = async () => (await account.inventory()).filter(({ type }) => type === 'AWS::KMS::Key');
  expect(await keys()).toMatchObject([{ id: first.made.id, tags: { ...spec.tags, ...createdTags(spec.owner) } }]);
  expect((await attempt(ensureKmsKey, [keyOf('set-up-2')])).made.origin).toBe('adopted');
  expect(await attempt(findRemainingKmsKeys, [spec, 'owner'])).toMatchObject([{ name: spec.name }]);
  expect(await attempt(findRemainingKmsKeys, [keyOf('set-up-2'), 'run'])).toEqual([]);

  await attempt(deleteKmsKey, [keyOf('set-up-2'), BY_RUN]);
  expect(await keys()).toHaveLength(1);
  await attempt(deleteKmsKey, [spec, BY_OWNER]);
  expect(await account.inventory()).toEqual([]);
  expect(await attempt(findRemainingKmsKeys, [spec, 'owner'])).toEqual([]);
  // Its name is free at once: nothing is waited for.
  expect((await attempt(ensureKmsKey, [keyOf('set-up-3')])).made.id).not.toBe(first.made.id);
});

test('a key that was there before is used, and stays', async (t) => {
  const { account, keyOf, kms, ensureKmsKey, deleteKmsKey, findRemainingKmsKeys } = await rigOf(t);
  const spec = keyOf('set-up-1');
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Tags: [{ TagKey: 'Name', TagValue: spec.tags.Name ?? '' }] }),
  );
  await kms.send(new CreateAliasCommand({ AliasName: spec.name, TargetKeyId: KeyMetadata?.KeyId }));
  expect((await attempt(ensureKmsKey, [spec])).made).toMatchObject({ id: KeyMetadata?.KeyId, origin: 'adopted' });
  const before = await account.inventory();
  await attempt(deleteKmsKey, [spec, BY_OWNER]);
  expect(await account.inventory()).toEqual(before);
  expect(await attempt(findRemainingKmsKeys, [spec, 'owner'])).toEqual([]);
});

test.for(['lost-answer', 'throttle'] as const)('%s at each call of its removal ends with nothing', async (fault, t) => {
  const { account, keyOf, ensureKmsKey, deleteKmsKey } = await rigOf(t);
  const spec = keyOf('set-up-1');
  await attempt(ensureKmsKey, [spec]);
  const operations = ['ScheduleKeyDeletion', 'DeleteAlias'];
  await account.faults(...operations.map((operation) => ({ service: 'kms', operation, fault })));
  await complete(deleteKmsKey, spec, BY_OWNER);
  expect(await account.inventory()).toEqual([]);
});
