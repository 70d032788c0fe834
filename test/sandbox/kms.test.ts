import { CreateVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../support/sandbox.ts';

const start = async () => {
  const account = await sandboxAccount();
  const kms = new KMSClient(account.client);
  const create = async (more: object = {}) => (await kms.send(new CreateKeyCommand(more))).KeyMetadata?.Arn ?? '';
  return { account, kms, create };
};

const INVALID_STATE = 'KMSInvalidStateException';

test('an alias has its own name space, belongs to one key, and AWS keeps its own', async () => {
  const { kms, create } = await start();
  const TargetKeyId = await create();
  const alias = (AliasName: string) =>
    kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: TargetKeyId.split('/')[1] }));
  await alias('alias/key-bucket');
  await expect(alias('alias/key-bucket')).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  await expect(alias('key-bucket')).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(alias('alias/with space')).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(alias('alias/aws/s3')).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await expect(kms.send(new DeleteAliasCommand({ AliasName: 'alias/aws/s3' }))).rejects.toMatchObject({
    name: 'NotAuthorizedException',
  });
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/key-bucket' }));
  expect(KeyMetadata?.Arn).toBe(TargetKeyId);
});

test('a deletion waits 7 to 30 days, is scheduled once, and can be taken back once', async () => {
  const { kms, create } = await start();
  const KeyId = await create();
  const schedule = (days?: number) =>
    kms.send(new ScheduleKeyDeletionCommand({ KeyId, ...(days !== undefined && { PendingWindowInDays: days }) }));
  for (const days of [3, 31]) await expect(schedule(days)).rejects.toMatchObject({ name: 'ValidationException' });
  expect(await schedule(7)).toMatchObject({ KeyId, KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
  await expect(schedule(7)).rejects.toMatchObject({ name: INVALID_STATE, message: `${KeyId} is pending deletion.` });
  await kms.send(new CancelKeyDeletionCommand({ KeyId }));
  await expect(kms.send(new CancelKeyDeletionCommand({ KeyId }))).rejects.toMatchObject({ name: INVALID_STATE });
  await expect(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))).rejects.toMatchObject({
    name: 'DisabledException',
  });
});

test('a key that waits for its deletion encrypts nothing, takes no alias and no tag, but can be described', async () => {
  const { kms, create } = await start();
  const KeyId = await create();
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/old', TargetKeyId: KeyId }));
  await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId }));
  const refused = [
    () => kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })),
    () => kms.send(new EncryptCommand({ KeyId: 'alias/old', Plaintext: Buffer.from('x') })),
    () => kms.send(new CreateAliasCommand({ AliasName: 'alias/new', TargetKeyId: KeyId })),
    () => kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })),
    () => kms.send(new EnableKeyRotationCommand({ KeyId })),
  ];
  for (const call of refused) await expect(call()).rejects.toMatchObject({ name: INVALID_STATE });
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/old' }));
  expect(KeyMetadata?.KeyState).toBe('PendingDeletion');
  // The alias outlives the key's use and can be moved to another one.
  const next = await create();
  await kms.send(new UpdateAliasCommand({ AliasName: 'alias/old', TargetKeyId: next }));
});

const policyFor = (principal: string, action = 'kms:*'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: action, Resource: '*' }],
  });

test('a key policy has to parse, to name somebody who exists and to keep its setter in', async () => {
  const { account, kms, create } = await start();
  const malformed = { name: 'MalformedPolicyDocumentException' };
  await expect(create({ Policy: 'nonsense' })).rejects.toMatchObject(malformed);
  const absent = policyFor(`arn:aws:iam::${account.id}:role/absent`);
  await expect(create({ Policy: absent })).rejects.toMatchObject({
    ...malformed,
    message: 'Policy contains a statement with one or more invalid principals.',
  });
  const root = `arn:aws:iam::${account.id}:root`;
  const KeyId = await create({ Policy: policyFor(root) });
  const put = (Policy: string, BypassPolicyLockoutSafetyCheck = false) =>
    kms.send(new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck }));
  await expect(put(policyFor(root, 'kms:Decrypt'))).rejects.toMatchObject({
    ...malformed,
    message: 'The new key policy will not allow you to update the key policy in the future.',
  });
  await put(policyFor(root, 'kms:Decrypt'), true);
});

test('the inventory lists keys and aliases, and drops a key that is on its way out', async () => {
  const { account, kms, create } = await start();
  const arn = await create({ Tags: [{ TagKey: 'Name', TagValue: 'n' }] });
  await kms.send(new EnableKeyRotationCommand({ KeyId: arn }));
  expect((await kms.send(new GetKeyRotationStatusCommand({ KeyId: arn }))).KeyRotationEnabled).toBe(true);
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/key-b', TargetKeyId: arn }));
  const id = arn.split('/')[1];
  expect(await account.inventory()).toMatchObject([
    { type: 'AWS::KMS::Alias', name: 'alias/key-b', details: { targetKeyId: id } },
    { type: 'AWS::KMS::Key', id, name: null, state: 'Enabled', tags: { Name: 'n' }, details: { rotation: true } },
  ]);
  await kms.send(new DeleteAliasCommand({ AliasName: 'alias/key-b' }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: 7 }));
  expect(await account.inventory()).toEqual([]);
});

test('the key that AWS makes for encrypted volumes is not in the inventory', async () => {
  const { account, create } = await start();
  const own = await create();
  const ec2 = new EC2Client(account.client);
  await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, Encrypted: true }));
  const keys = (await account.inventory()).filter(({ type }) => type.startsWith('AWS::KMS::'));
  expect(keys.map(({ details }) => details.arn)).toEqual([own]);
});
