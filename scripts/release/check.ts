/** Whether this checkout is what its version says: all that is wrong, at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { ROOT, run } from './run.ts';

export interface Release {
  readonly version: string;
  readonly tag: string;
  /** Commit. */
  readonly revision: string;
  /** The changelog's section, without its heading. */
  readonly notes: string;
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Undefined where the changelog has no dated section of this version. */
const notesOf = (version: string): string | undefined => {
  const [, , ...sections] = read('CHANGELOG.md').split(/^## /m);
  const heading = new RegExp(`^${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`);
  const section = sections.find((one) => heading.test(one.split('\n', 1)[0] ?? ''));
  return section?.slice(section.indexOf('\n')).trim();
};

/** @throws Error with everything that is to be done first. */
export const checkRelease = (): Release => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const chart = parseYaml(read('deploy/helm/eyrie/Chart.yaml')) as { version: string; appVersion: string };
  const tag = `v${version}`;
  const revision = run('git', ['rev-parse', 'HEAD']);
  const tagged = run('git', ['tag', '--list', tag]) && run('git', ['rev-parse', `${tag}^{commit}`]);
  const notes = notesOf(version);
  const problems = [
    ...(run('git', ['status', '--porcelain']) ? ['the tree has changes: commit them'] : []),
    ...(notes ? [] : [`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD" with something in it`]),
    ...(chart.version === version && chart.appVersion === version
      ? []
      : [`deploy/helm/eyrie/Chart.yaml is of ${chart.version}/${chart.appVersion}, package.json of ${version}`]),
    ...(tagged && tagged !== revision ? [`${tag} is another commit, ${tagged}: raise the version`] : []),
  ];
  if (problems.length > 0)
    throw new Error(`not ready for a release:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  return { version, tag, revision, notes: notes ?? '' };
};
