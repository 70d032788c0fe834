/** `eyrie dev` as a process: what it prints, what it starts again, what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { DevState } from '#cli/dev/state.ts';
import { requestToken } from '#cli/token.ts';
import { ANY_PORTS } from '../support/dev-process.ts';
import { type FakeTes, startFakeTes } from '../tes/fake-tes.ts';
import { eyrieWith } from './run-cli.ts';
import { CTRL_C, onTerminal } from './terminal.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const START_MS = 120_000;
/** Its own: others of this checkout may run beside it. */
const STATE_FILE = join(mkdtempSync(join(tmpdir(), 'eyrie-dev-state-')), 'dev.json');

let dev: ChildProcess;
let tes: FakeTes;
const lines: DevState[] = [];
let wake = Promise.withResolvers<void>();
let stderr = '';

const line = async (nth: number): Promise<DevState> => {
  for (;;) {
    const found = lines[nth];
    if (found) return found;
    await wake.promise;
  }
};

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

beforeAll(async () => {
  tes = await startFakeTes();
  const flags = ['--json', '--scale', '0', ...ANY_PORTS, '--tes-url', tes.url, '--tes-forward', 'session'];
  dev = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'dev', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, EYRIE_DEV_STATE: STATE_FILE },
  });
  dev.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  createInterface({ input: dev.stdout as NodeJS.ReadableStream }).on('line', (text) => {
    lines.push(JSON.parse(text) as DevState);
    wake.resolve();
    wake = Promise.withResolvers<void>();
  });
  const ended = new Promise<never>((_, reject) => {
    dev.once('exit', (code) => reject(new Error(`eyrie dev ended with ${code}\n${stderr}`)));
  });
  ended.catch(() => undefined);
  await Promise.race([line(0), ended]);
}, START_MS);

afterAll(async () => {
  await tes?.stop();
  rmSync(dirname(STATE_FILE), { recursive: true, force: true });
  if (dev.exitCode === null) dev.kill('SIGKILL');
});

/** `eyrie api` or `eyrie worker` of its own, until it says that it is ready. */
const joinBy = async (command: string, config: string) => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, command, '--config', config, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const code = new Promise((resolve) => child.once('exit', resolve));
  const first = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void code.then((ended) => reject(new Error(`eyrie ${command} ended with ${ended}`)));
  });
  const stop = () => {
    child.kill('SIGTERM');
    return code;
  };
  return { line: JSON.parse(await first) as { pid: number; api?: string }, stop };
};

const ready = async (api: string): Promise<number> => (await fetch(`${api}/health/ready`)).status;

test('one line says where everything is, when everything is ready', async () => {
  const state = await line(0);
  expect(state).toEqual({
    api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    s3: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/s3$/),
    s3Root: null,
    aws: expect.stringMatching(/^http:/),
    temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    temporalUi: expect.stringMatching(/^http:/),
    issuer: expect.stringMatching(/^http:/),
    account: expect.stringMatching(/^\d{12}$/),
    region: 'us-east-1',
    controlBucket: expect.any(String),
    config: expect.any(String),
    pid: dev.pid,
    apiPid: expect.any(Number),
    workerPid: expect.any(Number),
  });
  expect(await ready(state.api)).toBe(200);
});

test('the configuration is for its owner only', async () => {
  expect(statSync((await line(0)).config).mode & 0o777).toBe(0o600);
});

test('tokens of its issuer are taken: a user launches the profile, the clients are known', async () => {
  const { api, issuer } = await line(0);
  const user = await requestToken(issuer, { user: 'alice@example.com' });
  const list = await fetch(`${api}/v1/workspaces`, { headers: { authorization: `Bearer ${user}` } });
  expect(await list.json()).toEqual({ items: [], nextCursor: null });
  const hatchery = await requestToken(issuer, { client: 'hatchery' });
  const terminate = await fetch(`${api}/hatchery/terminate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hatchery}`, 'content-type': 'application/json' },
    body: '{"user":"nobody"}',
  });
  expect(terminate.status).toBe(204);
});

test('tasks go to the TES server that was named, each once, with a session for its files', async () => {
  const { api, issuer } = await line(0);
  const token = await requestToken(issuer, { user: 'alice', sub: '7' });
  const create = async (): Promise<unknown> => {
    const answer = await fetch(`${api}/ga4gh/tes/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify({
        executors: [{ image: 'any/image', command: ['true'] }],
        outputs: [{ url: 's3://gen3wf-localhost-7/out', path: '/out' }],
      }),
    });
    return answer.json();
  };
  expect(await create()).toEqual({ id: 'task-000001' });
  expect(await create()).toEqual({ id: 'task-000001' });
  const made = tes.seen.filter(({ method }) => method === 'POST');
  expect(made).toHaveLength(1);
  expect(made[0]?.headers).toMatchObject({
    'x-task-access-key-id': expect.stringMatching(/^GWS1/),
    'x-task-s3-endpoint': `${api}/s3`,
    'x-task-s3-bucket': 'gen3wf-localhost-7',
  });
});

test('an API with system keys gives tasks the newest one, made when it is first needed, and tells nobody', async () => {
  const { config, issuer } = await line(0);
  const changed = `${config}.system-key`;
  writeFileSync(changed, readFileSync(config, 'utf8').replace('forward: session', 'forward: system-key'), {
    mode: 0o600,
  });
  const api = await joinBy('api', changed);
  const token = await requestToken(issuer, { user: 'bob', sub: '8' });
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const answer = await fetch(`${api.line.api}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.text();
  };
  expect(await call('GET', '/storage/setup')).toContain('gen3wf-localhost-8');
  const made = await call('POST', '/ga4gh/tes/v1/tasks', { executors: [{ image: 'any/image', command: ['true'] }] });
  const { id } = JSON.parse(made) as { id?: string };
  const { headers } = tes.seen.findLast(({ method }) => method === 'POST') ?? {};
  expect(headers).toMatchObject({ 'x-task-access-key-id': expect.stringMatching(/^AKIA/) });
  expect(headers).not.toHaveProperty('x-task-session-token');
  const secret = String(headers?.['x-task-secret-access-key']);
  expect(secret).toHaveLength(40);
  const told = [stderr, JSON.stringify(tes.tasks), await call('GET', `/ga4gh/tes/v1/tasks/${id}?view=FULL`)];
  expect(told.join()).toContain(id);
  expect(told.join()).not.toContain(secret);
  expect(await api.stop()).toBe(0);
});

test('an API that dies comes back at the same address, and another line tells its pid', async () => {
  const before = await line(0);
  process.kill(before.apiPid, 'SIGKILL');
  const after = await line(1);
  expect(after).toEqual({ ...before, apiPid: expect.any(Number) });
  expect(after.apiPid).not.toBe(before.apiPid);
  expect(await ready(after.api)).toBe(200);
});

test('a second API and a second worker join with the configuration alone', async () => {
  const { config, api, apiPid } = await line(1);
  for (const command of ['api', 'worker']) {
    const joined = await joinBy(command, config);
    expect(joined.line).toMatchObject({ ready: true, pid: expect.any(Number) });
    if (command === 'api') {
      expect(joined.line.api).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(joined.line.api).not.toBe(api);
      expect(joined.line.pid).not.toBe(apiPid);
      expect(await ready(String(joined.line.api))).toBe(200);
    }
    expect(await joined.stop()).toBe(0);
  }
});

test('commands find the one that has their state file, and no other', async () => {
  const { issuer } = await line(0);
  const found = await eyrieWith({ EYRIE_DEV_STATE: STATE_FILE }, 'token', '--user', 'alice@example.org');
  expect(found).toMatchObject({ code: 0, stderr: '' });
  expect(decodeJwt(found.stdout.trim()).iss).toBe(issuer);
  const none = await eyrieWith({ EYRIE_DEV_STATE: `${STATE_FILE}.other` }, 'list');
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no API given') });
});

test('a second one says that one runs, and where, leaves it to be found, and tells how it is found itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-second-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { api } = await line(1);
  const env = { TMPDIR: folder, EYRIE_DEV_STATE: STATE_FILE, EYRIE_SELF: 'bin/eyrie' };
  const second = onTerminal(['dev', '--scale', '0', ...ANY_PORTS], { env });
  await second.until(`another runs already: its API is at ${api}, its process is ${dev.pid}`);
  await second.until('bin/eyrie doctor');
  const [, own = ''] = /export EYRIE_DEV_STATE=(\S+)/.exec(second.shown()) ?? [];
  const apiOf = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as DevState).api;
  expect(second.shown()).toContain(`API            ${apiOf(own)}`);
  expect(apiOf(STATE_FILE)).toBe(api);
  second.type(CTRL_C);
  expect(await second.ended).toBe(0);
  expect([own, STATE_FILE].map(existsSync)).toEqual([false, true]);
});

test('a worker that dies comes back, and another line tells its pid', async () => {
  const before = await line(1);
  process.kill(before.workerPid, 'SIGKILL');
  const after = await line(2);
  expect(after).toEqual({ ...before, workerPid: expect.any(Number) });
  expect(after.workerPid).not.toBe(before.workerPid);
});

test('SIGTERM stops all that it started and takes its configuration away', async () => {
  const { apiPid, workerPid, config, aws } = await line(2);
  const code = new Promise((resolve) => dev.once('exit', resolve));
  dev.kill('SIGTERM');
  expect(await code).toBe(0);
  expect([apiPid, workerPid].filter(runs)).toEqual([]);
  expect([config, STATE_FILE].filter(existsSync)).toEqual([]);
  await expect(fetch(`${aws}/_sandbox/health`)).rejects.toThrow();
});

test('on a terminal it says what it starts, where everything is and what comes next; Ctrl-C ends it with nothing left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-terminal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { TMPDIR: folder, EYRIE_SELF: 'bin/eyrie' };
  const terminal = onTerminal(['dev', '--scale', '0', ...ANY_PORTS], { env });
  await terminal.until('starting the sandbox: AWS, Temporal, token issuer');
  await terminal.until('starting a worker and an API');
  await terminal.until('bin/eyrie launch --user alice@example.org --profile nextflow');
  const [api = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(terminal.shown()) ?? [];
  expect(await ready(api)).toBe(200);
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(0);
  await expect(fetch(api)).rejects.toThrow();
  // The shell that cleans up after a killed one needs a moment to end, and has nothing to do here.
  expect(readdirSync(folder)).toEqual([]);
  expect(terminal.shown()).not.toMatch(/error|Error|at .*\.ts:/);
});
