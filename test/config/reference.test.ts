import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { VARIABLES } from '#config/load.ts';
import { ConfigSchema } from '#config/schema.ts';
import { rowsOf, type Schema } from './schema-rows.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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
    'The command line reads `EYRIE_API`, `EYRIE_TOKEN`, `EYRIE_ISSUER` and `EYRIE_DEV_STATE` (see [cli.md](cli.md)).',
    '',
    '## Tokens',
    '',
    'One verifier stands behind `/v1`, `/hatchery`, `/ga4gh`, `/storage`, `/aws` and `/s3`. A token is believed if',
    '',
    '- it is a JWT of `auth.issuer`, signed by one of its published keys with one of `auth.algorithms`;',
    '- it has an end (`exp`) that has not come, and a beginning (`nbf`), if there is one, that has, give or take `auth.clockToleranceSeconds`; storage lets nobody in',
    '  after `exp`;',
    '- it is an access token: `pur` (Gen3) is `auth.purpose` where it is there; so is `Bearer` for `typ` (Keycloak), and `access` for `token_use`',
    '  (Cognito); it has none of the hashes that ID tokens carry, and a header `typ`, if any, of `JWT` or `at+jwt`;',
    '- `aud` names `auth.audience`. Set it: without it, what the issuer makes for any other service opens these doors too. Gen3 services take `user` or `gen3`;',
    '- `scope` holds all of `auth.scopes`. Gen3 services want `openid` and `user`.',
    '',
    'Who it stands for under `/v1`, `/hatchery` and `/ga4gh`:',
    '',
    '| who | how the token says so |',
    '| --- | --- |',
    '| operator | the claim `auth.operators.claim` holds the word `auth.operators.value`: by default `eyrie:operator` in `scope` |',
    '| user | the name in `context.user.name` |',
    '| service client | `azp` is one of `auth.serviceClients`, and there is no `sub` |',
    '',
    'For storage a user is `sub` (see [Identities of the S3 endpoint](../how-to/s3-identities.md)).',
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/reference/configuration.md');
});

/** Values of the chart, which has an `api` and a `worker` of its own. */
const pathsOf = (value: unknown, path = ''): string[] =>
  typeof value !== 'object' || value === null
    ? [path]
    : [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, path ? `${path}.${name}` : name))];

test('every option that the documentation names is one', () => {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const options = new Set(rowsOf('', schema, false).map((row) => /^\| `([^`]+)`/.exec(row)?.[1]?.replaceAll('[]', '')));
  const values = new Set(pathsOf(parse(readFileSync(join(ROOT, 'deploy/helm/eyrie/values.yaml'), 'utf8'))));
  const isKnown = (page: string, name: string): boolean =>
    options.has(name) || (page === 'docs/how-to/deploy.md' && values.has(name));
  const sections = Object.keys(schema.properties ?? {}).join('|');
  const named = new RegExp(`\`((?:${sections})\\.[\\w.-]+\\w)(?:: [^\`]*)?\``, 'g');
  const pages = globSync('docs/**/*.md', { cwd: ROOT }).map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]);
  const unknown = pages.flatMap(([name, text]) =>
    [...(text ?? '').matchAll(named)].flatMap(([, option = '']) =>
      isKnown(name ?? '', option) ? [] : [`${name}: ${option}`],
    ),
  );
  expect(unknown).toEqual([]);
  expect(pages.length).toBeGreaterThan(20);
});

const MINIMAL = {
  environment: 'commons.example.org',
  aws: { region: 'us-east-1', controlBucket: 'eyrie-control' },
  sealingKeys: [{ id: 'a', key: Buffer.alloc(32, 1).toString('base64') }],
  auth: { issuer: 'https://issuer.example.org' },
};

/** With one option set. */
const withOption = (path: readonly string[], value: unknown, rest: object = MINIMAL): object => {
  const [name = '', ...inner] = path;
  const before = (rest as Readonly<Record<string, object | undefined>>)[name];
  return { ...rest, [name]: inner.length === 0 ? value : withOption(inner, value, before ?? {}) };
};

/** What a page or a description says of it: `s3.outliveTokenSeconds: 0`, or "0 ties it to the token". */
const valuesSaid = (): [option: string, value: unknown][] => {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const rows = rowsOf('', schema, false).map((row) => /^\| `([^`]+)` \| (.*?) \|.*\| (.*) \|$/.exec(row));
  const sections = Object.keys(schema.properties ?? {}).join('|');
  const said = new RegExp(`\`((?:${sections})\\.[\\w.-]+\\w): ([^\`]+)\``, 'g');
  const options = new Set(rows.map((row) => row?.[1]));
  const pages = globSync('docs/**/*.md', { cwd: ROOT }).map((name) => readFileSync(join(ROOT, name), 'utf8'));
  return [
    ...pages.flatMap((text) => [...text.matchAll(said)].map(([, option = '', value = '']) => [option, value] as const)),
    ...rows.flatMap((row) => {
      const [, option = '', type = '', text = ''] = row ?? [];
      return type !== 'map' && /(?:^|[;:.,] )0(?:[ :]|$)/.test(text) ? [[option, '0'] as const] : [];
    }),
  ].flatMap(([option, value]) => (options.has(option) ? [[option, parse(value)]] : []));
};

test.each(valuesSaid())('what the documentation sets is accepted: %s: %j', (option, value) => {
  const { error } = ConfigSchema.safeParse(withOption(option.split('.'), value));
  const refused = error?.issues.filter(({ path }) => path.join('.').startsWith(option)).map(({ message }) => message);
  expect(refused ?? []).toEqual([]);
});

test('control: there are values to try', () => {
  expect(valuesSaid().map(([option]) => option)).toEqual(
    expect.arrayContaining(['s3.outliveTokenSeconds', 'network.egress', 'api.port']),
  );
});
