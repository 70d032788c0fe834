/**
 * buildah with a storage of its own, and the two images that the Dockerfile begins with: made from Debian's packages here,
 * since a build in CI reaches no registry of images. Both are known by their digest, as in a release.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const SUITE = 'bookworm';
/** As in Google's `distroless/cc`: no shell, no package manager. */
const BASE_PACKAGES = ['base-files', 'netbase', 'ca-certificates', 'libc6', 'libstdc++6'];
const BUILD_PACKAGES = ['base-files', 'libc6', 'libstdc++6', 'dash', 'coreutils', 'findutils'];

export interface Storage {
  /** Where buildah finds it. */
  readonly env: NodeJS.ProcessEnv;
  /** Standard output, trimmed. @throws Error with what it said */
  readonly buildah: (...args: readonly string[]) => string;
  /** `name@sha256:…` */
  readonly digested: (name: string) => string;
  remove(): void;
}

const run = (env: NodeJS.ProcessEnv, program: string, args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env });
  if (status === 0) return stdout.trim();
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
};

export const openStorage = (): Storage => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-images-'));
  const file = join(folder, 'storage.conf');
  writeFileSync(
    file,
    `[storage]\ndriver = "vfs"\ngraphroot = "${join(folder, 'store')}"\nrunroot = "${join(folder, 'run')}"\n`,
  );
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: file, BUILDAH_ISOLATION: 'chroot' };
  const buildah = (...args: readonly string[]) => run(env, 'buildah', args);
  return {
    env,
    buildah,
    digested: (name) => `${name}@${buildah('inspect', '--type', 'image', '--format', '{{.FromImageDigest}}', name)}`,
    remove: () => rmSync(folder, { recursive: true }),
  };
};

/** Packages as they are, without their set-up scripts. */
const unpack = (file: string, packages: readonly string[]): string =>
  run(process.env, 'mmdebstrap', ['--quiet', '--variant=extract', `--include=${packages.join(',')}`, SUITE, file]);

/** Makes both, and says what they are called. */
export const makeBases = ({ buildah, digested }: Storage): { build: string; base: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-bases-'));
  const commit = (name: string, packages: readonly string[], more: (container: string) => void): string => {
    const at = join(folder, `${name}.tar`);
    unpack(at, packages);
    const container = buildah('from', 'scratch');
    buildah('add', '--quiet', container, at, '/');
    more(container);
    buildah('commit', '--quiet', '--rm', container, `localhost/${name}`);
    return digested(`localhost/${name}`);
  };
  try {
    return {
      base: commit('base', BASE_PACKAGES, () => undefined),
      build: commit('build', BUILD_PACKAGES, (container) => addNpm(buildah, container, folder)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Node and npm of this machine, with what its npm needs to reach the registry that it is told to use. */
const addNpm = (buildah: Storage['buildah'], container: string, folder: string): void => {
  // bin/npm-cli.js of its folder is what the command is a link to.
  const npm = dirname(dirname(realpathSync(run(process.env, 'sh', ['-c', 'command -v npm']))));
  const start = join(folder, 'npm');
  writeFileSync(start, '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 });
  buildah('copy', '--quiet', container, join(ROOT, 'node_modules/.bin/node'), '/usr/local/bin/node');
  buildah('copy', '--quiet', container, npm, '/usr/local/lib/npm');
  buildah('copy', '--quiet', container, start, '/usr/local/bin/npm');
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  if (ca !== undefined) buildah('copy', '--quiet', container, realpathSync(ca), '/etc/ssl/ca.pem');
  const settings = join(folder, 'npmrc');
  const registry = run(process.env, 'npm', ['config', 'get', 'registry']);
  writeFileSync(
    settings,
    `registry=${registry}\nupdate-notifier=false\n${ca === undefined ? '' : 'cafile=/etc/ssl/ca.pem\n'}`,
  );
  buildah('copy', '--quiet', container, settings, '/usr/local/lib/npm/npmrc');
  buildah('config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', container);
};
