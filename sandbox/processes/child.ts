/** Child processes of the sandbox: on a leash, with their last words kept for the report when one dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PYTHON } from './python.ts';

const LEASH = fileURLToPath(new URL('leash.py', import.meta.url));
const LAST_WORDS_CHARS = 4_000;
const LOOK_EVERY_MS = 25;

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves with how the process ended and its last words, whoever ended it. */
  readonly ended: Promise<string>;
  /** Are these among its last words so far? */
  said(words: RegExp): boolean;
  /** Calls back when it ends without having been asked to. */
  onDeath(report: ((message: string) => void) | undefined): void;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const PORT_TAKEN = /address already in use/i;
const STARTS_MAX = 5;

/** Starts again, with other free ports, where somebody took one between its choice and its use. */
export const withFreePorts = async <T>(start: () => Promise<T>): Promise<T> => {
  for (let starts = 1; ; starts += 1) {
    try {
      return await start();
    } catch (error) {
      if (starts === STARTS_MAX || !PORT_TAKEN.test(String(error))) throw error;
    }
  }
};

/** A free port. Somebody else may take it before it is used: see withFreePorts. */
export const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const keepLastWords = (started: ChildProcess): (() => string) => {
  let words = '';
  const keep = (chunk: Buffer): void => {
    words = (words + chunk.toString('utf8')).slice(-LAST_WORDS_CHARS);
  };
  started.stdout?.on('data', keep);
  started.stderr?.on('data', keep);
  return () => words.trim();
};

export const startChild = ({ name, command, env = {} }: ChildOptions): Child => {
  const started = spawn(PYTHON, [LEASH, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lastWords = keepLastWords(started);
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => resolve(`${name} ended (${how})\n${lastWords()}`);
    started.once('error', (error) => end(error.message));
    // Not 'exit': the last words may still be under way then.
    started.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  // The pipe breaks when the child dies first.
  started.stdin?.on('error', () => undefined);
  return {
    name,
    pid: started.pid ?? 0,
    ended,
    said: (words) => words.test(lastWords()),
    onDeath: (report) => void ended.then((message) => stopping || report?.(message)),
    async stop() {
      stopping = true;
      started.stdin?.end();
      started.kill('SIGTERM');
      await ended;
    },
  };
};

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

export interface Listening {
  readonly port: number;
  /** What it says once it listens: on its port a stranger may be heard who took it a moment before. */
  readonly says: RegExp;
}

/** Waits until a child listens. @throws Error when it ends before, or has not listened after `withinMs` */
export const waitForPort = async (child: Child, { port, says }: Listening, withinMs = 60_000): Promise<void> => {
  let death: string | undefined;
  void child.ended.then((message) => {
    death = message;
  });
  const until = Date.now() + withinMs;
  while (!(child.said(says) && (await canConnect(port)))) {
    if (death !== undefined) throw new Error(`${death}\n${child.name} was not ready yet`);
    if (Date.now() > until) {
      await child.stop();
      throw new Error(`${child.name} did not listen on port ${port} within ${withinMs} ms`);
    }
    await delay(LOOK_EVERY_MS);
  }
};
