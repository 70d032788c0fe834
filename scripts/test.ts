/**
 * Runs the tests: `npm test` (all that fits into four minutes on two quiet cores), or one of the tiers with `-- --tier`:
 * `unit` (needs no server), `sagas` (whole lives of each kind), `parts` (each AWS resource and each rule of the sandbox),
 * `long` (fault matrices, kills, leaks), `load` (processes replaced under load; wants the machine for itself), `s3` (real
 * S3 clients, a strict gateway, fuzz, load; set up by test/s3/clients/setup.sh), `network` (the instances' scripts, with a
 * real Squid; needs root, set up by test/network/setup.sh), `deploy` (image, chart, units, a release; needs root, set up
 * by test/deploy/setup.sh). Other arguments go to vitest. A report with the counts is written to .eyrie/reports/.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const REPORTS = join(ROOT, '.eyrie/reports');

/** Each tier is a vitest configuration. */
const TIERS: Readonly<Record<string, string>> = {
  all: 'vitest.config.ts',
  unit: 'test/tiers/unit.config.ts',
  sagas: 'test/tiers/sagas.config.ts',
  parts: 'test/tiers/parts.config.ts',
  long: 'test/tiers/long.config.ts',
  load: 'test/tiers/load.config.ts',
  s3: 'test/tiers/s3.config.ts',
  network: 'test/tiers/network.config.ts',
  deploy: 'test/tiers/deploy.config.ts',
};

const args = process.argv.slice(2);
const at = args.indexOf('--tier');
const tier = at < 0 ? 'all' : (args[at + 1] ?? '');
const rest = at < 0 ? args : args.toSpliced(at, 2);
const config = TIERS[tier];
if (!config) {
  process.stderr.write(`no tier ${tier}: there are ${Object.keys(TIERS).join(', ')}\n`);
  process.exit(2);
}

mkdirSync(REPORTS, { recursive: true });
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${join(REPORTS, `${tier}.json`)}`];
/** For all that tests start, over and over: what was compiled once, and a Temporal server that collects less often. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(ROOT, '.eyrie/compile-cache'), GOGC: '400' };
const child = spawn(process.execPath, [vitest, 'run', '--config', join(ROOT, config), ...report, ...rest], {
  cwd: ROOT,
  env,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
