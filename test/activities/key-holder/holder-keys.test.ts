import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, type TestContext, test } from 'vitest';
import { accessKeyActivities } from '#activities/iam/access-key.ts';
import { intentOf } from '#activities/iam/access-key-parts.ts';
import { accessKeyProbeActivities } from '#activities/iam/access-key-probe.ts';
import { policyActivities } from '#activities/iam/policy.ts';
import { userActivities } from '#activities/iam/user.ts';
import { holderKeyActivities } from '#activities/key-holder/holder-keys.ts';
import { holderRecordActivities } from '#activities/key-holder/holder-record.ts';
import type { HolderInput } from '#domain/keys/input.ts';
import { planKeyHolder } from '#domain/keys/plan.ts';
import { changeOf, type HolderKey } from '#domain/keys/record.ts';
import { keyHolderSubject } from '#domain/keys/subject.ts';
import { activityRig, attempt, complete } from '../../control/rig.ts';

const SUBJECT = keyHolderSubject('brh-org', '7', 'system');

const holderRig = async (t: TestContext) => {
  const rig = await activityRig(t);
  const holder: HolderInput = {
    ...{ environment: 'brh-org', hostname: 'brh.org', userId: '7', role: 'system', bucket: 'gen3wf-brh-org-7' },
    account: rig.ref,
  };
  const plan = planKeyHolder(holder);
  const iam = new IAMClient(rig.account.client);
  const user = async () => {
    const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [plan.policy, '']);
    await complete(userActivities(rig.deps).ensureUser, plan.user, [arn]);
  };
  const row = (id: string, createdAt = '2026-01-01T00:00:00.000Z'): HolderKey => ({
    ...{ id, state: 'active', createdAt, expiresAt: null, request: null },
  });
  return {
    ...rig,
    ...{ holder, plan, iam, user, row },
    listed: async () => {
      const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: plan.user.name }));
      return AccessKeyMetadata.map(({ AccessKeyId }) => AccessKeyId);
    },
    ...accessKeyActivities(rig.deps),
    ...accessKeyProbeActivities(rig.deps),
    ...holderKeyActivities(rig.deps),
    ...holderRecordActivities(rig.deps),
  };
};

test('a key is made beside another, proved, seen as sealed and leased, and taken with all that was kept of it', async (t) => {
  const rig = await holderRig(t);
  const { plan, control } = rig;
  expect(await attempt(rig.observeHolderKeys, [plan.key('any'), []])).toMatchObject({ listed: [] });
  await rig.user();
  const first = await complete(rig.ensureAccessKey, plan.key('call-1'));
  const second = await complete(rig.ensureAccessKey, plan.key('call-2'));
  expect(await rig.listed()).toEqual([first.accessKeyId, second.accessKeyId]);
  // No bucket is there yet: that the key may ask for it is enough.
  await complete(rig.awaitAccessKeyUsable, plan.key('any'), second.accessKeyId);

  await control.leases.take(SUBJECT, first.accessKeyId, { task: 'task-1', forMs: 60_000 });
  await control.seals.destroy(SUBJECT, second.accessKeyId);
  const keys = [first, second].map(({ accessKeyId }) => rig.row(accessKeyId));
  expect(await attempt(rig.observeHolderKeys, [plan.key('any'), keys])).toEqual({
    keys,
    listed: [first, second].map(({ accessKeyId, createdAt }) => ({ accessKeyId, active: true, createdAt })),
    sealed: [first.accessKeyId],
    leased: [first.accessKeyId],
    strays: [],
  });
  expect(await attempt(rig.findUnclaimedKeys, [plan.key('any'), keys])).toEqual([first.accessKeyId]);

  for (const _twice of [1, 2]) await attempt(rig.deleteHolderKey, [plan.key('any'), first.accessKeyId]);
  await attempt(rig.deleteKeyIntent, [plan.key('call-1')]);
  expect(await rig.listed()).toEqual([second.accessKeyId]);
  expect(await control.seals.list(SUBJECT)).toEqual([]);
  expect(await control.leases.live(SUBJECT, first.accessKeyId, 9)).toEqual([]);
  expect(await control.intents.read(intentOf(plan.key('call-1')))).toBeUndefined();
  const operations = (await rig.account.journal()).map(({ operation }) => operation);
  expect(operations.indexOf('UpdateAccessKey')).toBeLessThan(operations.indexOf('DeleteAccessKey'));
});

test('a secret that lies sealed though its key is gone is seen, once IAM would have listed the key', async (t) => {
  const { plan, user, control, iam, listed, deps, ensureAccessKey } = await holderRig(t);
  await user();
  const { accessKeyId: AccessKeyId } = await complete(ensureAccessKey, plan.key('call-1'));
  const strays = async (propagationMs: number) => {
    const { observeHolderKeys } = holderKeyActivities({ ...deps, timing: { ...deps.timing, propagationMs } });
    return (await attempt(observeHolderKeys, [plan.key('any'), []])).strays;
  };
  const SEALED_MS = 5;
  await expect
    .poll(async () => Date.now() - Date.parse((await control.seals.list(SUBJECT))[0]?.sealedAt ?? ''))
    .toBeGreaterThan(SEALED_MS);
  expect(await strays(SEALED_MS)).toEqual([]);
  await iam.send(new DeleteAccessKeyCommand({ UserName: plan.user.name, AccessKeyId }));
  expect(await listed()).toEqual([]);
  expect(await strays(60_000)).toEqual([]);
  expect(await strays(SEALED_MS)).toEqual([AccessKeyId]);
});

test('of a holder that is gone nothing is kept but its record, and of another everything', async (t) => {
  const { plan, holder, user, control, controlled, ensureAccessKey, deleteHolderTraces, openKeyHolder } =
    await holderRig(t);
  await user();
  await attempt(openKeyHolder, [holder]);
  const { accessKeyId } = await complete(ensureAccessKey, plan.key('call-1'));
  await control.claims.claim(SUBJECT, accessKeyId, { caller: 'x', idempotencyKey: null });
  await control.leases.take(SUBJECT, accessKeyId, { task: 'task-1', forMs: 60_000 });
  const other = keyHolderSubject('brh-org', '7', 'user');
  await control.leases.take(other, 'AKIAOTHER', { task: 'task-2', forMs: 60_000 });
  const kept = async () => {
    const { Contents = [] } = await controlled.raw.send(new ListObjectsV2Command({ Bucket: controlled.bucket }));
    return Contents.map(({ Key }) => Key);
  };
  expect(await kept()).toHaveLength(6);
  for (const _twice of [1, 2]) await attempt(deleteHolderTraces, [plan.key('any')]);
  expect(await kept()).toEqual(['key-holders/brh-org/7-bot.json', 'leases/brh-org/key-holder/7/AKIAOTHER/task-2.json']);
});

test('no other key makes room for it', async (t) => {
  const { plan, user, iam, ensureAccessKey, listed } = await holderRig(t);
  await user();
  for (const _key of [1, 2]) await iam.send(new CreateAccessKeyCommand({ UserName: plan.user.name }));
  const before = await listed();
  await expect(attempt(ensureAccessKey, [plan.key('call-1')])).rejects.toMatchObject({ type: 'NotYet' });
  expect(await listed()).toEqual(before);
});

test('a user of gen3-workflow’s is taken over, one of somebody else is not', async (t) => {
  const { plan, user, iam } = await holderRig(t);
  await iam.send(new CreateUserCommand({ UserName: plan.user.name, Tags: [{ Key: 'name', Value: 'gen3wf-brh-org' }] }));
  await user();
  const { plan: other, iam: theirs, deps } = await holderRig(t);
  await theirs.send(
    new CreateUserCommand({ UserName: other.user.name, Tags: [{ Key: 'eyrie:environment', Value: 'x' }] }),
  );
  await expect(attempt(userActivities(deps).ensureUser, [other.user, []])).rejects.toMatchObject({ type: 'Conflict' });
});

test('the record is made once, and says where the holder is before anything is made', async (t) => {
  const { holder, row, openKeyHolder, changeKeyHolder } = await holderRig(t);
  const first = await attempt(openKeyHolder, [holder]);
  expect(first).toMatchObject({ id: 'brh-org.7-bot', keys: [], userReady: false, holder });
  await attempt(changeKeyHolder, [SUBJECT, { ...changeOf(first), keys: [row('AKIA1')], userReady: true }]);
  expect(await attempt(openKeyHolder, [holder])).toMatchObject({ keys: [{ id: 'AKIA1' }], userReady: true });
  const elsewhere = { ...holder, account: { ...holder.account, accountId: '999999999999' } };
  await expect(attempt(openKeyHolder, [elsewhere])).rejects.toMatchObject({ type: 'Conflict' });
});
