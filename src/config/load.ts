/** Reads the configuration. The only file that looks at `process.env`. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';
import { apiRoleOf } from './derived.ts';
import { readHatcheryFile } from './hatchery-file.ts';
import { type ConfigProblem, problemsOf } from './problems.ts';
import { type Config, ConfigSchema } from './schema.ts';
import { type PlaceOf, parseYamlFile, type YamlFile } from './yaml-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables for options, with the option's path. Eyrie's own take the place of the file's; those that others set for their
 * own ends (a cluster sets AWS_REGION) only fill in what the file leaves out.
 */
export const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  GEN3_ENDPOINT: ['environment'],
  AWS_REGION: ['aws', 'region'],
  AWS_ENDPOINT_URL: ['aws', 'endpoint'],
  EYRIE_CONTROL_BUCKET: ['aws', 'controlBucket'],
  EYRIE_HATCHERY_CONFIG: ['hatcheryConfig'],
  EYRIE_SEALING_KEYS: ['sealingKeys'],
  EYRIE_ISSUER: ['auth', 'issuer'],
  EYRIE_API_HOST: ['api', 'host'],
  EYRIE_API_PORT: ['api', 'port'],
  EYRIE_S3_UPSTREAM_SECRET: ['s3', 'upstream', 'secretAccessKey'],
  EYRIE_LOG_LEVEL: ['logLevel'],
};

/**
 * @param file Path of the YAML file. Default: EYRIE_CONFIG; without either, variables alone.
 * @param hatcheryConfig Path of Hatchery's own. Default: EYRIE_HATCHERY_CONFIG, or the option of that name.
 * @throws ConfigError
 */
export const loadConfig = (
  file?: string,
  given: Environment = process.env,
  hatcheryConfig = given.EYRIE_HATCHERY_CONFIG,
): Config => {
  const env: Environment = { ...withoutServiceLinks(given), EYRIE_HATCHERY_CONFIG: hatcheryConfig };
  const path = file ?? env.EYRIE_CONFIG;
  if (!path && !Object.keys(VARIABLES).some((variable) => env[variable]))
    throw new ConfigError('no configuration is given', HOW_TO_GIVE_ONE);
  if (!path)
    return parseConfig(withVariables({}, env), 'the configuration from variables alone', fromVariables(env, {}));
  const source = `the configuration ${path}`;
  const yaml = readYaml(path, source);
  return parseConfig(withVariables(yaml.value, env), source, fromVariables(env, yaml));
};

const HOW_TO_GIVE_ONE = [
  'pass --config FILE, or set EYRIE_CONFIG: docs/reference/configuration.md lists what is in the file, and the variables',
  '`eyrie dev` makes one by itself, and prints its path: with --config a worker or an API joins it',
];

/** For a Service called `eyrie-api` Kubernetes sets EYRIE_API_PORT to its address, in every pod beside it. */
const withoutServiceLinks = (env: Environment): Environment =>
  env.EYRIE_API_PORT?.startsWith('tcp://') ? { ...env, EYRIE_API_PORT: undefined } : env;

/** What a variable has set stands in no file. */
const fromVariables =
  (env: Environment, yaml: Partial<YamlFile>): PlaceOf =>
  (path) => {
    const at = path.join('.');
    const [variable] =
      Object.entries(VARIABLES).find(([name, option]) => {
        const isGiven = env[name] && `${at}.`.startsWith(`${option.join('.')}.`);
        return isGiven && (name.startsWith('EYRIE_') || !isSet(yaml.value, option));
      }) ?? [];
    return variable ?? yaml.placeOf?.(path);
  };

const isSet = (value: unknown, [head, ...rest]: readonly string[]): boolean =>
  head === undefined
    ? value !== undefined && value !== null
    : typeof value === 'object' && value !== null && isSet((value as Record<string, unknown>)[head], rest);

/** For what seals nothing: in the file the sealing keys may still be missing. */
export const loadConfigWithoutKeys = (
  file?: string,
  env: Environment = process.env,
  hatcheryConfig = env.EYRIE_HATCHERY_CONFIG,
): Config => {
  const path = file ?? env.EYRIE_CONFIG;
  const throwAway = { EYRIE_SEALING_KEYS: `none:${Buffer.alloc(32).toString('base64')}` };
  return loadConfig(path, path ? { ...env, ...throwAway } : env, hatcheryConfig);
};

/** @param placeOf where an option stands, to be told with what is wrong with it. @throws ConfigError with every problem. */
export const parseConfig = (raw: unknown, source = 'the configuration', placeOf: PlaceOf = () => undefined): Config => {
  const { given, both } = withHatcheryFile(raw);
  const { success, data, error } = ConfigSchema.safeParse(given);
  const problems = success ? [...both, ...contradictionsOf(data)] : [...both, ...problemsOf(error.issues, given)];
  if (!success || problems.length > 0)
    throw new ConfigError(
      unusable(source),
      problems.map((one) => renderProblem(one, placeOf)),
    );
  return deepFreeze({ ...data, profiles: { ...data.profiles, ...profilesOf(data.containers) } });
};

/** Options that are well by themselves, but not together. */
const contradictionsOf = ({ containers, profiles, ...data }: Config): ConfigProblem[] => {
  const clashes = containers.flatMap(({ name, nextflow }, at) =>
    nextflow && Object.hasOwn(profiles, name)
      ? [{ path: ['containers', at, 'name'], text: `${name} is also a profile` }]
      : [],
  );
  const forms = [data.credentials.form, ...Object.values(data.credentials.profiles)];
  if (apiRoleOf(data) !== undefined || forms.every((form) => form === 'key')) return clashes;
  const text =
    "name the API's role in credentials.enteredBy, api.assumeRole or aws.assumeRole: workspaces' roles are entered from it";
  return [...clashes, { path: ['credentials'], text }];
};

const unusable = (source: string): string => `${source} is not usable`;

const renderProblem = ({ path, text }: ConfigProblem, placeOf: PlaceOf): string => {
  const place = placeOf(path);
  return `${place === undefined ? '' : `${place}: `}${path.map(String).join('.') || 'file'}: ${text}`;
};

/** What the command line takes from the environment. */
export const readCliEnvironment = (
  env: Environment = process.env,
): {
  api?: string;
  token?: string;
  issuer?: string;
  config?: string;
  /** The file that tells where `eyrie dev` is: several of one checkout have one each. */
  devState?: string;
  /** How it was started: what to type for `eyrie`. */
  command: string;
  /** The terminal can't move its cursor. */
  dumb: boolean;
} => ({
  // bin/eyrie says by which path it was called; npm runs it for `npm run eyrie`.
  command: env.npm_lifecycle_event === 'eyrie' ? 'npm run --silent eyrie --' : (env.EYRIE_SELF ?? 'eyrie'),
  dumb: env.TERM === 'dumb',
  ...(env.EYRIE_CONFIG && { config: env.EYRIE_CONFIG }),
  ...(env.EYRIE_API && { api: env.EYRIE_API }),
  ...(env.EYRIE_TOKEN && { token: env.EYRIE_TOKEN }),
  ...(env.EYRIE_ISSUER && { issuer: env.EYRIE_ISSUER }),
  ...(env.EYRIE_DEV_STATE && { devState: env.EYRIE_DEV_STATE }),
});

/**
 * The environment of a process that a file alone configures: without the variables that would win over the file, and
 * without those by which Temporal and the AWS SDK are configured.
 */
export const plainEnvironment = (env: Environment = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !Object.hasOwn(VARIABLES, name) && !/^(TEMPORAL|AWS|EYRIE)_/.test(name)),
  );

/** @throws ConfigError where it can't be read. */
export const readYaml = (path: string, source: string): YamlFile => {
  const yaml = readOrThrow(path, source);
  if (yaml.errors.length > 0) throw new ConfigError(unusable(source), yaml.errors);
  return yaml;
};

const readOrThrow = (path: string, source: string): YamlFile => {
  try {
    return parseYamlFile(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(unusable(source), [
      error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    ]);
  }
};

/** Hatchery's file stands for the options of those names, so either says them. */
const withHatcheryFile = (raw: unknown): { given: unknown; both: readonly ConfigProblem[] } => {
  const path = typeof raw === 'object' && raw !== null && 'hatcheryConfig' in raw && raw.hatcheryConfig;
  if (typeof path !== 'string' || path === '') return { given: raw, both: [] };
  const { options } = readHatcheryFile(path);
  const both = Object.keys(options).filter((name) => isSet(raw, [name]));
  const text = `${path} says it, too: leave it out here, or name no hatcheryConfig`;
  return { given: { ...(raw as object), ...options }, both: both.map((name) => ({ path: [name], text })) };
};

const withVariables = (raw: unknown, env: Environment): unknown => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const merged = structuredClone(raw) as Record<string, unknown>;
  for (const [variable, path] of Object.entries(VARIABLES)) {
    const value = env[variable];
    if (value) assign(merged, path, parseVariable(variable, value), variable.startsWith('EYRIE_'));
  }
  return merged;
};

const parseVariable = (variable: string, value: string): unknown => {
  if (variable === 'EYRIE_API_PORT') return /^\d+$/.test(value) ? Number(value) : value;
  if (variable !== 'EYRIE_SEALING_KEYS') return value;
  return value.split(',').map((pair) => {
    const colon = pair.indexOf(':');
    return { id: pair.slice(0, Math.max(colon, 0)), key: pair.slice(colon + 1) };
  });
};

const assign = (
  target: Record<string, unknown>,
  [head, ...rest]: readonly string[],
  value: unknown,
  replace: boolean,
): void => {
  if (head === undefined) return;
  const there = target[head];
  if (rest.length === 0) target[head] = replace ? value : (there ?? value);
  else {
    const next = typeof there === 'object' && there !== null ? (there as Record<string, unknown>) : {};
    target[head] = next;
    assign(next, rest, value, replace);
  }
};

const profilesOf = (containers: Config['containers']): Config['profiles'] =>
  Object.fromEntries(containers.flatMap(({ name, nextflow }) => (nextflow ? [[name, nextflow]] : [])));

const deepFreeze = <T>(value: T): T => {
  // The bytes of a key can't be frozen.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
};
