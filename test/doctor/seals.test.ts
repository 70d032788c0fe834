import { describe, expect, test } from 'vitest';
import { createControl } from '#control/control.ts';
import { checkSeals } from '#doctor/seals.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { createMemoryS3 } from '../api/memory-s3.ts';
import { aSealingKey } from '../control/rig.ts';

const [OLD, NEW] = [aSealingKey('2025-01'), aSealingKey('2026-01')];
const of = (name: string, changes: Partial<SubjectRef> = {}): SubjectRef => ({
  ...{ kind: 'workspace', environment: 'brh', name },
  ...changes,
});

const rig = () => {
  const s3 = createMemoryS3();
  const controlWith = (...sealingKeys: (typeof OLD)[]) => createControl({ s3, bucket: 'control', sealingKeys });
  const seal = (by: typeof OLD, subject: SubjectRef, accessKeyId: string) =>
    controlWith(by).seals.put(subject, { accessKeyId, secretAccessKey: 'secret' }, 'run-1');
  const look = (...sealingKeys: (typeof OLD)[]) => checkSeals(controlWith(...sealingKeys), 'brh');
  return { s3, controlWith, seal, look };
};

describe('sealing keys', () => {
  test('are well where all that waits to be handed out opens', async () => {
    const { seal, look, controlWith } = rig();
    expect(await look(NEW)).toMatchObject([{ verdict: 'ok', detail: 'they open what is sealed: 0 seals' }]);
    await seal(OLD, of('alice'), 'AKIA1');
    await seal(NEW, of('bob'), 'AKIA2');
    await seal(OLD, of('carol', { environment: 'other' }), 'AKIA3');
    expect(await look(NEW, OLD)).toMatchObject([{ verdict: 'ok', detail: 'they open what is sealed: 2 seals' }]);
    // What was handed out is of use to nobody, though its seal may lie there for a while.
    const request = { caller: 'alice', idempotencyKey: 'k' };
    await controlWith(OLD).credentials.claim(of('alice'), 'AKIA1', request);
    expect(await look(NEW)).toMatchObject([{ verdict: 'ok', detail: 'they open what is sealed: 1 seals' }]);
  });

  test('that are missing are named, with whom they keep waiting, and the way out', async () => {
    const { seal, look, s3 } = rig();
    await seal(OLD, of('alice'), 'AKIA1');
    await seal(OLD, of('42-bot', { kind: 'key-holder' }), 'AKIA2');
    await seal(NEW, of('bob'), 'AKIA3');
    const [finding, ...more] = await look(NEW);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ area: 'configuration', check: 'sealing keys', verdict: 'problem' });
    expect(finding?.detail).toMatch(
      /^2025-01 is not configured.*AKIA2 of key-holder brh\.42-bot, AKIA1 of workspace brh/,
    );
    expect(finding?.todo).toMatch(/^give 2025-01 back.*`eyrie rotate brh\.alice`.*system keys are replaced/);
    expect(JSON.stringify(finding)).not.toMatch(/AKIA3|bob|secret"/);

    s3.broken = new Error('away');
    expect(await look(NEW)).toMatchObject([{ verdict: 'unknown', detail: 'away' }]);
  });

  test('are not asked of what is no seal: that is told by itself', async () => {
    const { seal, look, s3 } = rig();
    await seal(OLD, of('alice'), 'AKIA1');
    const [Key] = s3.keys();
    await s3.send({ constructor: { name: 'PutObjectCommand' }, input: { Key, Body: 'not a seal' } } as never);
    expect(await look(OLD)).toMatchObject([
      { verdict: 'problem', detail: expect.stringContaining('there is no seal'), todo: '`eyrie rotate brh.alice`' },
    ]);
  });
});
