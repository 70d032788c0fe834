/**
 * The bundle of the workflows, kept from one start to the next: to make it takes a worker five seconds of CPU, and memory
 * that it keeps. With it stands what it was made from, and whatever of that has changed, it is made anew.
 */
import { hash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundleWorkflows, WORKFLOWS } from './bundle-guard.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.eyrie/workflows');
/** How it is made: the versions of the bundler and its compiler, and what is asked of them. */
const MAKERS = ['package-lock.json', 'src/temporal/bundle-guard.ts'];

export interface KeptBundleOptions {
  /** Default: the folder of the checkout, or of the image, in which it is. */
  readonly folder?: string;
  readonly make?: (workflowsPath: string) => Promise<Bundle>;
}

interface Kept {
  readonly code: string;
  /** SHA-256 by path; null: there was no such file, which would be taken in another's place. */
  readonly from: Readonly<Record<string, string | null>>;
}

/**
 * What is kept where it is still true; else it is made, and kept where that is possible: in the image nothing can be
 * written, and it is there already. @throws as `bundleWorkflows` does
 */
export const keptBundle = async (
  workflowsPath = WORKFLOWS,
  { folder = FOLDER, make = bundleWorkflows }: KeptBundleOptions = {},
): Promise<{ readonly code: string }> => {
  const file = join(folder, `${basename(workflowsPath)}.json`);
  const kept = await readKept(file);
  if (kept && isTrue(kept)) return kept;
  // The clock tells whole milliseconds, files tell parts of them, and the first one is read later than that.
  const began = Date.now() + 1;
  const { code, files, missing } = await make(workflowsPath);
  const read = [...files, ...MAKERS.map((maker) => join(ROOT, maker))];
  // What was read of it is not known, nor of what has come since.
  if ([...read, ...missing].some((path) => hasChangedSince(path, began))) return { code };
  const from = Object.fromEntries([
    ...read.map((path) => [path, digestOf(path)] as const),
    ...missing.filter((path) => !existsSync(path)).map((path) => [path, null] as const),
  ]);
  await keep(folder, file, { code, from }).catch(() => undefined);
  return { code };
};

const readKept = async (file: string): Promise<Kept | undefined> => {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Kept;
    return typeof kept.code === 'string' && typeof kept.from === 'object' ? kept : undefined;
  } catch {
    return undefined;
  }
};

const isTrue = ({ from }: Kept): boolean => Object.entries(from).every(([path, digest]) => digestOf(path) === digest);

/** null where it is not there, or is no file. */
const digestOf = (path: string): string | null => {
  try {
    return hash('sha256', readFileSync(path), 'hex');
  } catch {
    return null;
  }
};

/** A file, that is: folders change with whatever else is put into them. */
const hasChangedSince = (path: string, ms: number): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.ctimeMs > ms;
};

/** Several workers may start at once: each reads a whole one. */
const keep = async (folder: string, file: string, kept: Kept): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(kept), { mode: 0o644 });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};
