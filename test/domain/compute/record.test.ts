import { expect, test } from 'vitest';
import { refusedChanges } from '#domain/compute/changes.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import { aCompute } from '../compute-input.ts';

/** As it was written before some could be shared. */
const former = (compute: ReturnType<typeof aCompute>) => {
  const { tenancy: _tenancy, config, ...rest } = compute;
  const { shared: _shared, tenantOf: _tenantOf, ...eyrie } = config.eyrie;
  return { ...rest, config: { ...config, eyrie } };
};

test('one that was made before some could be shared is neither, and can be changed as before', () => {
  const compute = aCompute();
  const stored = { version: 1, compute: former(compute), computeBefore: former(compute), outputs: { queue: 'q' } };
  const record = COMPUTE_RECORDS.parse(JSON.parse(JSON.stringify(stored)));
  expect(record.compute).toEqual(compute);
  expect(record.computeBefore).toEqual(compute);
  expect(record.outputs).toEqual({ queue: 'q', shareIdentifier: null });
  expect(refusedChanges(record.compute, compute)).toEqual([]);
  // Control: as it was written, it could not be.
  expect(refusedChanges(stored.compute as never, compute)).not.toEqual([]);
});

test('one that was written since stays as it is', () => {
  const compute = aCompute({ eyrie: { shared: true } });
  const stored = { version: 1, compute, computeBefore: null, outputs: null };
  expect(COMPUTE_RECORDS.parse(stored)).toEqual(stored);
});
