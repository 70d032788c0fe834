/** What operators read of the steps is what the steps are. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LAUNCH } from '#workflows/workspace/steps.ts';

const guide = readFileSync(new URL('../../docs/operations/operations.md', import.meta.url), 'utf8');

const timeOf = (expectedMs: number): string => {
  const minutes = expectedMs / 60_000;
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
};

test('the table of the operations guide has each step of a launch, in order, with its time', () => {
  const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| (\d+ minutes?) \|/gm)].map(
    ([, name, time]) => `${name}: ${time}`,
  );
  expect(rows).toEqual(LAUNCH.map(({ name, expectedMs }) => `${name}: ${timeOf(expectedMs)}`));
});
