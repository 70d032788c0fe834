import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '#config/config-error.ts';
import { profileAuthzOf } from '#config/derived.ts';
import { readHatcheryFile, renderUnused } from '#config/hatchery-file.ts';
import { loadConfig, loadConfigWithoutKeys } from '#config/load.ts';

/** A public commons' configuration. */
const COMMONS = fileURLToPath(new URL('../../deploy/hatchery/commons.json', import.meta.url));
const commons = JSON.parse(readFileSync(COMMONS, 'utf8')) as {
  readonly containers: readonly { readonly name: string; readonly authz?: object; readonly nextflow?: object }[];
  readonly 'nextflow-global': object;
};

const write = (name: string, content: unknown): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-hatchery-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const yaml = (more: object = {}): string =>
  write(
    'config.yaml',
    stringify({
      environment: 'commons.example.org',
      aws: { region: 'us-east-1', controlBucket: 'eyrie-control' },
      sealingKeys: [{ id: 'a', key: Buffer.alloc(32, 1).toString('base64') }],
      auth: { issuer: 'https://issuer.example.org' },
      ...more,
    }),
  );

const problemsOf = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

const problemsIn = (content: unknown): readonly string[] =>
  problemsOf(() => readHatcheryFile(write('hatchery.json', content)));

const nextflow = (more: object = {}): object => ({ name: 'a', nextflow: { enabled: true, ...more } });

describe('the configuration of a commons', () => {
  test('is taken as it is: each container with Nextflow is a profile, for those whom it names', () => {
    const config = loadConfig(yaml(), {}, COMMONS);
    const [, cpu, gpu] = commons.containers;
    expect(Object.keys(config.profiles)).toEqual([cpu?.name, gpu?.name]);
    for (const { name, nextflow: block } of [cpu, gpu].flatMap((one) => one ?? [])) {
      expect({ enabled: true, ...config.profiles[name] }).toMatchObject(block ?? {});
    }
    expect(config['nextflow-global']).toEqual(commons['nextflow-global']);
    expect(profileAuthzOf(config)).toEqual({ [cpu?.name ?? '']: cpu?.authz, [gpu?.name ?? '']: gpu?.authz });
  });

  test('what has no use is named once, and nothing else', () => {
    const { unused } = readHatcheryFile(COMMONS);
    expect(new Set(unused).size).toBe(unused.length);
    expect(unused).toEqual(expect.arrayContaining(['sidecar', 'default-pay-model', 'containers[].image']));
    const read = ['containers', 'nextflow-global', 'containers[].name', 'containers[].authz', 'containers[].nextflow'];
    expect(unused.filter((name) => read.includes(name) || name.startsWith('containers[].nextflow'))).toEqual([]);
    const line = renderUnused({ hatcheryConfig: COMMONS });
    expect(line).toContain(COMMONS);
    expect(line).not.toContain('\n');
    expect(renderUnused({})).toBeUndefined();
    expect(renderUnused({ hatcheryConfig: write('hatchery.json', { containers: [nextflow()] }) })).toBeUndefined();
  });

  test('so is the block of that name in a manifest', () => {
    const manifest = write('manifest.json', { versions: {}, hatchery: commons });
    expect(readHatcheryFile(manifest)).toEqual(readHatcheryFile(COMMONS));
  });
});

test.each<[string, [] | [string], Record<string, string>, object]>([
  ['the flag', [COMMONS], {}, {}],
  ['the variable', [], { EYRIE_HATCHERY_CONFIG: COMMONS }, {}],
  ['the option', [], {}, { hatcheryConfig: COMMONS }],
  ['the flag before the variable', [COMMONS], { EYRIE_HATCHERY_CONFIG: '/no/such/file' }, {}],
  ['the variable before the option', [], { EYRIE_HATCHERY_CONFIG: COMMONS }, { hatcheryConfig: '/no/such/file' }],
])('%s names it', (_, flag, env, options) => {
  const config = loadConfig(yaml(options), env, ...flag);
  expect(Object.keys(config.profiles)).toHaveLength(2);
});

test('what both files say is a conflict; profiles of our own stand beside', () => {
  const both = (more: object) => problemsOf(() => loadConfig(yaml({ hatcheryConfig: COMMONS, ...more }), {}));
  expect(both({ 'nextflow-global': {}, containers: [] })).toEqual([
    expect.stringMatching(/^line \d+, column 1: nextflow-global: .*commons\.json says it, too/),
    expect.stringMatching(/^line \d+, column 1: containers: .*commons\.json says it, too/),
  ]);
  expect(both({ profiles: { small: {} } })).toEqual([]);
  const bare = write('hatchery.json', { containers: [] });
  expect(both({ hatcheryConfig: bare, 'nextflow-global': {} })).toEqual([]);
  const name = commons.containers[1]?.name ?? '';
  expect(both({ profiles: { [name]: {} } })).toEqual([`containers.0.name: ${name} is also a profile`]);
});

describe('as Go reads it', () => {
  test('the case of names does not matter, nor does null', () => {
    const { options, unused } = readHatcheryFile(
      write('hatchery.json', {
        Containers: [
          { NAME: 'a', Nextflow: { Enabled: true, 'Instance-Type': 'c5.large', 's3-bucket-whitelist': null } },
        ],
        'Nextflow-Global': null,
      }),
    );
    expect(options).toEqual({
      containers: [
        { name: 'a', nextflow: { enabled: true, 'instance-type': 'c5.large', 's3-bucket-whitelist': null } },
      ],
      'nextflow-global': {},
    });
    expect(unused).toEqual([]);
  });

  test.each([[{}], [{ containers: null }], [{ containers: [] }]])('%j has no containers', (content) => {
    expect(problemsIn(content)).toEqual([]);
    expect(loadConfig(yaml(), {}, write('hatchery.json', content)).profiles).toEqual({});
  });
});

describe('problems', () => {
  test('all of them at once, each with its pointer and what was meant', () => {
    const problems = problemsIn({
      contianers: [],
      containers: [
        { name: 'notebook', image: 'x' },
        nextflow({ 'instance-typ': 'c5.large', 'instance-max-vcpus': '9' }),
        { name: 'a', nextflow: { enabled: true }, authz: { version: 0.1 } },
        { nextflow: { enabled: true } },
      ],
      'nextflow-global': { 's3-object-expiration-days': 30, 'sample-config-public-image': 7 },
    });
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
      '/containers/1/nextflow/instance-max-vcpus',
      '/containers/1/nextflow/instance-typ',
      '/containers/2/authz',
      '/containers/3/name',
      '/contianers',
      '/nextflow-global/s3-object-expiration-days',
      '/nextflow-global/sample-config-public-image',
    ]);
    expect(problems).toEqual(
      expect.arrayContaining([
        '/containers/1/nextflow/instance-typ: no such option: did you mean instance-type?',
        '/contianers: no such option: did you mean containers?',
        '/nextflow-global/s3-object-expiration-days: no such option: did you mean s3-objects-expiration-days?',
      ]),
    );
  });

  test('two containers with Nextflow can’t be one profile', () => {
    expect(problemsIn({ containers: [nextflow(), { name: 'a' }, nextflow()] })).toEqual([
      '/containers/2/name: another container is also called a',
    ]);
  });

  test('those of a manifest point into the manifest', () => {
    expect(problemsIn({ hatchery: { containers: [nextflow({ 'a/b': 1, 'instance-typ': 'x' })] } })).toEqual([
      '/hatchery/containers/0/nextflow/instance-typ: no such option: did you mean instance-type?',
    ]);
  });

  test('a container without Nextflow is none of ours, whatever it says', () => {
    expect(
      problemsIn({ containers: [{ authz: { version: 7 } }, { nextflow: { enabled: false } }, nextflow()] }),
    ).toEqual([]);
  });

  test.each([
    ['[]'],
    ['"text"'],
    ['{"containers": 7}'],
    ['{"containers": [7]}'],
    ['{"containers": [{"nextflow": []}]}'],
  ])('%s is no configuration of Hatchery’s', (content) => {
    expect(problemsIn(content)).toHaveLength(1);
  });

  test('a file that is not JSON is told by line and column, without a word of it', () => {
    const content = '{\n  "pay-models-dynamodb-arn": "s3cret",\n  oops\n}';
    expect(problemsIn(content)).toEqual(['/: is not JSON (line 3 column 3)']);
    expect(problemsIn('s3cret')).toEqual(['/: is not JSON']);
  });

  test('a file that is not there is named', () => {
    expect(() => readHatcheryFile('/no/such/hatchery.json')).toThrow(/\/no\/such\/hatchery\.json/);
  });
});

test('what sets an account up knows the pipelines of Hatchery’s file, and whoever lists their images', () => {
  const role = 'arn:aws:iam::999999999999:role/reader';
  const pipeline = 'arn:aws:imagebuilder:us-east-1:999999999999:image-pipeline/nextflow';
  const container = { name: 'nf', nextflow: { enabled: true, 'instance-ami-builder-arn': pipeline } };
  const global = { 'imagebuilder-reader-role-arn': role };
  const path = write('hatchery.json', { containers: [container], 'nextflow-global': global });
  const config = loadConfigWithoutKeys(yaml({ sealingKeys: undefined }), {}, path);
  expect(config['nextflow-global']['imagebuilder-reader-role-arn']).toBe(role);
  expect(config.profiles.nf?.['instance-ami-builder-arn']).toBe(pipeline);
});
