import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { sealKey } from '#control/keys.ts';
import { WriteConflict } from '#control/objects.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { aSealingKey, controlRig } from './rig.ts';

const SUBJECT: SubjectRef = { kind: 'workspace', environment: 'brh', name: 'a- 9b' };
const SECRET = { accessKeyId: 'AKIAKEY1', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzSECRET' };

const ID = SECRET.accessKeyId;

const bodyOf = async ({ raw, bucket }: Awaited<ReturnType<typeof controlRig>>, id: string): Promise<string> => {
  const { Body } = await raw.send(new GetObjectCommand({ Bucket: bucket, Key: sealKey(SUBJECT, id) }));
  return (await Body?.transformToString()) ?? '';
};

describe('seals', () => {
  test('only the one who has the sealing key reads the secret', async (t) => {
    const rig = await controlRig(t, { now: () => Date.parse('2026-01-01T00:00:00Z') });
    await rig.control.seals.put(SUBJECT, SECRET, 'launch-1');
    expect(await rig.control.seals.open(SUBJECT, ID)).toEqual(SECRET);
    const made = { run: 'launch-1', sealedAt: '2026-01-01T00:00:00.000Z', sealingKey: 'first' };
    const info = { of: SUBJECT, accessKeyId: ID, ...made, opens: true };
    expect(await rig.control.seals.info(SUBJECT, ID)).toEqual(info);
    expect(await rig.control.seals.list(SUBJECT)).toEqual([info]);
    expect(await bodyOf(rig, ID)).not.toContain(SECRET.secretAccessKey);
    const stranger = rig.controlWith({ sealingKeys: [{ ...aSealingKey('first') }] });
    await expect(stranger.seals.open(SUBJECT, ID)).rejects.toMatchObject({ type: 'SealUnreadable' });
  });

  test('a seal that was changed, or moved to another key or holder, does not open', async (t) => {
    const rig = await controlRig(t);
    await rig.control.seals.put(SUBJECT, SECRET, 'launch-1');
    const jwe = await bodyOf(rig, ID);
    const write = (of: SubjectRef, id: string, Body: string) =>
      rig.raw.send(new PutObjectCommand({ Bucket: rig.bucket, Key: sealKey(of, id), Body }));
    const parts = jwe.split('.');
    const ciphertext = parts[3] ?? '';
    const flipped = `${ciphertext.startsWith('A') ? 'B' : 'A'}${ciphertext.slice(1)}`;
    const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as Record<string, unknown>;
    const forged = (change: object): string => {
      const other = Buffer.from(JSON.stringify({ ...header, ...change })).toString('base64url');
      return [other, ...parts.slice(1)].join('.');
    };
    const cases: readonly [SubjectRef, string, string][] = [
      [SUBJECT, 'AKIAKEY2', jwe],
      [SUBJECT, 'AKIAKEY2', forged({ accessKeyId: 'AKIAKEY2' })],
      [SUBJECT, ID, forged({ run: 'launch-2' })],
      [{ ...SUBJECT, name: 'other' }, ID, jwe],
      [{ ...SUBJECT, kind: 'key-holder' }, ID, jwe],
      [SUBJECT, ID, jwe.replace(ciphertext, flipped)],
      [SUBJECT, ID, 'not a seal'],
    ];
    for (const [of, id, body] of cases) {
      await write(of, id, body);
      const error = await rig.control.seals.open(of, id).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ type: 'SealUnreadable' });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(SECRET.secretAccessKey);
    }
    // Control: put back as it was, it opens.
    await write(SUBJECT, ID, jwe);
    expect(await rig.control.seals.open(SUBJECT, ID)).toEqual(SECRET);
  });

  test('after a rotation of sealing keys old seals open and new ones carry the new key', async (t) => {
    const [old, fresh] = [aSealingKey('old'), aSealingKey('fresh')];
    const rig = await controlRig(t, { sealingKeys: [old] });
    await rig.control.seals.put(SUBJECT, SECRET, 'launch-1');
    const rotated = rig.controlWith({ sealingKeys: [fresh, old] });
    expect(await rotated.seals.open(SUBJECT, ID)).toEqual(SECRET);
    const other = { ...SECRET, accessKeyId: 'AKIAKEY2' };
    await rotated.seals.put(SUBJECT, other, 'launch-2');
    const retired = rig.controlWith({ sealingKeys: [fresh] });
    expect(await retired.seals.open(SUBJECT, 'AKIAKEY2')).toEqual(other);
    await expect(retired.seals.open(SUBJECT, ID)).rejects.toMatchObject({ type: 'SealUnreadable' });
  });

  test('a key is sealed once, and holders of one name and different kinds do not meet', async (t) => {
    const { control } = await controlRig(t);
    const holder: SubjectRef = { ...SUBJECT, kind: 'key-holder' };
    await control.seals.put(SUBJECT, SECRET, 'launch-1');
    const other = { ...SECRET, secretAccessKey: 'another' };
    await expect(control.seals.put(SUBJECT, other, 'launch-2')).rejects.toThrow(WriteConflict);
    await control.seals.put(holder, other, 'launch-2');
    expect(await control.seals.open(SUBJECT, ID)).toEqual(SECRET);
    expect(await control.seals.open(holder, ID)).toEqual(other);
    await control.seals.destroy(SUBJECT, ID);
    await control.seals.destroy(SUBJECT, ID);
    expect(await control.seals.open(SUBJECT, ID)).toBeUndefined();
    expect(await control.seals.open(holder, ID)).toEqual(other);
  });

  test('sealing keys of the wrong size, twice the same id or none at all stop the start', async (t) => {
    const { controlWith } = await controlRig(t);
    const key = aSealingKey('a');
    for (const sealingKeys of [[], [key, aSealingKey('a')], [{ id: 'short', key: key.key.slice(1) }]]) {
      expect(() => controlWith({ sealingKeys })).toThrow(/sealing key/);
    }
  });
});
