/**
 * Runs a root of its own (worker or API), since the roots read their own command line. This process becomes it: one that
 * stood in between would have to be trusted to hand on every signal, and would leave an orphan when it is killed.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from './node-flags.ts';

/** Path of a file below src. */
export const sourceFile = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

export interface RootOptions {
  readonly config?: string;
  readonly hatcheryConfig?: string;
  readonly json?: boolean;
}

/** Returns only where a process can't become another (Windows): then its child has ended, with whose code it is to end. */
export const runRoot = async (file: string, { config, hatcheryConfig, json }: RootOptions): Promise<void> => {
  const args = [
    ...nodeFlags(process.execArgv),
    sourceFile(file),
    ...(config === undefined ? [] : ['--config', config]),
    ...(hatcheryConfig === undefined ? [] : ['--hatchery-config', hatcheryConfig]),
    ...(json ? ['--json'] : []),
  ];
  if (process.platform !== 'win32') process.execve?.(process.execPath, [process.execPath, ...args]);
  await runChild(args);
};

const runChild = (args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 1);
      resolve();
    });
  });
