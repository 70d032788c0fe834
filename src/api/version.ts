/** Which version runs: from package.json, and the commit: an image and an archive name theirs, a checkout is asked. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const readVersion = (): { version: string; commit: string } => {
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string };
  return { version, commit: readCommit() };
};

/** In an image, and in the archive of a release. */
const REVISION = `${ROOT}/REVISION`;

const readCommit = (): string => {
  if (existsSync(REVISION)) return readFileSync(REVISION, 'utf8').trim();
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
};
