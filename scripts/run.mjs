/**
 * Runs a TypeScript file of this checkout with a Node that strips types by itself: `node scripts/run.mjs FILE ARGS…`.
 * The Node that npm installed into the checkout comes first, then the one that runs this, if it is new enough.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const local = join(ROOT, 'node_modules/.bin/node');
const major = Number(process.versions.node.split('.')[0]);
const node = existsSync(local) ? local : major >= 24 ? process.execPath : undefined;

if (!node) {
  process.stderr.write(
    `Eyrie needs Node 24: run \`npm run setup\` first; on a platform without a packaged Node, install Node 24 (this is ${process.version}).\n`,
  );
  process.exit(1);
}

const [file, ...args] = process.argv.slice(2);
const LEASH = join(ROOT, 'src/cli/dev/leash.ts');
const flags = ['--disable-warning=ExperimentalWarning', '--import', LEASH, join(ROOT, file), ...args];
const parent = process.ppid;
// Types are stripped and code is compiled once, not at every start.
const env = { NODE_COMPILE_CACHE: join(ROOT, '.eyrie/compile-cache'), ...process.env };
const child = spawn(node, flags, { stdio: 'inherit', env });
// npm can be killed without a word to what it runs; whoever else started this may go, as a shell does.
if (process.env.npm_lifecycle_event) {
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 500).unref();
}
// A signal to npm reaches this process alone: hand it on, and end as the child ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`cannot start ${node}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
