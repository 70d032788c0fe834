import { expect, test } from 'vitest';
import { refusedChanges } from '#domain/compute/changes.ts';
import { aCompute, aPool } from '../compute-input.ts';

const sized = (fsxSize: number | null) => aCompute({ forgeId: 'a'.repeat(20), forge: { fsxSize } });

test.each([
  [1_200, 2_400, []],
  [2_400, 2_400, []],
  [4_800, 2_400, ['can’t be less than 4800: it only grows']],
  [null, 1_200, [expect.stringContaining('data would stay behind')]],
  [1_200, null, [expect.stringContaining('data would stay behind')]],
] as [number | null, number | null, string[]][])('a file system of FSx from %s to %s GiB', (from, to, details) => {
  const refused = details.map((detail) => ({ pointer: '/config/forge/fsxSize', detail }));
  expect(refusedChanges(sized(from), sized(to))).toEqual(refused);
});

test('pools come and go, and keep what their queues decide; those of a shared one stay', () => {
  const of = (names: readonly string[], more: object = {}, shared = false) =>
    aCompute({
      forgeId: 'a'.repeat(20),
      eyrie: { shared, pools: names.map((name) => aPool({ name, label: name, ...more })) },
    });
  const refused = (...[from, to]: Parameters<typeof refusedChanges>) =>
    refusedChanges(from, to).map(({ pointer, detail }) => `${pointer} ${detail}`);
  expect(refused(of(['gpu']), of(['himem', 'gpu']))).toEqual([]);
  expect(refused(of(['gpu', 'himem']), of(['himem'], { maxCpus: 7 }))).toEqual([]);
  expect(refused(of(['gpu']), of(['gpu'], { label: 'other' }))).toEqual([
    expect.stringContaining('/config/eyrie/pools can’t be changed: pool gpu keeps its label'),
  ]);
  expect(refused(of([], {}, true), of(['gpu'], {}, true))).toEqual([expect.stringContaining('its tenants go by')]);
});
