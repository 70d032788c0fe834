/**
 * Makes a release in `dist/` and publishes nothing: `node scripts/run.mjs scripts/release.ts --build-image NAME@sha256:…
 * --base-image NAME@sha256:… [--tag] [--out FOLDER]`. `--without-image` and `--without-chart` where buildah or Helm is not
 * there; `--tag` makes the tag in this checkout.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkRelease, type Release } from './release/check.ts';
import { type Bases, buildImage, checkBases } from './release/image.ts';
import { renderProvenance, sha256 } from './release/provenance.ts';
import { ROOT, run } from './release/run.ts';
import { renderSbom } from './release/sbom.ts';

const { values } = parseArgs({
  options: {
    'build-image': { type: 'string' },
    'base-image': { type: 'string' },
    'without-image': { type: 'boolean', default: false },
    'without-chart': { type: 'boolean', default: false },
    tag: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist' },
  },
});

/** Files of a release in a folder that may hold others. */
const ours = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^(eyrie-\d.*|SHA256SUMS)$/.test(name))
    .toSorted();

/** What a clone of the tag holds, and its commit, which `GET /_version` tells. */
const archive = ({ version, revision }: Release, folder: string): void => {
  const name = `eyrie-${version}`;
  const file = join(folder, `${name}-source.tar.gz`);
  run('git', [
    ...['archive', '--format=tar.gz', `--prefix=${name}/`, `--add-virtual-file=${name}/REVISION:${revision}`],
    ...['--output', file, revision],
  ]);
};

const make = (release: Release, bases: Bases | undefined, folder: string): void => {
  const { version } = release;
  const startedAt = new Date();
  const at = (name: string): string => join(folder, name);
  mkdirSync(folder, { recursive: true });
  // What is left of an earlier run would be taken for part of this one.
  for (const name of ours(folder)) rmSync(at(name));
  archive(release, folder);
  writeFileSync(at(`eyrie-${version}.cdx.json`), renderSbom());
  if (!values['without-chart']) run('helm', ['package', 'deploy/helm/eyrie', '--destination', folder]);
  if (bases) buildImage(release, bases, at(`eyrie-${version}-image.tar`));
  const files = ours(folder);
  const provenance = `eyrie-${version}.provenance.json`;
  writeFileSync(at(provenance), renderProvenance({ release, folder, files, bases, startedAt }));
  const sums = [...files, provenance].toSorted().map((name) => `${sha256(at(name))}  ${name}\n`);
  writeFileSync(at('SHA256SUMS'), sums.join(''));
};

try {
  const bases = values['without-image']
    ? undefined
    : checkBases({
        ...(values['build-image'] && { build: values['build-image'] }),
        ...(values['base-image'] && { base: values['base-image'] }),
      });
  const release = checkRelease();
  const folder = resolve(ROOT, values.out);
  make(release, bases, folder);
  // Verbatim: git takes the changelog's headings for comments.
  if (values.tag && !run('git', ['tag', '--list', release.tag])) {
    run('git', ['tag', '--annotate', '--cleanup=verbatim', release.tag, '--file', '-'], {
      input: `${release.tag}\n\n${release.notes}\n`,
    });
  }
  process.stdout.write(
    `${ours(folder)
      .map((name) => join(folder, name))
      .join('\n')}\n`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
