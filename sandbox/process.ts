/** Starts a sandbox as a process of its own and stops it again: for tests and tools. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface SandboxEndpoints {
  /** http://127.0.0.1:PORT */
  readonly aws: string;
  /** 127.0.0.1:PORT, or null without Temporal. */
  readonly temporal: string | null;
  readonly temporalUi: string | null;
  readonly issuer: string | null;
  readonly pid: number;
}

export interface SandboxProcess extends SandboxEndpoints {
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Half of the start is spent on stripping types and compiling: the second sandbox of a run finds that done. */
const COMPILE_CACHE = fileURLToPath(new URL('../.eyrie/compile-cache', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/** @throws Error with what the sandbox wrote when it ends before it is ready */
export const startSandboxProcess = async (...options: string[]): Promise<SandboxProcess> => {
  const child = spawn(NODE, [MAIN, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then((code) => {
      throw new Error(`the sandbox ended with exit code ${code} before it was ready\n${errors}`);
    }),
  ]);
  const endpoints = JSON.parse(line) as SandboxEndpoints;
  return {
    ...endpoints,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
