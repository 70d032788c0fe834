/** The command line on a terminal, as somebody who sits there sees it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = fileURLToPath(new URL('../../.eyrie/python/bin/python', import.meta.url));
const ON_TERMINAL = fileURLToPath(new URL('on_terminal.py', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export const CTRL_C = '\u0003';

export interface Terminal {
  /** All that was shown so far, with what steers the terminal. */
  shown(): string;
  /** Until it is shown. @throws Error where the command ends without it */
  until(text: string): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<number | null>;
}

/** @param env besides PATH */
export const onTerminal = (args: readonly string[], { columns = 100, env = {} } = {}): Terminal =>
  openTerminal([process.execPath, '--disable-warning=ExperimentalWarning', MAIN, ...args], columns, env);

export const openTerminal = (
  command: readonly string[],
  columns: number,
  env: Readonly<Record<string, string>>,
): Terminal => {
  const child = spawn(PYTHON, [ON_TERMINAL, String(columns), ...command], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
      ...{ TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
      ...env,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  const news = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    shown += chunk;
    news();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      isOver = true;
      resolve(code);
      news();
    });
  });
  return {
    shown: () => shown,
    async until(text) {
      while (!shown.includes(text)) {
        if (isOver) throw new Error(`it ended without showing ${text}:\n${shown}`);
        await wake.promise;
      }
    },
    type: (keys) => void child.stdin.write(keys),
    ended,
  };
};
