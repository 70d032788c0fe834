import { describe, expect, test } from 'vitest';
import { createGivenNames } from '#control/given-names.ts';
import { createObjects } from '#control/objects.ts';
import { createMemoryS3 } from '../api/memory-s3.ts';

const NAME = { kind: 'compute-environment', environment: 'brh', name: 'a_b-C' } as const;
const AT = '2026-01-01T00:00:00.000Z';

const rig = () => createGivenNames(createObjects(createMemoryS3(), 'control'), () => Date.parse(AT));
const taken = async () => false;
const free = async () => true;

describe('a name that a user gives', () => {
  test('is whose it was taken for first, however often that takes it', async () => {
    const names = rig();
    expect(await names.take(NAME, 'one', taken)).toBeUndefined();
    expect(await names.take(NAME, 'one', taken)).toBeUndefined();
    expect(await names.take(NAME, 'two', taken)).toEqual({ subject: 'one', at: AT });
    expect(await names.holderOf(NAME)).toEqual({ subject: 'one', at: AT });
  });

  test('passes on once its holder has given it up', async () => {
    const names = rig();
    await names.take(NAME, 'one', taken);
    expect(await names.take(NAME, 'two', free)).toBeUndefined();
    expect(await names.holderOf(NAME)).toEqual({ subject: 'two', at: AT });
  });

  test.each(['nobody’s', 'given up'])('is taken by one of many who want it at once: %s', async (state) => {
    const names = rig();
    if (state === 'given up') await names.take(NAME, 'old', taken);
    const subjects = Array.from({ length: 8 }, (_, nth) => `s${nth}`);
    const isFree = async ({ subject }: { readonly subject: string }) => subject === 'old';
    const answers = await Promise.all(subjects.map((subject) => names.take(NAME, subject, isFree)));
    const winners = subjects.filter((_, nth) => answers[nth] === undefined);
    expect(winners).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => answer?.subject ?? []))).toEqual(new Set(winners));
  });

  test('is another one in another environment', async () => {
    const names = rig();
    await names.take(NAME, 'one', taken);
    expect(await names.take({ ...NAME, environment: 'other' }, 'two', taken)).toBeUndefined();
  });
});
