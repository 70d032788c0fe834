import { expect, test } from 'vitest';
import { type StorageRecord, storageRetryOf } from '#domain/storage/record.ts';
import { STORAGE_PHASES } from '#domain/storage/view.ts';

const REMEDIES = [null, 'empty', 'dispose', 'sweep'] as const;

test('a retry removes objects only where their removal was asked for', () => {
  const seen = new Set<string | undefined>();
  for (const phase of STORAGE_PHASES) {
    for (const remedy of REMEDIES) {
      for (const leftovers of [[], [{}]]) {
        for (const operation of [null, {}]) {
          const retry = storageRetryOf({ phase, remedy, leftovers, operation } as unknown as StorageRecord);
          seen.add(retry);
          if (retry === undefined || retry === 'sweep') continue;
          // A removal that ended without a word, or one that failed and said so.
          const asked = operation ? { emptying: 'empty', deleting: 'dispose' }[phase as string] : remedy;
          expect(retry, `${phase}, ${remedy}, ${leftovers.length} left, ${operation ? 'silent' : 'at rest'}`).toBe(
            asked,
          );
        }
      }
    }
  }
  expect([...seen].toSorted()).toEqual(['dispose', 'empty', 'sweep', undefined]);
});
