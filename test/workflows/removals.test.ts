import { expect, test } from 'vitest';
import { DISPOSE, LAUNCH, PARK } from '#workflows/workspace/steps.ts';

const names = (removals: typeof DISPOSE) => removals.flat().map(({ name }) => name);

test('a disposal takes away what any step of a launch makes, each once', () => {
  const made = LAUNCH.filter((step) => 'undo' in step).map(({ name }) => name);
  expect(names(DISPOSE).toSorted()).toEqual(made.toSorted());
});

test('a park has no step that a disposal does not have', () => {
  expect(names(DISPOSE)).toEqual(expect.arrayContaining(names(PARK)));
});
