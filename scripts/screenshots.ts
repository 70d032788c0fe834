/**
 * Takes the pictures of docs/operations/stuck.md: `node scripts/run.mjs scripts/screenshots.ts`. Launches get stuck in a
 * sandbox, and Debian's Chromium (`bash test/network/setup.sh`) looks at each in Temporal's UI. To be run after a change
 * of what operators read there.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

const child = spawn(process.execPath, [VITEST, 'run', '--config', 'test/network/screenshots.config.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
});
child.on('exit', (code) => process.exit(code ?? 1));
