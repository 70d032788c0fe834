import { describe, expect, test } from 'vitest';
import { createObjects, WriteConflict } from '#control/objects.ts';
import { awsOf, controlRig, refOf } from './rig.ts';

describe('conditional writes', () => {
  test('of twenty creations at once exactly one succeeds, the others are told', async (t) => {
    const { account, bucket } = await controlRig(t);
    const objects = createObjects(awsOf(account).s3(refOf(account)), bucket);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, writer) => objects.create('a/b.json', `"${writer}"`)),
    );
    const won = outcomes.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : []));
    expect(won).toHaveLength(1);
    expect(await objects.read('a/b.json')).toMatchObject({ body: `"${won[0]}"` });
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(WriteConflict);
    }
  });

  test('a version that is not the newest is not written over', async (t) => {
    const { account, bucket } = await controlRig(t);
    const objects = createObjects(awsOf(account).s3(refOf(account)), bucket);
    const first = await objects.create('key', '1');
    const second = await objects.replace('key', '2', first);
    await expect(objects.replace('key', '3', first)).rejects.toThrow(WriteConflict);
    expect(await objects.read('key')).toMatchObject({ body: '2', etag: second });
    await objects.remove('key');
    await objects.remove('key');
    await expect(objects.replace('key', '4', second)).rejects.toThrow(WriteConflict);
    expect(await objects.read('key')).toBeUndefined();
  });

  test('a write whose answer was lost is known again as one that succeeded', async (t) => {
    const { account, bucket } = await controlRig(t);
    const objects = createObjects(awsOf(account).s3(refOf(account)), bucket);
    await account.faults({ service: 's3', operation: 'PutObject', fault: 'lost-answer' });
    const etag = await objects.create('key', '1');
    expect(await objects.replace('key', '2', etag)).not.toBe(etag);
    await account.faults({ service: 's3', operation: 'PutObject', fault: 'reset' });
    await expect(objects.create('other', '1')).rejects.toMatchObject({ type: 'Unavailable' });
    expect(await objects.read('other')).toBeUndefined();
  });
});
