import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fateOf } from '#domain/resources/file-system.ts';

const guards = fc.record({ data: fc.constantFrom('retain', 'snapshot', 'delete'), confirmed: fc.boolean() } as const);
const removals = fc.record({ by: fc.constantFrom('run', 'owner'), empty: fc.boolean() } as const);
/** fast-check prints the seed of what fails. */
const always = (holds: (guard: Parameters<typeof fateOf>[0], removal: Parameters<typeof fateOf>[1]) => boolean) =>
  fc.assert(fc.property(guards, removals, holds));

test('data goes without a backup only where somebody asked for its deletion and confirmed it', () => {
  always(
    (guard, removal) =>
      fateOf(guard, removal) !== 'delete' || removal.empty || (guard.data === 'delete' && guard.confirmed),
  );
});

test('what is to be retained goes only where a failed run made it and nobody used it', () => {
  always(
    (guard, removal) =>
      guard.data !== 'retain' || fateOf(guard, removal) === (removal.empty && removal.by === 'run' ? 'delete' : 'keep'),
  );
});

test('a confirmation never makes less go, and nothing is refused with it', () => {
  always((guard, removal) => fateOf({ ...guard, confirmed: true }, removal) !== 'refuse');
  always((guard, removal) => {
    const without = fateOf({ ...guard, confirmed: false }, removal);
    return without === 'refuse' || without === fateOf({ ...guard, confirmed: true }, removal);
  });
});

test('what is empty and not retained just goes: a backup of nothing helps nobody', () => {
  always((guard, removal) => !removal.empty || guard.data === 'retain' || fateOf(guard, removal) === 'delete');
});

test('the table', () => {
  const by = 'owner';
  const full = { by, empty: false } as const;
  expect(fateOf({ data: 'retain', confirmed: true }, full)).toBe('keep');
  expect(fateOf({ data: 'snapshot', confirmed: true }, full)).toBe('backup');
  expect(fateOf({ data: 'delete', confirmed: false }, full)).toBe('refuse');
  expect(fateOf({ data: 'delete', confirmed: true }, full)).toBe('delete');
});
