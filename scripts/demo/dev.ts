/** An `eyrie dev` of our own, as a process. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DevState } from '../../src/cli/dev/state.ts';

export interface Dev extends DevState {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Delays a tenth of AWS's: long enough to watch, short enough to wait for. */
const SCALE = '0.1';

/** @throws Error with what it wrote where it ends before it is ready. */
export const startDev = async (): Promise<Dev> => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'dev', '--json', '--scale', SCALE],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-10_000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill('SIGTERM'));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => {
      throw new Error(`eyrie dev ended before it was ready:\n${said}`);
    }),
  ]);
  return { ...(JSON.parse(line) as DevState), ended, stop };
};
