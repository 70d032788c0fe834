import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ANY_PORTS } from '../support/dev-process.ts';
import { until } from '../support/workspace-runs.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface State {
  readonly api: string;
  readonly apiPid: number;
}

const startDev = async (...flags: string[]): Promise<State> => {
  const child = spawn(process.execPath, [MAIN, 'dev', '--json', '--scale', '0', ...ANY_PORTS, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return JSON.parse(line) as State;
};

/** Process ids, by ps: every POSIX system has it. */
const childrenOf = (parent: number): number[] =>
  spawnSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([ppid]) => ppid === parent)
    .map(([, pid = 0]) => pid);

const metric = async (api: string): Promise<number> => {
  const text = await (await fetch(`${api}/metrics`)).text();
  const counted = /^eyrie_http_requests_total\{[^}]*route="\/health\/live"[^}]*\} (\d+)$/m.exec(text)?.[1];
  return Number(counted ?? 0);
};

test('two processes share a port, their numbers are added up, and one that dies is started again', async () => {
  const { api, apiPid } = await startDev('--s3-processes', '2');
  const live = async () => (await fetch(`${api}/health/live`, { headers: { connection: 'close' } })).status;
  for (let call = 0; call < 10; call += 1) expect(await live()).toBe(200);
  await until('all ten are counted', async () => (await metric(api)) === 10);
  const [victim] = childrenOf(apiPid);
  process.kill(victim ?? 0, 'SIGKILL');
  await until('the dead process is gone', () => !childrenOf(apiPid).includes(victim ?? 0));
  expect(await live()).toBe(200);
  await until('it is started again', () => childrenOf(apiPid).length === 2);
});
