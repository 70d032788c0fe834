/** Processes of the bench: each on one core, told apart by pid, stopped at the end by whoever started them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What is measured has core 0 to itself; load, upstream and everything else share core 1. */
export const MEASURED = 0;
export const OTHERS = 1;

export const folder = mkdtempSync(join(tmpdir(), 'bench-s3-'));
const children = new Set<ChildProcess>();

export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
export const CLI = here('../../bin/eyrie');

/** Its standard output is the caller's to read; standard error is ours unless `log` names a file descriptor. */
export const startChild = (
  core: number,
  command: string,
  args: readonly string[],
  { env = {}, log }: { readonly env?: NodeJS.ProcessEnv; readonly log?: number } = {},
): ChildProcess => {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'pipe', log ?? 'inherit'],
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};

/** The first line of what it prints, as JSON. @throws Error where it ends before */
export const firstLine = async <T>(child: ChildProcess): Promise<T> =>
  JSON.parse(
    await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`${child.spawnargs.slice(3, 6).join(' ')} ended with ${code}`)));
    }),
  ) as T;

export const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
};

export const stopAll = async (): Promise<void> => {
  await Promise.all([...children].map(stopChild));
  rmSync(folder, { recursive: true, force: true });
};
