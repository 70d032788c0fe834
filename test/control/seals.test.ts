import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { sealKey } from '#control/keys.ts';
import { WriteConflict } from '#control/objects.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { aSealingKey, controlRig } from './rig.ts';

const SUBJECT: SubjectRef = { kind: 'workspace', environment: 'brh', name: 'a- 9b' };
const SECRET = { accessKeyId: 'AKIAKEY1', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzSECRET' };

const bodyOf = async ({ raw, bucket }: Awaited<ReturnType<typeof controlRig>>, launchId: string): Promise<string> => {
  const { Body } = await raw.send(new GetObjectCommand({ Bucket: bucket, Key: sealKey(SUBJECT, launchId) }));
  return (await Body?.transformToString()) ?? '';
};

describe('seals', () => {
  test('only the one who has the sealing key reads the secret', async (t) => {
    const rig = await controlRig(t);
    await rig.control.seals.put(SUBJECT, 'launch-1', SECRET);
    expect(await rig.control.seals.open(SUBJECT, 'launch-1')).toEqual(SECRET);
    expect(await rig.control.seals.info(SUBJECT, 'launch-1')).toMatchObject({ accessKeyId: SECRET.accessKeyId });
    expect(await bodyOf(rig, 'launch-1')).not.toContain(SECRET.secretAccessKey);
    const stranger = rig.controlWith({ sealingKeys: [{ ...aSealingKey('first') }] });
    await expect(stranger.seals.open(SUBJECT, 'launch-1')).rejects.toMatchObject({ type: 'Invalid' });
  });

  test('a seal that was changed, moved to another launch or to another workspace does not open', async (t) => {
    const rig = await controlRig(t);
    await rig.control.seals.put(SUBJECT, 'launch-1', SECRET);
    const jwe = await bodyOf(rig, 'launch-1');
    const write = (ids: typeof SUBJECT, launchId: string, Body: string) =>
      rig.raw.send(new PutObjectCommand({ Bucket: rig.bucket, Key: sealKey(ids, launchId), Body }));
    const parts = jwe.split('.');
    const ciphertext = parts[3] ?? '';
    const flipped = `${ciphertext.startsWith('A') ? 'B' : 'A'}${ciphertext.slice(1)}`;
    const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as Record<string, unknown>;
    const forged = Buffer.from(JSON.stringify({ ...header, accessKeyId: 'AKIAOTHER' })).toString('base64url');
    const cases: readonly [typeof SUBJECT, string, string][] = [
      [SUBJECT, 'launch-2', jwe],
      [{ ...SUBJECT, name: 'other' }, 'launch-1', jwe],
      [SUBJECT, 'flipped', jwe.replace(ciphertext, flipped)],
      [SUBJECT, 'forged', [forged, ...parts.slice(1)].join('.')],
      [SUBJECT, 'nonsense', 'not a seal'],
    ];
    for (const [ids, launchId, body] of cases) {
      await write(ids, launchId, body);
      const error = await rig.control.seals.open(ids, launchId).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ type: 'Invalid' });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(SECRET.secretAccessKey);
    }
    // Control: put back as it was, it opens.
    await write(SUBJECT, 'launch-1', jwe);
    expect(await rig.control.seals.open(SUBJECT, 'launch-1')).toEqual(SECRET);
  });

  test('after a rotation of sealing keys old seals open and new ones carry the new key', async (t) => {
    const [old, fresh] = [aSealingKey('old'), aSealingKey('fresh')];
    const rig = await controlRig(t, { sealingKeys: [old] });
    await rig.control.seals.put(SUBJECT, 'launch-1', SECRET);
    const rotated = rig.controlWith({ sealingKeys: [fresh, old] });
    expect(await rotated.seals.open(SUBJECT, 'launch-1')).toEqual(SECRET);
    await rotated.seals.put(SUBJECT, 'launch-2', SECRET);
    const retired = rig.controlWith({ sealingKeys: [fresh] });
    expect(await retired.seals.open(SUBJECT, 'launch-2')).toEqual(SECRET);
    await expect(retired.seals.open(SUBJECT, 'launch-1')).rejects.toMatchObject({ type: 'Invalid' });
  });

  test('a second seal of a launch needs the version that it replaces', async (t) => {
    const { control } = await controlRig(t);
    await control.seals.put(SUBJECT, 'launch-1', SECRET);
    const other = { ...SECRET, accessKeyId: 'AKIAKEY2' };
    await expect(control.seals.put(SUBJECT, 'launch-1', other)).rejects.toThrow(WriteConflict);
    const found = await control.seals.info(SUBJECT, 'launch-1');
    await control.seals.put(SUBJECT, 'launch-1', { ...other, replaces: found?.etag ?? '' });
    expect(await control.seals.open(SUBJECT, 'launch-1')).toEqual(other);
    await control.seals.destroy(SUBJECT, 'launch-1');
    await control.seals.destroy(SUBJECT, 'launch-1');
    expect(await control.seals.open(SUBJECT, 'launch-1')).toBeUndefined();
  });

  test('sealing keys of the wrong size, twice the same id or none at all stop the start', async (t) => {
    const { controlWith } = await controlRig(t);
    const key = aSealingKey('a');
    for (const sealingKeys of [[], [key, aSealingKey('a')], [{ id: 'short', key: key.key.slice(1) }]]) {
      expect(() => controlWith({ sealingKeys })).toThrow(/sealing key/);
    }
  });
});
