import { describe, expect, test } from 'vitest';
import type { Control } from '#control/control.ts';
import { fail } from '#domain/core/failures.ts';
import type { LookAfterKeys } from '#domain/keys/input.ts';
import { firstHolderRecord, type HolderKey, KEY_HOLDER_RECORDS, type KeyHolderRecord } from '#domain/keys/record.ts';
import { keyHolderSubject } from '#domain/keys/subject.ts';
import { keyRig, LIFE_MS } from './key-rig.ts';
import { ENVIRONMENT } from './rig.ts';

const SUBJECT = keyHolderSubject(ENVIRONMENT, 'alice', 'system');
const START = Date.parse('2026-01-01T00:00:00Z');

const give = async (control: Control, id: string, from: number, changes: Partial<HolderKey> = {}): Promise<void> => {
  const records = control.records(KEY_HOLDER_RECORDS);
  const found = await records.read(SUBJECT);
  const holder = {
    ...{ environment: ENVIRONMENT, hostname: 'localhost', userId: 'alice', role: 'system' as const, bucket: 'b' },
    account: { accountId: '1', region: 'us-east-1', roleArn: null, externalId: null },
  };
  const key: HolderKey = {
    ...{ id, state: 'active', createdAt: new Date(from).toISOString(), request: null },
    expiresAt: new Date(from + LIFE_MS).toISOString(),
    ...changes,
  };
  const record = found?.record ?? firstHolderRecord(holder, key.createdAt);
  const next = { ...record, keys: [...record.keys, key] };
  if (found) await records.write(next, found.etag);
  else await records.create(next);
  await control.seals.put(SUBJECT, { accessKeyId: id, secretAccessKey: `secret-of-${id}` }, 'run');
};

/** Whose workflow makes a key each time that it is asked. */
const rigAt = (clock: { now: number }, isDown = () => false) => {
  let made = 0;
  return keyRig(
    {
      lookAfterKeys: async (_arg: LookAfterKeys, _question, control) => {
        if (isDown()) throw fail('Unavailable', 'no worker answered in time; try again');
        made += 1;
        await give(control, `AKIA${made}`, clock.now);
        return null;
      },
    },
    { now: () => clock.now },
  );
};

describe('the key that a task is given', () => {
  test('is made where there is none, and is the same one for half of its life', async () => {
    const clock = { now: START };
    const rig = rigAt(clock);
    const first = await rig.system.newestForwardable('alice');
    expect(first).toEqual({
      accessKeyId: 'AKIA1',
      secretAccessKey: 'secret-of-AKIA1',
      expiresAt: new Date(START + LIFE_MS).toISOString(),
    });
    clock.now += LIFE_MS / 2;
    expect(await rig.system.newestForwardable('alice')).toEqual(first);
    expect(rig.asked).toHaveLength(1);
    clock.now += 1;
    expect(await rig.system.newestForwardable('alice')).toMatchObject({ accessKeyId: 'AKIA2' });
    expect(rig.asked.map(({ arg }) => arg)).toMatchObject([
      { aheadMs: 0 },
      { aheadMs: 0, at: new Date(clock.now).toISOString() },
    ]);
  });

  test('is never one that is not proved yet, or on its way out', async () => {
    const clock = { now: START };
    const rig = rigAt(clock);
    await give(rig.control, 'AKIAMADE', START + 2, { state: 'made' });
    await give(rig.control, 'AKIAGOES', START + 1, { state: 'retiring' });
    await give(rig.control, 'AKIAOLD', START - 1);
    expect(await rig.system.newestForwardable('alice')).toMatchObject({ accessKeyId: 'AKIAOLD' });
  });

  test('is the one there is where no newer one can be made now, and none where that has ended', async () => {
    const clock = { now: START };
    let down = false;
    const rig = rigAt(clock, () => down);
    await rig.system.newestForwardable('alice');
    down = true;
    clock.now += LIFE_MS - 1;
    expect(await rig.system.newestForwardable('alice')).toMatchObject({ accessKeyId: 'AKIA1' });
    expect(rig.warned).toHaveLength(1);
    expect(rig.warned.join()).not.toContain('secret-of');
    clock.now += 1;
    await expect(rig.system.newestForwardable('alice')).rejects.toMatchObject({ type: 'Unavailable' });
  });

  test('is another one where its secret can not be had', async () => {
    const clock = { now: START };
    const rig = rigAt(clock);
    await rig.system.newestForwardable('alice');
    await rig.control.seals.destroy(SUBJECT, 'AKIA1');
    clock.now += 1_000;
    expect(await rig.system.newestForwardable('alice')).toMatchObject({ accessKeyId: 'AKIA2' });
  });

  test('there is none for a user id that would be another one’s bot, or has no bucket', async () => {
    const { system } = rigAt({ now: START });
    await expect(system.newestForwardable('alice-bot')).rejects.toMatchObject({ code: 'Invalid' });
    await expect(system.newestForwardable('Ali Ce')).rejects.toMatchObject({ code: 'Invalid' });
  });
});

test.each([
  [
    'retiring',
    (record: KeyHolderRecord) => ({
      ...record,
      keys: record.keys.map((key) => ({ ...key, state: 'retiring' as const })),
    }),
  ],
  ['of a holder that is being removed', (record: KeyHolderRecord) => ({ ...record, phase: 'removing' as const })],
] as const)(
  'a key that is %s by the time of its lease does not leave; one that has left is held all the same',
  async (_, change) => {
    const { system, control } = rigAt({ now: START });
    const accessKeyId = (await system.newestForwardable('alice'))?.accessKeyId ?? '';
    const records = control.records(KEY_HOLDER_RECORDS);
    const found = await records.read(SUBJECT);
    if (!found) throw new Error('no record');
    await records.write(change(found.record), found.etag);
    const held = async () => (await control.leases.live(SUBJECT, accessKeyId, 9)).map(({ task }) => task);
    await expect(system.lease({ userId: 'alice', accessKeyId, task: 'task-1' })).rejects.toMatchObject({
      code: 'Unavailable',
    });
    expect(await held()).toEqual([]);
    await system.lease({ userId: 'alice', accessKeyId, task: 'task-2', handedOut: true });
    expect(await held()).toEqual(['task-2']);
  },
);

test('a lease is taken for half a life at most, and released whichever key the task had', async () => {
  const clock = { now: START };
  const { system, control } = rigAt(clock);
  const key = await system.newestForwardable('alice');
  const accessKeyId = key?.accessKeyId ?? '';
  const held = () => control.leases.live(SUBJECT, accessKeyId, 9);
  await system.lease({ userId: 'alice', accessKeyId, task: 'task-1' });
  await system.lease({ userId: 'alice', accessKeyId, task: 'task-1' });
  expect(await held()).toMatchObject([{ task: 'task-1', until: new Date(START + LIFE_MS / 2).toISOString() }]);
  await system.release('bob', 'task-1');
  await system.release('alice', 'other');
  expect(await held()).toHaveLength(1);
  await system.release('alice', 'task-1');
  expect(await held()).toEqual([]);
  await system.lease({ userId: 'alice', accessKeyId, task: 'task-2' });
  clock.now += LIFE_MS / 2;
  expect(await held()).toEqual([]);
});
