import { DeleteAccessKeyCommand, DeleteUserCommand, TagUserCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { accessKeyRig } from './access-key-rig.ts';

test('an undo takes the key of its launch and its seal, and leaves earlier keys', async (t) => {
  const { spec, specOf, ids, control, keyIds, makeKey, ensureAccessKey, deleteAccessKey } = await accessKeyRig(t);
  await attempt(deleteAccessKey, [spec, BY_LAUNCH]);
  const hatcherys = await makeKey();
  await attempt(ensureAccessKey, [spec]);
  await attempt(deleteAccessKey, [specOf('launch-0'), BY_LAUNCH]);
  expect(await keyIds()).toHaveLength(2);
  await attempt(deleteAccessKey, [spec, BY_LAUNCH]);
  await attempt(deleteAccessKey, [spec, BY_LAUNCH]);
  expect(await keyIds()).toEqual([hatcherys]);
  expect(await control.seals.list(ids)).toEqual([]);
});

test('an undo waits for a key whose answer was lost, and takes it when it appears', async (t) => {
  const { account, spec, keyIds, makeKey, ensureAccessKey, deleteAccessKey } = await accessKeyRig(t);
  await account.faults({ service: 'iam', operation: 'CreateAccessKey', fault: 'reset' });
  await expect(attempt(ensureAccessKey, [spec])).rejects.toMatchObject({ type: 'Unavailable' });
  await expect(attempt(deleteAccessKey, [spec, BY_LAUNCH])).rejects.toMatchObject({ type: 'NotYet' });
  await makeKey(); // the lost call arrives late
  await attempt(deleteAccessKey, [spec, BY_LAUNCH]);
  expect(await keyIds()).toEqual([]);
});

test('a disposal takes all keys of the user and all its seals', async (t) => {
  const { spec, specOf, ids, control, keyIds, makeKey, ensureAccessKey, deleteAccessKey } = await accessKeyRig(t);
  await makeKey();
  await attempt(ensureAccessKey, [specOf('launch-0')]);
  await attempt(deleteAccessKey, [spec, BY_WORKSPACE]);
  await attempt(deleteAccessKey, [spec, BY_WORKSPACE]);
  expect(await keyIds()).toEqual([]);
  expect(await control.seals.list(ids)).toEqual([]);
});

test('keys of a user that belongs to somebody else are left alone', async (t) => {
  const { iam, spec, keys, makeKey, deleteAccessKey, deactivateAccessKeys } = await accessKeyRig(t);
  const id = await makeKey();
  const tag = (Value: string) =>
    iam.send(new TagUserCommand({ UserName: spec.userName, Tags: [{ Key: 'eyrie:workspace', Value }] }));
  await tag('other.user');
  await attempt(deactivateAccessKeys, [spec, BY_WORKSPACE]);
  await attempt(deleteAccessKey, [spec, BY_WORKSPACE]);
  expect(await keys()).toEqual([{ id, status: 'Active' }]);
  // Control: with the workspace's tag the same calls change them.
  await tag(spec.owner.id);
  await attempt(deactivateAccessKeys, [spec, BY_WORKSPACE]);
  expect(await keys()).toEqual([{ id, status: 'Inactive' }]);
  await attempt(deactivateAccessKeys, [spec, BY_WORKSPACE]);
  await attempt(deleteAccessKey, [spec, BY_WORKSPACE]);
  expect(await keys()).toEqual([]);
});

test('without the user there is nothing to take', async (t) => {
  const { iam, spec, deleteAccessKey, deactivateAccessKeys, retireAccessKey } = await accessKeyRig(t);
  await iam.send(new DeleteUserCommand({ UserName: spec.userName }));
  await attempt(deleteAccessKey, [spec, BY_LAUNCH]);
  await attempt(deleteAccessKey, [spec, BY_WORKSPACE]);
  await attempt(deactivateAccessKeys, [spec, BY_WORKSPACE]);
  await attempt(retireAccessKey, [spec, 'AKIAGONE']);
});

test('a seal that could not be taken away is left over, also when its key and its user are gone', async (t) => {
  const { iam, spec, specOf, ids, control, ensureAccessKey, findRemainingAccessKeys } = await accessKeyRig(t);
  const { accessKeyId } = await attempt(ensureAccessKey, [spec]);
  await iam.send(new DeleteAccessKeyCommand({ UserName: spec.userName, AccessKeyId: accessKeyId }));
  const left = [{ id: accessKeyId, name: null }];
  expect(await attempt(findRemainingAccessKeys, [spec, 'owner'])).toEqual(left);
  await iam.send(new DeleteUserCommand({ UserName: spec.userName }));
  expect(await attempt(findRemainingAccessKeys, [spec, 'owner'])).toEqual(left);
  expect(await attempt(findRemainingAccessKeys, [spec, 'run'])).toEqual(left);
  expect(await attempt(findRemainingAccessKeys, [specOf('launch-0'), 'run'])).toEqual([]);
  await control.seals.destroy(ids, accessKeyId);
  expect(await attempt(findRemainingAccessKeys, [spec, 'owner'])).toEqual([]);
});

test('retiring takes one earlier key and its seal, twice as well as once', async (t) => {
  const { spec, specOf, ids, control, keyIds, ensureAccessKey, retireAccessKey } = await accessKeyRig(t);
  const earlier = await attempt(ensureAccessKey, [specOf('launch-0')]);
  const { accessKeyId } = await attempt(ensureAccessKey, [spec]);
  await attempt(retireAccessKey, [spec, earlier.accessKeyId]);
  await attempt(retireAccessKey, [spec, earlier.accessKeyId]);
  expect(await keyIds()).toEqual([accessKeyId]);
  expect((await control.seals.list(ids)).map((seal) => seal.accessKeyId)).toEqual([accessKeyId]);
});

test.for(['lost-answer', 'throttle'] as const)('%s at its calls ends with no key', async (fault, t) => {
  const { account, spec, keyIds, makeKey, deleteAccessKey } = await accessKeyRig(t);
  await makeKey();
  await account.faults(
    { service: 'iam', operation: 'UpdateAccessKey', fault },
    { service: 'iam', operation: 'DeleteAccessKey', fault },
  );
  await complete(deleteAccessKey, spec, BY_WORKSPACE);
  expect(await keyIds()).toEqual([]);
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
});

const GRACE_MS = 3_000;

test('an earlier key that is in use outlives its grace, and goes once nobody has used it for as long', async (t) => {
  const { account, ids, control, spec, keys, keyIds, ensureAccessKey, expectUsable, retireAccessKey } =
    await accessKeyRig(t);
  const { accessKeyId } = await complete(ensureAccessKey, spec);
  await expectUsable(accessKeyId);
  const refusal = await attempt(retireAccessKey, [spec, accessKeyId, GRACE_MS]).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    type: 'NotYet',
    nextRetryDelay: GRACE_MS,
    message: expect.stringContaining('sts at 20'),
  });
  expect(await keys()).toEqual([{ id: accessKeyId, status: 'Active' }]);
  // A use is what keeps it, however often it was looked at.
  await expectUsable(accessKeyId);
  await expect(attempt(retireAccessKey, [spec, accessKeyId, GRACE_MS])).rejects.toMatchObject({ type: 'NotYet' });

  await complete(retireAccessKey, spec, accessKeyId, GRACE_MS);
  expect(await keyIds()).toEqual([]);
  expect(await control.seals.list(ids)).toEqual([]);
  const order = (await account.journal()).map(({ operation }) => operation);
  expect(order.lastIndexOf('GetAccessKeyLastUsed')).toBeLessThan(order.indexOf('DeleteAccessKey'));
});

test('a key that was used before its grace began, or never, goes; without a grace nobody is asked', async (t) => {
  const { account, spec, keyIds, makeKey, ensureAccessKey, expectUsable, retireAccessKey } = await accessKeyRig(t);
  const never = await makeKey();
  await attempt(retireAccessKey, [spec, never, 60_000]);
  const { accessKeyId } = await complete(ensureAccessKey, spec);
  await expectUsable(accessKeyId);
  await attempt(retireAccessKey, [spec, accessKeyId, 0]);
  expect(await keyIds()).toEqual([]);
  // Twice is success.
  await attempt(retireAccessKey, [spec, accessKeyId, 60_000]);
  const asked = (await account.journal()).filter(({ operation }) => operation === 'GetAccessKeyLastUsed');
  expect(asked).toHaveLength(1);
});

test('an earlier key of a rotation is waited for, switched off so that it can be switched on again, then gone', async (t) => {
  const { iam, spec, keys, ensureAccessKey, expectUsable, awaitAccessKeyUnused, deactivateAccessKey, retireAccessKey } =
    await accessKeyRig(t);
  const { accessKeyId } = await complete(ensureAccessKey, spec);
  await attempt(awaitAccessKeyUnused, [spec, accessKeyId, GRACE_MS]);
  await expectUsable(accessKeyId);
  await expect(attempt(awaitAccessKeyUnused, [spec, accessKeyId, GRACE_MS])).rejects.toMatchObject({ type: 'NotYet' });
  for (const _ of [1, 2]) await attempt(deactivateAccessKey, [spec, accessKeyId]);
  expect(await keys()).toEqual([{ id: accessKeyId, status: 'Inactive' }]);
  await iam.send(new UpdateAccessKeyCommand({ UserName: spec.userName, AccessKeyId: accessKeyId, Status: 'Active' }));
  await expectUsable(accessKeyId);
  await attempt(deactivateAccessKey, [spec, accessKeyId]);
  await attempt(retireAccessKey, [spec, accessKeyId, 0]);
  expect(await keys()).toEqual([]);
  // What is gone is not used, and stays gone.
  await attempt(awaitAccessKeyUnused, [spec, accessKeyId, GRACE_MS]);
  await attempt(deactivateAccessKey, [spec, accessKeyId]);
});
