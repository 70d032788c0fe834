/** `eyrie dev` as a process, and its API as a user of it sees it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DevState } from '#cli/dev/state.ts';
import { requestToken } from '#cli/token.ts';
import { until } from './workspace-runs.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const READY_WITHIN_MS = 120_000;

export interface DevProcess {
  /** As it is now: a worker that was started again has another pid. */
  readonly state: () => DevState;
  /** With it in its environment a command finds this one, and not another that runs beside it. */
  readonly env: { readonly EYRIE_DEV_STATE: string };
  /** All that it and its worker and API have written to standard error. */
  readonly log: () => string;
  /** Every answer of the API but those to `claim`, as text. */
  readonly answers: readonly string[];
  readonly call: (
    user: string,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; json: never }>;
  /** Kills the worker with SIGKILL, and waits until `eyrie dev` has started another. */
  readonly killWorker: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Tests run side by side, and beside an `eyrie dev` that somebody works with. */
export const ANY_PORTS: readonly string[] = ['api', 'aws', 'temporal', 'ui', 'issuer'].flatMap((port) => [
  `--${port}-port`,
  '0',
]);

/** @throws Error with what it wrote where it ends before it is ready */
export const startDevProcess = async (...flags: string[]): Promise<DevProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-dev-state-'));
  const env = { EYRIE_DEV_STATE: join(folder, 'dev.json') };
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'dev', '--json', '--scale', '0', ...ANY_PORTS, ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const states: DevState[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => states.push(JSON.parse(line) as DevState));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(
    'eyrie dev is ready',
    () => {
      if (child.exitCode !== null) throw new Error(`eyrie dev ended with ${child.exitCode}:\n${log}`);
      return states.length > 0;
    },
    READY_WITHIN_MS,
  );
  const state = (): DevState => states.at(-1) as DevState;
  const answers: string[] = [];
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (user: string): Promise<string> => {
    const token = tokens.get(user) ?? requestToken(state().issuer, { user, ttlSeconds: 3_600 });
    tokens.set(user, token);
    return token;
  };
  return {
    env,
    state,
    log: () => log,
    answers,
    async call(user, method, path, body) {
      const response = await fetch(`${state().api}${path}`, {
        method,
        headers: { authorization: `Bearer ${await tokenOf(user)}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!path.endsWith('/credentials')) answers.push(text);
      return { status: response.status, json: (text.startsWith('{') ? JSON.parse(text) : null) as never };
    },
    async killWorker() {
      const { workerPid } = state();
      process.kill(workerPid, 'SIGKILL');
      await until('another worker runs', () => state().workerPid !== workerPid, READY_WITHIN_MS);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
