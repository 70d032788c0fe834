/**
 * A whole configuration file of Hatchery's. Eyrie reads `nextflow-global` and the containers that have Nextflow, and has no
 * use for the rest. Names are read as Go reads them, whatever their case.
 */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';
import { ContainersSchema, NEXTFLOW_KEYS, NextflowGlobalSchema } from './hatchery.ts';
import { nearest } from './nearest.ts';

export interface HatcheryFile {
  /** As they stand in the file: options of Eyrie's own configuration. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What Eyrie has no use for; of containers `containers[].image`. */
  readonly unused: readonly string[];
}

type Given = Readonly<Record<string, unknown>>;

const TOP = ['containers', 'nextflow-global'];
const CONTAINER = ['name', 'nextflow', 'authz'];
const GLOBAL = Object.keys(NextflowGlobalSchema.shape);

/** @throws ConfigError with the JSON pointer of each problem. Values are not repeated: Hatchery's file may hold secrets. */
export const readHatcheryFile = (path: string): HatcheryFile => {
  const reader = createReader();
  const { at, given } = unwrap(parseJson(path));
  const top = reader.read(given, at, TOP, '');
  const all = Array.isArray(top.containers) ? top.containers : [];
  if (top.containers !== null && top.containers !== undefined && !Array.isArray(top.containers)) {
    reader.problems.push(`${at}/containers: must be a list`);
  }
  const containers = all.flatMap((one: unknown, nth) => {
    const where = `${at}/containers/${nth}`;
    const container = reader.read(one, where, CONTAINER, 'containers[].');
    const nextflow = reader.read(
      container.nextflow ?? {},
      `${where}/nextflow`,
      NEXTFLOW_KEYS,
      'containers[].nextflow.',
    );
    return nextflow.enabled === true ? [{ where, given: { ...container, nextflow } }] : [];
  });
  const global = reader.read(top['nextflow-global'] ?? {}, `${at}/nextflow-global`, GLOBAL, 'nextflow-global.');
  const { problems } = reader;
  const listed = containers.map((one) => one.given);
  for (const { path: inside, message } of ContainersSchema.safeParse(listed).error?.issues ?? []) {
    const [nth, ...rest] = inside;
    problems.push(`${[containers[Number(nth)]?.where, ...rest.map(String)].join('/')}: ${message}`);
  }
  for (const { path: inside, message } of NextflowGlobalSchema.safeParse(global).error?.issues ?? []) {
    problems.push(`${[at, 'nextflow-global', ...inside.map(String)].join('/')}: ${message}`);
  }
  if (problems.length > 0) throw new ConfigError(unusable(path), problems);
  const options = { ...top, containers: listed, ...('nextflow-global' in top && { 'nextflow-global': global }) };
  return { options, unused: [...reader.unused] };
};

/** What is told once at start; undefined where there is nothing to tell. */
export const renderUnused = ({
  hatcheryConfig,
}: {
  readonly hatcheryConfig?: string | undefined;
}): string | undefined => {
  const unused = hatcheryConfig === undefined ? [] : readHatcheryFile(hatcheryConfig).unused;
  return unused.length > 0 ? `Eyrie has no use for these of ${hatcheryConfig}: ${unused.join(', ')}` : undefined;
};

const unusable = (path: string): string => `the Hatchery configuration ${path} is not usable`;

const createReader = () => {
  const problems: string[] = [];
  const unused = new Set<string>();
  return {
    problems,
    unused,

    /** The members that Eyrie reads, by the names that it knows. One that is nearly such a name is a slip. */
    read(given: unknown, at: string, names: readonly string[], prefix: string): Given {
      if (!isObject(given)) {
        problems.push(`${at || '/'}: must be an object`);
        return {};
      }
      const known: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(given)) {
        const read = names.find((one) => one.toLowerCase() === name.toLowerCase());
        const meant = read ?? nearest(name, names);
        if (read !== undefined) known[read] = value;
        else if (meant === undefined) unused.add(`${prefix}${name}`);
        else problems.push(`${at}/${escapePointer(name)}: no such option: did you mean ${meant}?`);
      }
      return known;
    },
  };
};

const isObject = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** In a commons' manifest, the file is a block of its name. */
const unwrap = (given: unknown): { readonly at: string; readonly given: unknown } =>
  isObject(given) && isObject(given.hatchery) && !('containers' in given)
    ? { at: '/hatchery', given: given.hatchery }
    : { at: '', given };

const parseJson = (path: string): unknown => {
  const text = read(path);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    // The message itself may go on with what stands there.
    const where = /\(line \d+ column \d+\)/.exec(String(error))?.[0];
    throw new ConfigError(unusable(path), [`/: is not JSON${where === undefined ? '' : ` ${where}`}`]);
  }
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(unusable(path), [error instanceof Error ? error.message : String(error)]);
  }
};
