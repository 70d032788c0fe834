/** The image, as an archive that `docker load`, podman and skopeo take. */
import { rmSync } from 'node:fs';
import type { Release } from './check.ts';
import { ROOT, run } from './run.ts';

/** What the Dockerfile begins with. */
export interface Bases {
  readonly build: string;
  readonly base: string;
}

/** @throws Error where one is not named by what is in it. */
export const checkBases = (bases: Partial<Bases>): Bases => {
  const problems = (['build', 'base'] as const)
    .filter((name) => !/@sha256:[0-9a-f]{64}$/.test(bases[name] ?? ''))
    .map((name) => `--${name}-image has to be given by its digest: NAME@sha256:…`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return bases as Bases;
};

export const buildImage = ({ version, revision }: Release, { build, base }: Bases, file: string): void => {
  const args = { BUILD: build, BASE: base, VERSION: version, REVISION: revision };
  const pairs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const name = `localhost/eyrie:${version}`;
  // Docker's format: the other one has no health check.
  run('buildah', ['bud', '--quiet', '--format', 'docker', ...pairs, '--tag', name, ROOT]);
  rmSync(file, { force: true });
  run('buildah', ['push', '--quiet', name, `docker-archive:${file}:eyrie:${version}`]);
};
