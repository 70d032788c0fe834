/** Runs a root of its own (worker or API) in a child process: the roots read their own command line. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Path of a file below src. */
export const sourceFile = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Resolves when it has ended; its exit code becomes this process's. */
export const runRoot = (file: string, { config, json }: { config?: string; json?: boolean }): Promise<void> =>
  new Promise((resolve, reject) => {
    const args = [...(config === undefined ? [] : ['--config', config]), ...(json ? ['--json'] : [])];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', sourceFile(file), ...args], {
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 1);
      resolve();
    });
  });
