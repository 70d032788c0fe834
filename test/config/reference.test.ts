import { expect, test } from 'vitest';
import { z } from 'zod';
import { VARIABLES } from '#config/load.ts';
import { ConfigSchema } from '#config/schema.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

const typeOf = ({ type, enum: values, anyOf, items }: Schema): string => {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (anyOf) return [...new Set(anyOf.map(typeOf))].filter((name) => name !== 'null').join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  return type === 'object' ? 'map' : String(type ?? 'any');
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Maps are followed, `*` stands for any name; a map of free content is one row. */
const rowsOf = (path: string, schema: Schema, required: boolean): string[] => {
  const inner = schema.anyOf?.find(({ type }) => type === 'object' || type === 'array') ?? schema;
  const own = inner.items?.properties ? inner.items : inner;
  const at = own === inner ? path : `${path}[]`;
  const children = Object.entries(own.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(at ? `${at}.${name}` : name, child, own.required?.includes(name) ?? false),
  );
  const free = own.additionalProperties;
  const named = typeof free === 'object' && free.properties ? rowsOf(`${at}.*`, free, false) : [];
  const value = schema.default;
  const shown = value === undefined || children.length > 0 || named.length > 0 ? '' : `\`${JSON.stringify(value)}\``;
  const row = `| \`${path}\` | ${cell(typeOf(schema))} | ${required ? 'required' : shown} | ${cell(schema.description ?? '')} |`;
  return path === '' ? children : [row, ...children, ...named];
};

test('docs/reference/configuration.md says what the schema says (run vitest with -u to write it anew)', async () => {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const page = [
    '# Configuration',
    '',
    'One YAML file (`--config FILE` or `EYRIE_CONFIG`) plus environment variables. Worker and API read the same file. It is checked',
    'at start: every problem is listed at once, and an option that does not exist stops the start.',
    '',
    '## Options',
    '',
    '| option | type | default | |',
    '| --- | --- | --- | --- |',
    ...rowsOf('', schema, false),
    '',
    '## Environment variables',
    '',
    'Those that begin with `EYRIE_` win over the file; the others fill in what the file leaves out.',
    '',
    '| variable | option |',
    '| --- | --- |',
    ...Object.entries(VARIABLES).map(([variable, path]) => `| \`${variable}\` | \`${path.join('.')}\` |`),
    '',
    '`EYRIE_SEALING_KEYS` is `ID:BASE64,ID:BASE64,…`, the sealing one first.',
    '',
    'Temporal is reached as its own tools are: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`,',
    '`TEMPORAL_PROFILE` and the profile file. `temporal.address` and `temporal.namespace` win over them. AWS credentials come from the',
    "SDK's default chain unless `aws.credentials` is there.",
    '',
    'The command line reads `EYRIE_API`, `EYRIE_TOKEN` and `EYRIE_ISSUER` (see [cli.md](cli.md)).',
    '',
    '## Tokens',
    '',
    'A bearer token is a JWT of `auth.issuer`, signed by one of its published keys with one of `auth.algorithms`, with `exp`.',
    '',
    '| who | how the token says so |',
    '| --- | --- |',
    '| operator | the claim `auth.operators.claim` holds the word `auth.operators.value`: by default `eyrie:operator` in `scope` |',
    '| user | the name in `context.user.name` |',
    '| service client | `azp` is one of `auth.serviceClients`, and there is no `sub` |',
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/reference/configuration.md');
});
