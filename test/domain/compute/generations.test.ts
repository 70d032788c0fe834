import { describe, expect, test } from 'vitest';
import { exchanged, generationsAfter } from '#domain/compute/generations.ts';
import { aCompute, type ComputeOverrides } from '../compute-input.ts';

type Forge = NonNullable<ComputeOverrides['forge']>;

/** The same one every time. */
const spot = (forge: Forge = {}) =>
  aCompute({ forgeId: 'a1b2c3d4e5f6g7h8i9j0', name: 'rnaseq', forge: { type: 'SPOT', maxCpus: 64, ...forge } });

describe('which pools get another environment', () => {
  test.for([
    ['sizes', {}, { maxCpus: 128 }, {}, []],
    ['instance types', {}, { instanceTypes: ['m5.large'] }, {}, ['work']],
    ['the strategy', {}, { allocStrategy: 'SPOT_CAPACITY_OPTIMIZED' }, {}, ['work']],
    ['to BEST_FIT', {}, { allocStrategy: 'BEST_FIT' }, { work: 2 }, ['work']],
    ['from BEST_FIT', { allocStrategy: 'BEST_FIT' }, {}, { work: 2 }, ['work']],
    ['sizes of BEST_FIT', { allocStrategy: 'BEST_FIT' }, { allocStrategy: 'BEST_FIT', maxCpus: 128 }, {}, []],
    ['the boot disk', {}, { ebsBootSize: 80 }, {}, ['head', 'work']],
  ] as const)('%s', ([, before, wanted, generations, instances]) => {
    const [was, next] = [spot(before as Forge), spot(wanted as Forge)];
    expect(generationsAfter(was, next)).toEqual(generations);
    expect(exchanged(was, next)).toEqual(instances);
  });

  test('those that are named do in any case, and count on from what they had', () => {
    const was = { ...spot(), generations: { work: 2 } };
    expect(generationsAfter(was, spot(), ['work'])).toEqual({ work: 3 });
    expect(generationsAfter(was, spot())).toEqual({ work: 2 });
  });
});
