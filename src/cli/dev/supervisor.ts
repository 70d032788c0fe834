/** Child processes of `eyrie dev`: started, awaited until they say that they are ready, restarted, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { plainEnvironment } from '#config/load.ts';
import { nodeFlags } from '../node-flags.ts';
import { sourceFile } from '../run-root.ts';

/** The line that a child prints when it is ready. */
export interface ReadyLine {
  readonly pid: number;
  readonly api?: string;
  readonly s3?: string;
  readonly s3Root?: string | null;
}

export interface Child {
  /** Of the process that runs now. */
  ready(): ReadyLine;
}

export type Supervisor = ReturnType<typeof createSupervisor>;

/** Told whose it is: a parent that is killed at once would otherwise be gone before its child can ask who it is. */
const LEASH = `${new URL('leash.ts', import.meta.url).href}?parent=${process.pid}`;

const RESTART_AFTER_MS = 1_000;
const READY_WITHIN_MS = 120_000;
/** A worker lets its running activities finish; after this it is killed. */
const STOP_WITHIN_MS = 15_000;

export const createSupervisor = (options: {
  readonly restart: boolean;
  /** Of what the children write for themselves: it goes with all that is in it. */
  readonly temporary: string;
  /** Folder of log files; undefined: standard error. */
  readonly logs: string | undefined;
  readonly note: (line: string) => void;
}) => {
  const running = new Map<string, ChildProcess>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  let restarted: (name: string) => void = () => undefined;

  const launch = (
    name: string,
    file: string,
    args: readonly string[],
    onEnd: (how: string) => void,
  ): Promise<ReadyLine> => {
    // What is started once the others are being stopped would be left behind.
    if (stopping) return Promise.reject(new Error(`${name} is not started: everything is being stopped`));
    const log = options.logs === undefined ? 'inherit' : openSync(join(options.logs, `${name}.log`), 'a', 0o600);
    const child = spawn(process.execPath, [...nodeFlags(), '--import', LEASH, file, ...args], {
      // Ctrl-C reaches the whole process group of a terminal: children get a group of their own and are stopped in order.
      detached: true,
      stdio: ['ignore', 'pipe', log],
      env: { ...plainEnvironment(), TMPDIR: options.temporary },
    });
    running.set(name, child);
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${name} was not ready within ${READY_WITHIN_MS / 1000} s`)),
        READY_WITHIN_MS,
      );
      let ready = false;
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const parsed = parseReady(line);
        if (!parsed) return;
        ready = true;
        clearTimeout(late);
        resolve(parsed);
      });
      child.once('error', (error) => reject(new Error(`${name} can't be started: ${error.message}`)));
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        if (running.get(name) === child) running.delete(name);
        const how = signal ?? `exit code ${code}`;
        if (!ready) reject(new Error(`${name} ended before it was ready (${how})${hint(options.logs, name)}`));
        else if (!stopping) onEnd(how);
      });
    });
  };

  const keep = async (name: string, file: string, args: readonly string[]): Promise<Child> => {
    let ready = await launch(name, file, args, again);
    function again(how: string): void {
      options.note(`${name} ended (${how})${options.restart ? ', it is started again' : ''}`);
      if (!options.restart) return;
      const timer = setTimeout(async () => {
        timers.delete(timer);
        try {
          ready = await launch(name, file, args, again);
          restarted(name);
        } catch (error) {
          if (!stopping) again(error instanceof Error ? error.message : String(error));
        }
      }, RESTART_AFTER_MS);
      timers.add(timer);
    }
    return { ready: () => ready };
  };

  return {
    /** A root of Eyrie with `--config`; started again when it dies. */
    start: (name: string, root: string, config: string): Promise<Child> =>
      keep(name, sourceFile(root), ['--config', config, '--json']),

    /** Any script; `onEnd` is called when it ends without having been asked to. */
    run: (name: string, file: string, args: readonly string[], onEnd: () => void): Promise<ReadyLine> =>
      launch(name, file, args, (how) => {
        options.note(`${name} ended (${how})`);
        onEnd();
      }),

    onRestart(listener: (name: string) => void): void {
      restarted = listener;
    },

    /** The sandbox last, so that the others can still end what they are doing. */
    async stop(): Promise<void> {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      const { sandbox, ...others } = Object.fromEntries(running);
      await Promise.all(Object.values(others).map(end));
      if (sandbox) await end(sandbox);
    },
  };
};

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });

const parseReady = (line: string): ReadyLine | undefined => {
  try {
    const parsed = JSON.parse(line) as ReadyLine;
    return typeof parsed.pid === 'number' ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const hint = (logs: string | undefined, name: string): string =>
  logs === undefined ? '' : `; see ${join(logs, `${name}.log`)}`;
