/** Files that a request is made of, and where in them something is that the API refuses. */
import { readFileSync } from 'node:fs';
import { type PlaceOf, parseYamlFile, type YamlFile } from '#config/yaml-file.ts';
import { CliError, EXIT } from './exit-codes.ts';

interface Origin {
  readonly file: string;
  readonly path: readonly string[];
  readonly placeOf: PlaceOf;
}

/** Of every map and list that was read: requests are put together of parts of files. */
const ORIGINS = new WeakMap<object, Origin>();

/** A YAML or JSON file; `-` is standard input. @throws CliError where it can't be read, with every place that is wrong */
export const readDocument = (file: string): unknown => {
  const { value, errors, placeOf } = parse(file);
  const name = file === '-' ? 'standard input' : file;
  if (errors.length > 0) throw new CliError(EXIT.usage, [`${name} is no YAML:`, ...errors].join('\n  '));
  remember(value, { file: name, path: [], placeOf });
  return value;
};

/** `genomes.yaml, line 3, column 5`: where this part of a request comes from. Undefined where it comes from no file. */
export const placeIn = (body: unknown, pointer: string): string | undefined => {
  let node = body;
  let origin: Origin | undefined;
  let below: string[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const known = isObject(node) ? ORIGINS.get(node) : undefined;
    if (known) [origin, below] = [known, []];
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    below.push(name);
    node = isObject(node) ? (node as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  const place = origin?.placeOf([...origin.path, ...below]);
  return origin && place !== undefined ? `${origin.file}, ${place}` : undefined;
};

const parse = (file: string): YamlFile => {
  try {
    return parseYamlFile(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const remember = (value: unknown, origin: Origin): void => {
  if (!isObject(value) || ORIGINS.has(value)) return;
  ORIGINS.set(value, origin);
  for (const [name, inner] of Object.entries(value)) remember(inner, { ...origin, path: [...origin.path, name] });
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
