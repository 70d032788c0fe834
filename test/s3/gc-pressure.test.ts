import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MIB = 1024 * 1024;

/** In a process of its own, whose heap nothing else fills. */
const PROGRAM = `
  import { dropGarbageOfStart } from '#s3/gc-pressure.ts';
  const of = () => ({ used: process.memoryUsage().heapUsed, held: process.memoryUsage().heapTotal });
  let start = Array.from({ length: 60 }, () => Array.from({ length: 16_384 }, (_, i) => ({ i })));
  const before = of();
  start = undefined;
  dropGarbageOfStart();
  process.stdout.write(JSON.stringify({ before, after: of() }));
`;

test('the garbage of a start is dropped, and its pages are given back', () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', PROGRAM];
  const { before, after } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Record<
    'before' | 'after',
    { used: number; held: number }
  >;
  expect(before.used - after.used).toBeGreaterThan(20 * MIB);
  expect(before.held - after.held).toBeGreaterThan(20 * MIB);
});
