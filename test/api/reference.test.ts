import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('docs/reference/api.md says what the code does (node scripts/run.mjs scripts/api-reference.ts writes it anew)', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/api-reference.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
