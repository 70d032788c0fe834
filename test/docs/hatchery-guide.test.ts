/** The code in the guide is the code that is compiled and run. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** What follows each `// part:` of a file, up to the next one. */
const partsOf = (file: string): string[] =>
  read(file)
    .split(/^\/\/ part: .*$/m)
    .slice(1)
    .map((part) => part.trim());

test('the guide shows every part of the code, once, as it is', () => {
  const guide = read('docs/how-to/connect-hatchery.md') + read('docs/how-to/move-a-commons.md');
  const blocks = [...guide.matchAll(/^```go\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block.trim());
  const parts = ['deploy/hatchery/eyrie.go', 'deploy/hatchery/nextflow.go'].flatMap(partsOf);
  expect(parts.length).toBeGreaterThan(9);
  expect(blocks.toSorted()).toEqual(parts.toSorted());
});
