import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '#config/config-error.ts';
import { settingsOf, timingOf } from '#config/derived.ts';
import { loadConfig, parseConfig, plainEnvironment, VARIABLES } from '#config/load.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');

const minimal = () => ({
  environment: 'brh.data-commons.org',
  aws: { region: 'us-east-1', controlBucket: 'eyrie-control' },
  sealingKeys: [{ id: 'a', key: KEY }],
  auth: { issuer: 'https://issuer.example.org' },
});

const file = (content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config.yaml');
  writeFileSync(path, content);
  return path;
};

const problemsOf = (raw: unknown): readonly string[] => problemsBy(() => parseConfig(raw));

const problemsIn = (path: string, env = {}): readonly string[] => problemsBy(() => loadConfig(path, env));

const problemsBy = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('defaults', () => {
  test('the smallest configuration is enough', () => {
    const config = parseConfig(minimal());
    expect(config.aws).toMatchObject({ payModelRoleName: 'csoc_adminvm', externalId: null });
    expect(config.auth).toMatchObject({
      algorithms: ['RS256', 'ES256'],
      serviceClients: [],
      operators: { claim: 'scope', value: 'eyrie:operator' },
    });
    expect(config.api).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config['nextflow-global']['s3-objects-expiration-days']).toBe(30);
    expect(timingOf(config)).toEqual(DEFAULT_TIMING);
    expect(settingsOf(config).vpcCidr).toBe('192.168.0.0/16');
  });

  test('windows scale down to a floor, the grace of keys does not', () => {
    const timing = timingOf(parseConfig({ ...minimal(), timing: { scale: 0 } }));
    expect(timing).toMatchObject({ propagationMs: 50, lookEveryMs: 50, undoGiveUpMs: 50, keyGraceMs: 900_000 });
  });

  test('nobody can change it afterwards', () => {
    const config = parseConfig(minimal());
    expect(() => Object.assign(config.aws, { region: 'eu-west-1' })).toThrow(TypeError);
    expect(() => Object.assign(config.auth.operators, { value: '' })).toThrow(TypeError);
  });
});

describe("Hatchery's own keys", () => {
  test('a nextflow block, nextflow-global and a whole container are taken as they are', () => {
    const config = parseConfig({
      ...minimal(),
      'nextflow-global': { 's3-objects-expiration-days': -1, 'imagebuilder-reader-role-arn': 'arn:aws:iam::1:role/r' },
      profiles: { small: { enabled: true, 'instance-type': 'c5.large', 's3-bucket-whitelist': null } },
      containers: [
        {
          name: 'Nextflow with CPU',
          image: 'x',
          'cpu-limit': '1',
          nextflow: { enabled: true, 'instance-max-vcpus': 9 },
        },
        { name: 'Jupyter', image: 'y' },
      ],
    });
    expect(config['nextflow-global']).toMatchObject({ 's3-objects-expiration-days': 30 });
    expect(Object.keys(config.profiles)).toEqual(['small', 'Nextflow with CPU']);
    expect(config.profiles.small).toMatchObject({ 'instance-type': 'c5.large', 's3-bucket-whitelist': [] });
    expect(config.profiles.small).not.toHaveProperty('enabled');
  });

  test('a container and a profile of one name are a problem', () => {
    const both = { ...minimal(), profiles: { a: {} }, containers: [{ name: 'a', nextflow: { enabled: true } }] };
    expect(problemsOf(both)).toEqual(['containers.0.name: a is also a profile']);
  });
});

describe('problems', () => {
  test('all of them at once, with the path of each', () => {
    const problems = problemsOf({
      environment: 'not a host',
      aws: { region: 'nowhere', controlBucket: 'eyrie-control', endpiont: 'http://x' },
      sealingKeys: [],
      auth: { issuer: 'issuer', algorithms: ['none'] },
      profiles: { p: { 'instance-typ': 'x' } },
      timing: { scale: -1 },
      tempral: {},
    });
    const paths = problems.map((problem) => problem.split(':')[0]);
    expect(paths).toEqual(
      expect.arrayContaining([
        'environment',
        'aws.region',
        'aws.endpiont',
        'sealingKeys',
        'auth.issuer',
        'auth.algorithms.0',
        'profiles.p.instance-typ',
        'timing.scale',
        'tempral',
      ]),
    );
  });

  test.each([[undefined], [null], [[]], ['text'], [7]])('%j is no configuration', (raw) => {
    expect(problemsOf(raw)).not.toEqual([]);
  });

  test('no value is repeated: it may be a secret', () => {
    const secret = 'hunter2-hunter2';
    const raw = {
      ...minimal(),
      aws: { ...minimal().aws, credentials: { accessKeyId: 'a', secretAccessKey: 7, sessionToken: [secret] } },
      sealingKeys: [{ id: 'a', key: secret }],
    };
    expect(problemsOf(raw)).toHaveLength(3);
    expect(problemsOf(raw).join()).not.toContain(secret);
  });

  test('each says its line and column in the file, or the variable that it comes from, and what may be meant', () => {
    const path = file(
      [
        'environment: localhost',
        'aws: &aws',
        '  region: nowhere',
        '  endpiont: http://x',
        'auth:',
        '  issuer: http://issuer.example.org',
        '  algorithms:',
        '    - RS256',
        '    - none',
        'sealing-keys: []',
        'controlBucket: x',
        'colour: red',
        'profiles: {p: {instance_typ: x}}',
      ].join('\n'),
    );
    expect(problemsIn(path, { EYRIE_API_PORT: 'http' })).toEqual([
      'line 3, column 3: aws.region: expected an AWS region',
      'line 2, column 1: aws.controlBucket: is missing: a string',
      'line 4, column 3: aws.endpiont: no such option; did you mean endpoint?',
      'sealingKeys: is missing: a list',
      expect.stringMatching(/^line 9, column 7: auth\.algorithms\.1: expected one of "RS256"/),
      'line 13, column 16: profiles.p.instance_typ: no such option; did you mean instance-type?',
      'EYRIE_API_PORT: api.port: expected number, received string',
      'line 10, column 1: sealing-keys: no such option; did you mean sealingKeys?',
      'line 11, column 1: controlBucket: no such option; there is aws.controlBucket',
      'line 12, column 1: colour: no such option',
    ]);
  });

  test('an option with several forms says all of them, or what is wrong inside the one that was tried', () => {
    const audience = (given: unknown) => problemsOf({ ...minimal(), auth: { ...minimal().auth, audience: given } });
    expect(audience(5)).toEqual(['auth.audience: expected a string or a list']);
    expect(audience(['gen3', 5])).toEqual(['auth.audience.1: expected string, received number']);
  });

  test('no configuration at all says how to give one, instead of every option that is missing', () => {
    expect(() => loadConfig(undefined, {})).toThrow(/no configuration is given:\n.*--config FILE, or set EYRIE_CONFIG/);
    expect(() => loadConfig(undefined, { AWS_REGION: 'us-east-1' })).toThrow(/sealingKeys: is missing/);
  });

  test('broken YAML is told with the place of each problem, without the lines around it', () => {
    const path = file(`sealingKeys:\n  - {id: a, key: ${KEY}\nenvironment: [`);
    expect(problemsIn(path).length).toBeGreaterThan(1);
    for (const problem of problemsIn(path)) expect(problem).toMatch(/^line \d, column \d+: /);
    expect(problemsIn(path).join()).not.toContain(KEY);
  });

  test.each([
    '*SECRET',
    '|SECRET',
    '>9SECRET',
    '"x" SECRET',
    '[b, SECRET',
    "'x' 'SECRET'",
    '&SECRET &x 1',
    '"\\qSECRET',
  ])('no text of broken YAML is repeated: %s', (value) => {
    const problems = problemsIn(file(`environment: localhost\nlogLevel: ${value}\n`));
    expect(problems).not.toEqual([]);
    expect(problems.join()).toMatch(/^line [23], column \d+: /);
    expect(problems.join()).not.toContain('SECRET');
  });

  test('a missing file is told by its name', () => {
    expect(() => loadConfig('/no/such/file.yaml', {})).toThrow(/\/no\/such\/file\.yaml/);
  });
});

describe('variables', () => {
  const FOREIGN = {
    GEN3_ENDPOINT: 'other.example.org',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:5000',
  };
  const OWN = {
    EYRIE_CONTROL_BUCKET: 'other-bucket',
    EYRIE_SEALING_KEYS: `new:${KEY},old:${KEY}`,
    EYRIE_ISSUER: 'https://other.example.org',
    EYRIE_API_HOST: '0.0.0.0',
    EYRIE_API_PORT: '9000',
    EYRIE_S3_UPSTREAM_SECRET: 'of-the-server',
    EYRIE_LOG_LEVEL: 'debug',
  };

  test('these are all', () => {
    // The file of EYRIE_HATCHERY_CONFIG has tests of its own.
    const all = [...Object.keys({ ...FOREIGN, ...OWN }), 'EYRIE_HATCHERY_CONFIG'];
    expect(all.sort()).toEqual(Object.keys(VARIABLES).sort());
  });

  test('what Kubernetes sets for a Service called eyrie-api is not the port', () => {
    const path = file(stringify({ ...minimal(), api: { port: 9001 } }));
    expect(loadConfig(path, { EYRIE_API_PORT: 'tcp://10.0.0.1:80' }).api.port).toBe(9001);
    // Control: a port is.
    expect(loadConfig(path, { EYRIE_API_PORT: '9000' }).api.port).toBe(9000);
  });

  test("Eyrie's own take the place of their options in the file", () => {
    const s3 = { upstream: { accessKeyId: 'of-a-server' } };
    const config = loadConfig(file(stringify({ ...minimal(), s3 })), OWN);
    expect(config).toMatchObject({
      aws: { controlBucket: 'other-bucket' },
      auth: { issuer: 'https://other.example.org' },
      api: { host: '0.0.0.0', port: 9000 },
      s3: { upstream: { accessKeyId: 'of-a-server', secretAccessKey: 'of-the-server' } },
      logLevel: 'debug',
    });
    expect(config.sealingKeys.map(({ id, key }) => [id, key.length])).toEqual([
      ['new', 32],
      ['old', 32],
    ]);
  });

  test('those that others set fill in what the file leaves out, and nothing else', () => {
    const config = loadConfig(file(stringify(minimal())), FOREIGN);
    expect(config).toMatchObject({
      environment: 'brh.data-commons.org',
      aws: { region: 'us-east-1', endpoint: 'http://127.0.0.1:5000' },
    });
    const { environment: _, ...rest } = minimal();
    const bare = { ...rest, aws: { controlBucket: 'eyrie-control' } };
    expect(loadConfig(file(stringify(bare)), FOREIGN)).toMatchObject({
      environment: 'other.example.org',
      aws: { region: 'eu-west-1' },
    });
  });

  test('the file can be named by EYRIE_CONFIG, and variables alone are enough', () => {
    expect(loadConfig(undefined, { EYRIE_CONFIG: file(stringify(minimal())) }).environment).toBe(
      'brh.data-commons.org',
    );
    const env = {
      GEN3_ENDPOINT: 'localhost',
      AWS_REGION: 'us-east-1',
      EYRIE_CONTROL_BUCKET: 'eyrie-control',
      EYRIE_SEALING_KEYS: `a:${KEY}`,
      EYRIE_ISSUER: 'https://issuer.example.org',
    };
    expect(loadConfig(undefined, env).environment).toBe('localhost');
  });

  test('a child that a file configures gets none of them', () => {
    const env = {
      PATH: '/bin',
      AWS_PROFILE: 'prod',
      TEMPORAL_ADDRESS: 'prod:7233',
      GEN3_ENDPOINT: 'prod',
      EYRIE_TOKEN: 't',
    };
    expect(plainEnvironment(env)).toEqual({ PATH: '/bin' });
  });
});
