/**
 * The bill of materials: every locked package of production, of all platforms, by npm itself. npm leaves out what
 * development or the sandbox needs as well, so it is shown a project without these.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './run.ts';

interface Manifest {
  workspaces?: unknown;
  devDependencies?: unknown;
}

interface Lock {
  packages: Record<string, Manifest & { dev?: boolean; link?: boolean }>;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as T;

const withoutDevelopment = <T extends Manifest>({ workspaces: _, devDependencies: __, ...rest }: T) => rest;

/** CycloneDX, as JSON. */
export const renderSbom = (): string => {
  const lock = read<Lock>('package-lock.json');
  const packages = Object.entries(lock.packages).flatMap(([path, one]) =>
    one.dev || one.link || path.startsWith('sandbox') ? [] : [[path, path === '' ? withoutDevelopment(one) : one]],
  );
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-sbom-'));
  try {
    // npm calls the product after its folder.
    const project = join(folder, 'eyrie');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify(withoutDevelopment(read<Manifest>('package.json'))));
    writeFileSync(
      join(project, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }),
    );
    const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
    return `${run('npm', ['sbom', '--package-lock-only', ...format], { cwd: project })}\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
