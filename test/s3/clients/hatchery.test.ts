/**
 * What deploy/hatchery gives Hatchery to copy: checked as Go code, and run in a stub of Hatchery against `eyrie dev` with a
 * public commons' configuration. The pods' variables are used by the AWS CLI.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DevProcess, startDevProcess } from '../../support/dev-process.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const MODULE = path('deploy/hatchery');
const CONFIG = join(MODULE, 'commons.json');
const STUB = path('.eyrie/go/bin/hatchery-stub');
const CLI = path('.eyrie/s3-clients/bin/aws');
const CONTAINER = '(Beta) Nextflow with CPU instances';

const run = promisify(execFile);
const go = (...args: string[]) => run('go', args, { cwd: MODULE, timeout: 300_000 });

describe('the Go code', () => {
  test('is formatted and vetted', async () => {
    expect((await run('gofmt', ['-l', '.'], { cwd: MODULE })).stdout).toBe('');
    await go('vet', './...');
  });

  test('holds against a stub of Eyrie and of an issuer, without races', async () => {
    expect((await go('test', '-race', '-count=1', './...')).stdout).toContain('ok  \teyrie/hatchery');
  });
});

/** In front of Eyrie's API, so that the line can be cut. */
const startLine = async (to: () => string): Promise<{ url: string; cut: boolean; server: Server }> => {
  const line = { url: '', cut: false, server: createServer() };
  line.server.on('request', (incoming, outgoing) => {
    if (line.cut) return void incoming.socket.destroy();
    const { method, headers } = incoming;
    const onward = request(`${to()}${incoming.url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
  line.url = `http://127.0.0.1:${(line.server.address() as AddressInfo).port}`;
  return line;
};

interface Hatchery {
  /** As a user's browser calls it: status and text. */
  call(user: string, method: string, path: string): Promise<[number, string]>;
  launch(user: string): Promise<[number, string]>;
  pod(user: string): Promise<Record<string, string> | null>;
  stop(): void;
}

const startHatchery = async (api: string, dev: DevProcess, ...flags: string[]): Promise<Hatchery> => {
  const child: ChildProcess = spawn(STUB, ['-config', CONFIG, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      EYRIE_URL: api,
      EYRIE_TOKEN_URL: `${dev.state().issuer}/token`,
      EYRIE_CLIENT_ID: 'hatchery',
      EYRIE_CLIENT_SECRET: 'any',
    },
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the stub of Hatchery ended with ${code}`)));
  });
  const call: Hatchery['call'] = async (user, method, where) => {
    const answer = await fetch(`${url}${where}`, { method, headers: { REMOTE_USER: user } });
    return [answer.status, await answer.text()];
  };
  return {
    call,
    launch: (user) => call(user, 'POST', `/launch?id=${encodeURIComponent(CONTAINER)}`),
    pod: async (user) => JSON.parse((await call(user, 'GET', '/_pod'))[1]) as Record<string, string> | null,
    stop: () => void child.kill('SIGKILL'),
  };
};

describe('in Hatchery, against eyrie dev', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-hatchery-'));
  let dev: DevProcess;
  let line: Awaited<ReturnType<typeof startLine>>;
  let hatchery: Hatchery;

  beforeAll(async () => {
    const overrides = join(folder, 'overrides.yaml');
    writeFileSync(overrides, 'credentials: {form: both}\n');
    dev = await startDevProcess('--config', overrides, '--hatchery-config', CONFIG);
    line = await startLine(() => dev.state().api);
    hatchery = await startHatchery(line.url, dev);
  });
  afterAll(async () => {
    hatchery?.stop();
    line?.server.close();
    await dev?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const idOf = (escaped: string): string => `localhost.${escaped}`;
  const phaseOf = async (user: string, escaped: string): Promise<string> =>
    (await dev.call(user, 'GET', `/v1/workspaces/${idOf(escaped)}`).then(({ json }) => json as { phase: string }))
      .phase;

  /** The AWS CLI as it finds itself in the pod. */
  const aws = (variables: Record<string, string>, ...args: string[]) =>
    run(CLI, ['--endpoint-url', dev.state().aws, ...args], {
      env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true', ...variables },
      timeout: 300_000,
    });
  const put = (variables: Record<string, string>, key: string) => {
    const args = ['--bucket', `localhost-nf-${dev.state().account}`, '--key', key, '--body', CONFIG];
    return aws(variables, 's3api', 'put-object', ...args);
  };

  test('a launch gives the pod variables that work, and the mounted configuration', async () => {
    const user = "o'neil@example.com";
    const escaped = 'o-26-2339-3bneil-40example-2ecom';
    // A double click.
    expect(await Promise.all([hatchery.launch(user), hatchery.launch(user)])).toEqual([
      [200, 'Success'],
      [200, 'Success'],
    ]);
    expect(JSON.parse((await hatchery.call(user, 'GET', '/status'))[1])).toEqual({ status: 'Running' });
    const variables = (await hatchery.pod(user)) ?? {};
    expect(Object.keys(variables).sort()).toEqual([
      'AWS_CONTAINER_AUTHORIZATION_TOKEN',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    ]);
    await put(variables, `${escaped}/runs/file`);
    await expect(put(variables, 'somebody-else/runs/file')).rejects.toMatchObject({
      stderr: expect.stringContaining('AccessDenied'),
    });
    const [, config] = await hatchery.call(user, 'GET', '/mount-files?file_path=sample-nextflow-config.txt');
    expect(config).toContain(`localhost-nf-job-queue-${escaped}`);
    expect(await phaseOf(user, escaped)).toBe('running');

    expect(await hatchery.call(user, 'POST', '/terminate')).toEqual([200, 'Terminated workspace']);
    expect(['parking', 'parked']).toContain(await phaseOf(user, escaped));
    // Pressed right away: the launch waits for the removal.
    expect(await hatchery.launch(user)).toEqual([200, 'Success']);
    const renewed = (await hatchery.pod(user)) ?? {};
    expect(renewed.AWS_CONTAINER_AUTHORIZATION_TOKEN).not.toBe(variables.AWS_CONTAINER_AUTHORIZATION_TOKEN);
    await put(renewed, `${escaped}/runs/again`);
    await expect(put(variables, `${escaped}/runs/late`)).rejects.toThrow();
  });

  test('createNextflowResources gives a key', async () => {
    const keys = await startHatchery(line.url, dev, '-keys');
    try {
      expect(await keys.launch('bob')).toEqual([200, 'Success']);
      const variables = (await keys.pod('bob')) ?? {};
      expect(Object.keys(variables).sort()).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
      await put(variables, 'bob/runs/file');
    } finally {
      keys.stop();
    }
  });

  test('who could not be terminated while Eyrie was away is, by the list of who is expected', async () => {
    for (const user of ['carol', "d'ave"]) expect(await hatchery.launch(user)).toEqual([200, 'Success']);
    line.cut = true;
    expect(await hatchery.call('carol', 'POST', '/terminate')).toEqual([200, 'Terminated workspace']);
    line.cut = false;
    expect(await phaseOf('carol', 'carol')).toBe('running');

    expect((await hatchery.call('carol', 'POST', '/_reconcile'))[0]).toBe(200);
    expect(['parking', 'parked']).toContain(await phaseOf('carol', 'carol'));
    expect(await phaseOf("d'ave", 'd-26-2339-3bave')).toBe('running');
  });

  test('a user who never ran Nextflow ends quietly; another container asks nothing of Eyrie', async () => {
    expect(await hatchery.call('nobody', 'POST', '/terminate')).toEqual([200, 'Terminated workspace']);
    line.cut = true;
    const id = encodeURIComponent('(Generic) Jupyter Lab Notebook');
    expect(await hatchery.call('nobody', 'POST', `/launch?id=${id}`)).toEqual([200, 'Success']);
    line.cut = false;
    expect(await hatchery.pod('nobody')).toEqual({});
  });
});
