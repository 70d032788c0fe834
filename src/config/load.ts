/** Reads the configuration. The only file that looks at `process.env`. */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { apiRoleOf } from './derived.ts';
import { type Config, ConfigSchema } from './schema.ts';

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
  EYRIE_SEALING_KEYS: ['sealingKeys'],
  EYRIE_ISSUER: ['auth', 'issuer'],
  EYRIE_API_HOST: ['api', 'host'],
  EYRIE_API_PORT: ['api', 'port'],
  EYRIE_LOG_LEVEL: ['logLevel'],
};

/** Everything that is wrong with a configuration, at once. Never repeats a value: it may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[]) {
    super(`${source} is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** @param file Path of the YAML file. Default: EYRIE_CONFIG; without either, variables alone. @throws ConfigError */
export const loadConfig = (file?: string, env: Environment = process.env): Config => {
  const path = file ?? env.EYRIE_CONFIG;
  const source = path ? `the configuration ${path}` : 'the configuration';
  return parseConfig(withVariables(path ? readYaml(path, source) : {}, env), source);
};

/** @throws ConfigError with every problem. */
export const parseConfig = (raw: unknown, source = 'the configuration'): Config => {
  const { success, data, error } = ConfigSchema.safeParse(raw);
  if (!success) throw new ConfigError(source, error.issues.flatMap(renderIssue));
  const clash = data.containers.filter(({ name, nextflow }) => nextflow && Object.hasOwn(data.profiles, name));
  if (clash.length > 0) {
    throw new ConfigError(
      source,
      clash.map(({ name }) => `containers: ${name} is also a profile`),
    );
  }
  const { form, profiles } = data.credentials;
  if (apiRoleOf(data) === undefined && [form, ...Object.values(profiles)].some((one) => one !== 'key')) {
    throw new ConfigError(source, [
      "credentials: name the API's role in credentials.enteredBy, api.assumeRole or aws.assumeRole: workspaces' roles are entered from it",
    ]);
  }
  return deepFreeze({ ...data, profiles: { ...data.profiles, ...profilesOf(data.containers) } });
};

/** What the command line takes from the environment. */
export const readCliEnvironment = (
  env: Environment = process.env,
): { api?: string; token?: string; issuer?: string; config?: string } => ({
  ...(env.EYRIE_CONFIG && { config: env.EYRIE_CONFIG }),
  ...(env.EYRIE_API && { api: env.EYRIE_API }),
  ...(env.EYRIE_TOKEN && { token: env.EYRIE_TOKEN }),
  ...(env.EYRIE_ISSUER && { issuer: env.EYRIE_ISSUER }),
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
export const readYaml = (path: string, source: string): unknown => {
  try {
    return parseYaml(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    // The first line only: a YAML error goes on with the lines around it, which may hold a key.
    throw new ConfigError(source, [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)]);
  }
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

const renderIssue = (issue: { code?: string; path: PropertyKey[]; message: string; keys?: string[] }): string[] => {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    return issue.keys.map((key) => `${at ? `${at}.` : ''}${key}: no such option`);
  }
  return [`${at || 'file'}: ${issue.message}`];
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
