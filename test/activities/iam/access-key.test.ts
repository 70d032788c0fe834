import { DeleteAccessKeyCommand, DeleteUserCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { describe, expect, type TestContext, test } from 'vitest';
import { intentOf } from '#activities/iam/access-key-parts.ts';
import { activeKey } from '#domain/core/access-key.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { aRecord } from '../../control/record-builder.ts';
import { attempt, complete } from '../../control/rig.ts';
import { sandboxSecrets } from '../../support/sandbox.ts';
import { accessKeyRig } from './access-key-rig.ts';

describe('the key of a launch', () => {
  test('is made once, sealed before it is named, and works', async (t) => {
    const { spec, keyIds, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    const first = await attempt(ensureAccessKey, [spec]);
    expect(first.earlier).toEqual([]);
    expect(await keyIds()).toEqual([first.accessKeyId]);
    await expectUsable(first.accessKeyId);
    const again = await attempt(ensureAccessKey, [spec]);
    expect(again.accessKeyId).toBe(first.accessKeyId);
    expect(await keyIds()).toEqual([first.accessKeyId]);
    const said = JSON.stringify([first, again]);
    for (const secret of await sandboxSecrets()) expect(said).not.toContain(secret);
  });

  test('stays the same when it was handed out and its seal destroyed', async (t) => {
    const { spec, ids, control, keyIds, ensureAccessKey } = await accessKeyRig(t);
    const { accessKeyId } = await attempt(ensureAccessKey, [spec]);
    await control.claims.claim(ids, accessKeyId, { caller: 'test', idempotencyKey: null });
    await control.seals.destroy(ids, accessKeyId);
    expect((await attempt(ensureAccessKey, [spec])).accessKeyId).toBe(accessKeyId);
    expect(await keyIds()).toEqual([accessKeyId]);
  });

  test('is made anew where it vanished, was switched off, or its seal was lost', async (t) => {
    const { iam, spec, ids, control, keyIds, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    const UserName = spec.userName;
    let { accessKeyId: last } = await attempt(ensureAccessKey, [spec]);
    const breaks = [
      () => iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: last })),
      () => iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: last, Status: 'Inactive' })),
      () => control.seals.destroy(ids, last),
    ];
    for (const damage of breaks) {
      await damage();
      const { accessKeyId } = await complete(ensureAccessKey, spec);
      expect(accessKeyId).not.toBe(last);
      expect(await keyIds()).toEqual([accessKeyId]);
      await expectUsable(accessKeyId);
      last = accessKeyId;
    }
  });

  test.for(['ListAccessKeys', 'CreateAccessKey', 'DeleteAccessKey'])(
    'waits while %s is denied because the tags of its user do not count yet, and believes a denial that lasts',
    async (operation, t) => {
      const { account, spec, specOf, keyIds, makeKey, ensureAccessKey } = await accessKeyRig(t);
      // Two keys that are there: one of them has to make room.
      for (const _ of [1, 2]) await makeKey();
      await account.faults({ service: 'iam', operation, times: 2, fault: 'denied' });
      await expect(attempt(ensureAccessKey, [spec])).rejects.toMatchObject({ type: 'NotYet' });
      const { accessKeyId } = await complete(ensureAccessKey, spec);
      expect(await keyIds()).toContain(accessKeyId);

      await account.faults({ service: 'iam', operation, times: -1, fault: 'denied' });
      await expect(complete(ensureAccessKey, specOf('launch-2'))).rejects.toMatchObject({ type: 'Denied' });
    },
  );

  test('waits for its user to become visible', async (t) => {
    const { iam, spec, ensureAccessKey } = await accessKeyRig(t);
    await iam.send(new DeleteUserCommand({ UserName: spec.userName }));
    await expect(attempt(ensureAccessKey, [spec])).rejects.toMatchObject({ type: 'NotYet' });
    await expect(complete(ensureAccessKey, spec)).rejects.toMatchObject({ type: 'NotFound' });
  });
});

describe('earlier keys', () => {
  test("one of Hatchery's stays, and is named", async (t) => {
    const { spec, keyIds, makeKey, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    const hatcherys = await makeKey();
    const { accessKeyId, earlier } = await attempt(ensureAccessKey, [spec]);
    expect(earlier).toEqual([hatcherys]);
    expect(await keyIds()).toEqual([hatcherys, accessKeyId].sort());
    await expectUsable(accessKeyId);
    expect((await attempt(ensureAccessKey, [spec])).earlier).toEqual([hatcherys]);
  });

  test('of two, an unclaimed one of ours makes room, although it is the younger', async (t) => {
    const { spec, specOf, ids, control, keyIds, makeKey, ensureAccessKey } = await accessKeyRig(t);
    const hatcherys = await makeKey();
    const unclaimed = await attempt(ensureAccessKey, [specOf('launch-0')]);
    const { accessKeyId, earlier } = await attempt(ensureAccessKey, [spec]);
    expect(await keyIds()).toEqual([hatcherys, accessKeyId].sort());
    expect(earlier).toEqual([hatcherys]);
    expect(unclaimed.accessKeyId).not.toBe(accessKeyId);
    expect(await control.seals.info(ids, unclaimed.accessKeyId)).toBeUndefined();
  });

  test('of two that are both in hands, the older makes room', async (t) => {
    const { spec, specOf, ids, control, keyIds, makeKey, ensureAccessKey } = await accessKeyRig(t);
    await makeKey();
    const claimed = await attempt(ensureAccessKey, [specOf('launch-0')]);
    await control.claims.claim(ids, claimed.accessKeyId, { caller: 'test', idempotencyKey: 'key' });
    const { accessKeyId, earlier } = await attempt(ensureAccessKey, [spec]);
    expect(await keyIds()).toEqual([claimed.accessKeyId, accessKeyId].sort());
    expect(earlier).toEqual([claimed.accessKeyId]);
  });

  test('of two, one that is switched off makes room before one that works', async (t) => {
    const { iam, spec, keyIds, makeKey, ensureAccessKey } = await accessKeyRig(t);
    const works = await makeKey();
    const off = await makeKey();
    await iam.send(new UpdateAccessKeyCommand({ UserName: spec.userName, AccessKeyId: off, Status: 'Inactive' }));
    const { accessKeyId } = await attempt(ensureAccessKey, [spec]);
    expect(await keyIds()).toEqual([works, accessKeyId].sort());
  });
});

describe('when something goes wrong', () => {
  const FAULTS = ['lost-answer', 'reset', 'throttle', 'internal'] as const;

  test.for(FAULTS)('%s at CreateAccessKey ends with one usable key and no orphan', async (fault, t) => {
    const { account, spec, keyIds, makeKey, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    const hatcherys = await makeKey();
    await account.faults({ service: 'iam', operation: 'CreateAccessKey', fault });
    const { accessKeyId, earlier } = await complete(ensureAccessKey, spec);
    expect(await keyIds()).toEqual([hatcherys, accessKeyId].sort());
    expect(earlier).toEqual([hatcherys]);
    await expectUsable(accessKeyId);
  });

  // The writes of a try: its intent, its seal, its intent settled.
  const writes = [0, 1, 2].flatMap((skip) => FAULTS.map((fault) => [skip, fault] as const));

  test.for(writes)(
    'write %i to the control bucket: %s ends with one usable key and no orphan',
    async ([skip, fault], t) => {
      const { controlled, spec, keyIds, expectUsable, ensureAccessKey } = await accessKeyRig(t);
      await controlled.account.faults({ service: 's3', operation: 'PutObject', skip, fault });
      const { accessKeyId } = await complete(ensureAccessKey, spec);
      expect(await keyIds()).toEqual([accessKeyId]);
      await expectUsable(accessKeyId);
      expect(await controlled.account.faultStates()).toMatchObject([{ hits: 1 }]);
    },
  );

  test('a control bucket that refuses to write leaves no key behind', async (t) => {
    const { controlled, spec, keyIds, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    await controlled.account.faults({ service: 's3', operation: 'PutObject', skip: 1, fault: 'denied' });
    await expect(attempt(ensureAccessKey, [spec])).rejects.toMatchObject({ type: 'Denied' });
    expect(await keyIds()).toEqual([]);
    const { accessKeyId } = await complete(ensureAccessKey, spec);
    await expectUsable(accessKeyId);
  });

  test('nobody makes a second key while the first one may not be visible yet', async (t) => {
    const { account, spec, control, keyIds, ensureAccessKey } = await accessKeyRig(t);
    await control.intents.write(intentOf(spec), {
      at: new Date().toISOString(),
      known: [],
    });
    await expect(attempt(ensureAccessKey, [spec])).rejects.toMatchObject({ type: 'NotYet' });
    expect((await account.journal()).filter(({ operation }) => operation === 'CreateAccessKey')).toEqual([]);
    const { accessKeyId } = await complete(ensureAccessKey, spec);
    expect(await keyIds()).toEqual([accessKeyId]);
  });

  test('tries that overlap end with one usable key', async (t) => {
    const { spec, keyIds, expectUsable, ensureAccessKey } = await accessKeyRig(t);
    await Promise.allSettled([1, 2, 3].map(() => complete(ensureAccessKey, spec)));
    const { accessKeyId } = await complete(ensureAccessKey, spec);
    expect(await keyIds()).toEqual([accessKeyId]);
    await expectUsable(accessKeyId);
  });
});

describe('the key of a rotation', () => {
  const DAY_MS = 24 * 60 * 60_000;

  /** An earlier key, and the one that the record names; both were handed out. */
  const twoClaimed = async (t: TestContext) => {
    const rig = await accessKeyRig(t);
    const keys: string[] = [];
    for (const launch of ['launch-1', 'launch-2']) {
      const { accessKeyId } = await complete(rig.ensureAccessKey, rig.specOf(launch));
      await rig.control.claims.claim(rig.ids, accessKeyId, { caller: 'test', idempotencyKey: null });
      keys.push(accessKeyId);
    }
    const [earlier = '', named = ''] = keys;
    const rotated = (unusedForMs: number) => ({ ...rig.specOf('rotation'), keepsNamed: { unusedForMs } });
    return { ...rig, earlier, named, rotated };
  };

  test('takes the place of an earlier one that nobody uses, never of the one that the record names', async (t) => {
    const { ids, control, earlier, named, keyIds, rotated, ensureAccessKey } = await twoClaimed(t);
    // The record names the older of the two.
    await control.records(WORKSPACE_RECORDS).create(aRecord({ subject: ids, key: activeKey(earlier, '') }));
    const { accessKeyId } = await complete(ensureAccessKey, rotated(DAY_MS));
    expect(await keyIds()).toEqual([earlier, accessKeyId].toSorted());
    expect(named).not.toBe(accessKeyId);
  });

  test('is not made while both are in use, and nothing is taken; by an operator’s word it is', async (t) => {
    const { ids, control, earlier, named, keyIds, rotated, ensureAccessKey, expectUsable } = await twoClaimed(t);
    await control.records(WORKSPACE_RECORDS).create(aRecord({ subject: ids, key: activeKey(named, '') }));
    await expectUsable(earlier);
    await expect(attempt(ensureAccessKey, [rotated(DAY_MS)])).rejects.toMatchObject({
      type: 'KeyInUse',
      nonRetryable: true,
      message: expect.stringContaining(earlier),
    });
    expect(await keyIds()).toEqual([earlier, named].toSorted());

    const { accessKeyId } = await complete(ensureAccessKey, rotated(0));
    expect(await keyIds()).toEqual([named, accessKeyId].toSorted());
  });
});
