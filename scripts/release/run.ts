/** Programs that a release calls. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Its standard output. @throws Error with what it said where it fails, or isn't there. */
export const run = (program: string, args: readonly string[], { cwd = ROOT, input = '' } = {}): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout.trim();
  throw new Error(`${program} ${args.slice(0, 2).join(' ')}: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
};
