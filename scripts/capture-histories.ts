/**
 * Records the histories that test/replay replays: `node scripts/run.mjs scripts/capture-histories.ts`. To be run after a
 * change of workflow code that is meant to change histories; the diff shows which.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

const child = spawn(process.execPath, [VITEST, 'run', '--config', 'test/replay/capture.config.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
});
child.on('exit', (code) => process.exit(code ?? 1));
