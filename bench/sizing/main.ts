/**
 * What operations cost an installation, in CPU seconds, memory, events and actions of Temporal:
 *
 *     npm run bench:sizing -- --launches 20
 *
 * Starts `eyrie dev` at scale 0. CPU seconds are those of the processes, by Linux, so a busy machine makes it slower and not
 * dearer. The first launch warms up and makes what all share; it is not counted.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import type { DevState } from '#cli/dev/state.ts';
import { requestToken } from '#cli/token.ts';
import { type Counted, countActions } from './actions.ts';

const { values } = parseArgs({ options: { launches: { type: 'string', default: '20' } } });
const count = Number(values.launches);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write('--launches takes a whole number from 1\n');
  process.exit(2);
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const TICKS_PER_SECOND = 100;
const LOOK_MS = 500;

const startDev = async (): Promise<{ state: DevState; stop: () => Promise<void> }> => {
  const ports = ['api', 'aws', 'temporal', 'ui', 'issuer'].flatMap((which) => [`--${which}-port`, '0']);
  const child = spawn(process.execPath, [MAIN, 'dev', '--json', '--scale', '0', ...ports], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`eyrie dev ended with ${code}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { state: JSON.parse(line) as DevState, stop };
};

/** CPU seconds since it started. */
const cpuOf = (pid: number): number => {
  const [, after = ''] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const fields = after.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

/** MiB: now, and the most so far. */
const memoryOf = (pid: number): { readonly now: number; readonly most: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: mib('VmRSS'), most: mib('VmHWM') };
};

const { state, stop } = await startDev();
const connection = await Connection.connect({ address: state.temporal });
const temporal = new Client({ connection });

const call = async (
  user: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ operation: object | null }> => {
  const answer = await fetch(`${state.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await requestToken(state.issuer, { user })}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { operation: object | null };
};

const pathOf = (user: string): string => `/v1/workspaces/localhost.${user}`;

const rest = async (user: string): Promise<void> => {
  while ((await call(user, 'GET', pathOf(user))).operation !== null)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
};

interface Row extends Counted {
  readonly what: string;
  /** CPU seconds of one operation. */
  readonly worker: number;
  readonly api: number;
}

/** All at once, as a busy hour has them. */
const measure = async (
  what: string,
  users: readonly string[],
  begin: (user: string) => Promise<unknown>,
): Promise<Row> => {
  const [worker, api] = [cpuOf(state.workerPid), cpuOf(state.apiPid)];
  await Promise.all(users.map(begin));
  await Promise.all(users.map(rest));
  const each = (before: number, pid: number): number => (cpuOf(pid) - before) / users.length;
  const row = { what, worker: each(worker, state.workerPid), api: each(api, state.apiPid) };
  const { events = [] } = await temporal.workflow.getHandle(`workspace/localhost/${users[0]}`).fetchHistory();
  return { ...row, ...countActions(events ?? []) };
};

try {
  const launch = (user: string) => call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' });
  const terminate = (mode: string) => (user: string) => call(user, 'POST', `${pathOf(user)}/terminate`, { mode });
  await launch('warm');
  await rest('warm');
  const idle = memoryOf(state.workerPid).now;
  const users = Array.from({ length: count }, (_, nth) => `user${nth}`);
  const claim = (user: string) => call(user, 'POST', `${pathOf(user)}/credentials`);
  const rows = [await measure('launch', users, launch)];
  await Promise.all(users.map(claim));
  rows.push(await measure('rotate', users, (user) => call(user, 'POST', `${pathOf(user)}/rotate`)));
  rows.push(await measure('park', users, terminate('park')));
  rows.push(await measure('launch of a parked one', users, launch));
  rows.push(await measure('dispose', users, terminate('dispose')));
  const lines = [
    '| operation | worker, CPU s | API, CPU s | events | actions |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.map(
      ({ what, worker, api, events, actions }) =>
        `| ${what} | ${worker.toFixed(2)} | ${api.toFixed(2)} | ${events} | ${actions} |`,
    ),
    '',
    `worker: ${idle} MiB after its first launch, ${memoryOf(state.workerPid).most} MiB at the most (${count} at once)`,
    `API: ${memoryOf(state.apiPid).now} MiB, ${memoryOf(state.apiPid).most} MiB at the most`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  await connection.close();
  await stop();
}
