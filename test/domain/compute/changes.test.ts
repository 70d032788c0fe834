import { expect, test } from 'vitest';
import { refusedChanges } from '#domain/compute/changes.ts';
import { aCompute } from '../compute-input.ts';

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
