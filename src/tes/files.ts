/** The inputs and outputs of a task: whose objects they name, and what a session for just this task may reach. */
import type { Grant } from '#s3/identity/principal.ts';
import { locate, type S3Names, type S3Place } from './locations.ts';
import type { TesFile, TesTaskRequest } from './model.ts';
import { TesProblem } from './problem.ts';

export interface FileRules {
  /** Undefined: this user has none. */
  readonly ownBucket: string | undefined;
  /** Buckets that everybody's tasks may read. */
  readonly publicBuckets: readonly string[];
  readonly names: S3Names;
}

/** What a task reaches in the bucket of its owner. */
export interface TaskReach {
  readonly reads: Area;
  readonly writes: Area;
}

export interface Area {
  /** Single objects. */
  readonly keys: readonly string[];
  /** All that begins with one of them. */
  readonly prefixes: readonly string[];
}

/** @throws TesProblem Denied that lists every file which is neither in the caller's bucket nor in one that all may read. */
export const reachOf = (task: TesTaskRequest, rules: FileRules): TaskReach => {
  const refused: string[] = [];
  const within = (files: readonly TesFile[] | undefined, field: 'inputs' | 'outputs'): Area => {
    const keys = new Set<string>();
    const prefixes = new Set<string>();
    for (const [at, file] of (files ?? []).entries()) {
      const place = placeOf(file, rules, field === 'inputs');
      if (place === 'refused') refused.push(`/${field}/${at}/url`);
      else if (place) {
        const isOpen = isDirectory(file, place);
        for (const key of place.keys) {
          if (isOpen) prefixes.add(key === '' || key.endsWith('/') ? key : `${key}/`);
          else if (key !== '') keys.add(key);
        }
      }
    }
    return { keys: [...keys], prefixes: [...prefixes] };
  };
  const reach = { reads: within(task.inputs, 'inputs'), writes: within(task.outputs, 'outputs') };
  if (refused.length > 0)
    throw new TesProblem('Denied', 'files on S3 must be in your own bucket; inputs may also be in a public one', {
      errors: refused.map((pointer) => ({ pointer, detail: 'another bucket, or a URL that can be read in two ways' })),
    });
  return reach;
};

/** Where in the caller's bucket; undefined for what is elsewhere. */
const placeOf = ({ url }: TesFile, rules: FileRules, isInput: boolean): S3Place | 'refused' | undefined => {
  if (url === undefined || url === '') return undefined;
  const place = locate(url, rules.names);
  if (place === 'elsewhere') return undefined;
  if (place === 'unclear') return 'refused';
  if (place.bucket === rules.ownBucket) return place;
  return isInput && rules.publicBuckets.includes(place.bucket) ? undefined : 'refused';
};

/** A URL of several objects: a directory, or the place for whatever fits a path with wildcards. */
const isDirectory = ({ type, path, path_prefix: pathPrefix }: TesFile, { keys: [key = ''] }: S3Place): boolean =>
  type === 'DIRECTORY' || key.endsWith('/') || !!pathPrefix || /[*?[]/.test(path ?? '');

/** A session's token travels in a header of every request. */
const GRANT_CHARS_MAX = 8_000;

/**
 * Inputs are read; outputs are written, and looked at, since clients look at what they have uploaded. Where a task names
 * more objects than a session can hold, their directories take their place.
 * @throws TesProblem Invalid where even those are too many
 */
export const grantsOf = ({ reads, writes }: TaskReach): readonly Grant[] => {
  let narrowed = { reads, writes };
  for (;;) {
    const grants = [...grantOf(['read'], narrowed.reads), ...grantOf(['read', 'create'], narrowed.writes)];
    if (JSON.stringify(grants).length <= GRANT_CHARS_MAX) return grants;
    const wider = { reads: widened(narrowed.reads), writes: widened(narrowed.writes) };
    if ([...wider.reads.prefixes, ...wider.writes.prefixes].includes(''))
      throw new TesProblem('Invalid', 'the task names too many files: put them below few directories', { status: 400 });
    narrowed = wider;
  }
};

const grantOf = (rights: Grant['rights'], { keys, prefixes }: Area): Grant[] =>
  keys.length + prefixes.length === 0 ? [] : [{ rights, keys, prefixes }];

/** Objects become their directories; where there are none left, directories become those above them. */
const widened = ({ keys, prefixes }: Area): Area => {
  const above = (path: string): string => path.slice(0, path.replace(/\/$/, '').lastIndexOf('/') + 1);
  const wide = keys.length > 0 ? [...prefixes, ...keys.map(above)] : prefixes.map(above);
  const kept: string[] = [];
  // In their order, what lies below a directory follows it.
  for (const prefix of wide.toSorted()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return { keys: [], prefixes: kept };
};
