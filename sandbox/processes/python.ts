/** Where set-up put the Python parts of the sandbox: a virtual environment, or a plain folder of packages without one. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOME = fileURLToPath(new URL('../../.eyrie/python', import.meta.url));

export const PYTHON = join(HOME, 'bin/python');

/** Folders that hold installed packages, most likely first. */
const packageFolders = (): string[] => {
  const lib = join(HOME, 'lib');
  const venvs = existsSync(lib) ? readdirSync(lib).map((version) => join(lib, version, 'site-packages')) : [];
  return [...venvs, join(HOME, 'packages')].filter((folder) => existsSync(folder));
};

/** A folder inside the installed packages, for example `botocore/data`. @throws Error when set-up has not run */
export const findPackageFolder = (path: string): string => {
  const found = packageFolders()
    .map((folder) => join(folder, path))
    .find((folder) => existsSync(folder));
  if (!found) throw new Error(`${path} is not installed: run "npm run setup" first`);
  return found;
};

/** A binary that came with a Python package, else the same name on PATH. */
export const findBinary = (name: string): string =>
  [join(HOME, 'bin', name), join(HOME, 'packages/bin', name)].find((file) => existsSync(file)) ?? name;
