import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** How a workflow is started with Temporal's client. */
const STARTS =
  /\.workflow\s*\.(?:start|execute|signalWithStart)\s*[(<]|new WithStartWorkflowOperation\s*[(<]|\.schedule\s*\.create\s*\(/g;
/** Children run where their parent runs, unless they are told otherwise. */
const CHILDREN = /\b(?:startChild|executeChild)\s*[(<]/g;

/** The options that belong to a call: its text up to the bracket that closes it. */
const callAt = (text: string, at: number): string => {
  let depth = 0;
  for (let index = text.indexOf('(', at); index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return text.slice(at, index + 1);
  }
  return text.slice(at);
};

const callsOf = (pattern: RegExp) =>
  globSync('**/*.ts', { cwd: SRC }).flatMap((file) => {
    const text = readFileSync(`${SRC}${file}`, 'utf8');
    return [...text.matchAll(pattern)].map(({ index }) => ({ file, call: callAt(text, index) }));
  });

test('whoever starts a workflow names the task queue, and takes it from the installation', () => {
  const starts = callsOf(STARTS);
  expect(starts.length).toBeGreaterThanOrEqual(3);
  for (const { file, call } of starts) {
    // Its own variable or the queue that the activity was taken from: a literal would be everybody's.
    expect({ file, queue: /taskQueue(?=[,:\s])(?::\s*([^,\n]+))?/.exec(call)?.[0] }).toEqual({
      file,
      queue: expect.stringMatching(/^taskQueue$|^taskQueue: activityInfo\(\)\.taskQueue$/),
    });
  }
});

test('a child runs on the task queue of its parent', () => {
  const children = callsOf(CHILDREN);
  expect(children.length).toBeGreaterThanOrEqual(1);
  for (const { file, call } of children)
    expect({ file, call }).toEqual({ file, call: expect.not.stringMatching(/taskQueue/) });
});
