import { expect, type TestContext, test } from 'vitest';
import { refusal, rig } from './batch-rig.ts';
import { limitedCaller, missingRight } from './caller.ts';
import { signedJson } from './signed-json.ts';

const start = async (t: TestContext) => {
  const given = await rig(t);
  const call = signedJson(given.account.client, 'secretsmanager', 'secretsmanager');
  return { ...given, call };
};

test.concurrent('a secret is made once, read, tagged, listed by prefix, and stands in the inventory', async (t) => {
  const { account, call } = await start(t);
  const Tags = [{ Key: 'a', Value: '1' }];
  const { ARN } = await call('CreateSecret', { Name: 'tower-one', SecretString: 's3cret', Tags });
  expect(ARN).toMatch(/:secret:tower-one-\w{6}$/);
  expect(await refusal(call('CreateSecret', { Name: 'tower-one', SecretString: 'other' }))).toMatch(
    /^ResourceExistsException/,
  );
  for (const SecretId of ['tower-one', ARN]) {
    expect(await call('GetSecretValue', { SecretId })).toMatchObject({ SecretString: 's3cret', Name: 'tower-one' });
  }
  await call('TagResource', { SecretId: ARN, Tags: [{ Key: 'b', Value: '2' }] });
  await call('UntagResource', { SecretId: ARN, TagKeys: ['a'] });
  expect(await call('DescribeSecret', { SecretId: ARN })).toMatchObject({ Tags: [{ Key: 'b', Value: '2' }] });
  await call('CreateSecret', { Name: 'other' });
  const { SecretList } = await call('ListSecrets', { Filters: [{ Key: 'name', Values: ['tower-'] }] });
  expect(SecretList).toMatchObject([{ Name: 'tower-one' }]);
  const items = (await account.inventory()).filter(({ name }) => name === 'tower-one');
  expect(items).toMatchObject([{ type: 'AWS::SecretsManager::Secret', id: ARN, tags: { b: '2' } }]);
  expect(JSON.stringify(items)).not.toContain('s3cret');
  expect(await refusal(call('GetSecretValue', { SecretId: 'other' }))).toMatch(
    /^ResourceNotFoundException.*AWSCURRENT/,
  );
});

test.concurrent('a deleted secret keeps its name until its window is over, or goes at once', async (t) => {
  const { account, call } = await start(t);
  const SecretId = 'one';
  await call('CreateSecret', { Name: SecretId, SecretString: 'x' });
  for (const RecoveryWindowInDays of [6, 31]) {
    expect(await refusal(call('DeleteSecret', { SecretId, RecoveryWindowInDays }))).toMatch(
      /^InvalidParameterException/,
    );
  }
  await call('DeleteSecret', { SecretId, RecoveryWindowInDays: 7 });
  expect(await refusal(call('GetSecretValue', { SecretId }))).toMatch(/marked for deletion/);
  expect(await refusal(call('CreateSecret', { Name: SecretId }))).toMatch(/already scheduled for deletion/);
  expect(await account.inventory()).toEqual([]);
  await call('RestoreSecret', { SecretId });
  expect(await call('GetSecretValue', { SecretId })).toMatchObject({ SecretString: 'x' });
  await call('DeleteSecret', { SecretId, ForceDeleteWithoutRecovery: true });
  expect(await refusal(call('DescribeSecret', { SecretId }))).toMatch(/^ResourceNotFoundException/);
  await call('CreateSecret', { Name: SecretId });
});

test.concurrent('a policy names secrets by the beginning of their name', async (t) => {
  const given = await start(t);
  await given.call('CreateSecret', { Name: 'tower-one', SecretString: 'x' });
  await given.call('CreateSecret', { Name: 'private', SecretString: 'x' });
  const caller = await limitedCaller(given);
  await caller.allow({
    Action: 'secretsmanager:GetSecretValue',
    Resource: `arn:aws:secretsmanager:us-east-1:${given.account.id}:secret:tower-*`,
  });
  const limited = signedJson(caller.client, 'secretsmanager', 'secretsmanager');
  expect(await missingRight(limited('GetSecretValue', { SecretId: 'tower-one' }))).toBeUndefined();
  expect(await missingRight(limited('GetSecretValue', { SecretId: 'private' }))).toBe('secretsmanager:GetSecretValue');
});
