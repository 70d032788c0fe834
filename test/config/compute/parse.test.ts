import { describe, expect, test } from 'vitest';
import { parseComputeBody, parseConfig } from '#config/compute/parse.ts';

const CONFIG = { region: 'us-east-1', workDir: 's3://lab/work' };
const FORGE = { type: 'SPOT', maxCpus: 64 };

const aBody = (config: object = {}, forge: object = {}, eyrie?: object): Record<string, unknown> => ({
  name: 'rnaseq',
  config: { ...CONFIG, ...config, forge: { ...FORGE, ...forge }, ...(eyrie && { eyrie }) },
});

const problemsOf = (body: unknown) => {
  const parsed = parseComputeBody(body);
  return parsed.ok ? {} : Object.fromEntries(parsed.problems.map(({ path, message }) => [path, message]));
};

const accepted = (body: unknown) => {
  const parsed = parseComputeBody(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
};

test('what is left out, or null, has its default', () => {
  const { value } = accepted(aBody());
  expect(value).toMatchObject({ name: 'rnaseq', description: null, labels: {}, account: null, onFailure: 'rollback' });
  expect(value.config).toMatchObject({
    discriminator: 'aws-batch',
    headJobCpus: 1,
    headJobMemoryMb: 4096,
    forge: { minCpus: 0, disposeOnDeletion: true, instanceTypes: [], allocStrategy: null },
    eyrie: { canary: true, dataGuard: 'delete', unschedulableSeconds: 3600, logRetentionDays: 30, rolePath: '/' },
  });
  const nulls = { waveEnabled: null, environment: null, headJobCpus: null, cliPath: null };
  expect(accepted(aBody(nulls, { minCpus: null, subnets: null })).value).toEqual(value);
});

test('for ever and never are said by null', () => {
  const { value } = accepted(aBody({}, {}, { logRetentionDays: null, unschedulableSeconds: null }));
  expect(value.config.eyrie).toMatchObject({ logRetentionDays: null, unschedulableSeconds: null });
});

test('all problems are told at once: forms, names, and rules of what is usable beside', () => {
  const body = {
    ...aBody(
      { workDir: 'gs://x', headJobCpus: 0, fusion2Enabled: true },
      { maxCpus: 'many', minCpu: 1, type: 'EC2', bidPercentage: 50, imageId: 'x' },
      { pools: [{ name: 'work', label: 'l', type: 'EC2', maxCpus: 4, gpu: true }] },
    ),
    name: 'a b',
  };
  expect(Object.keys(problemsOf(body)).sort()).toEqual([
    'config.eyrie.pools.0.gpu',
    'config.forge.bidPercentage',
    'config.forge.imageId',
    'config.forge.maxCpus',
    'config.forge.minCpu',
    'config.fusion2Enabled',
    'config.headJobCpus',
    'config.workDir',
    'name',
  ]);
});

test('a rule says nothing of an option that is no good itself', () => {
  expect(problemsOf(aBody({}, { minCpus: 9, maxCpus: 'x' }))).not.toHaveProperty(['config.forge.minCpus']);
  expect(problemsOf(aBody({}, { minCpus: 9, maxCpus: 8 }))).toEqual({
    'config.forge.minCpus': 'is more than forge.maxCpus, 8',
  });
});

describe('a name that no option has', () => {
  test.each([
    [aBody({}, { maxCpu: 1 }), 'config.forge.maxCpu', 'no such option: did you mean maxCpus?'],
    [
      aBody({ nvmeStorageEnabled: true }),
      'config.nvmeStorageEnabled',
      'no such option: did you mean nvnmeStorageEnabled?',
    ],
    [aBody({ minCpus: 1 }), 'config.minCpus', 'no such option here: it belongs to config.forge'],
    [aBody({}, { canary: true }), 'config.forge.canary', 'no such option here: it belongs to config.eyrie'],
    [aBody({ zzz: 1 }), 'config.zzz', 'no such option'],
    [{ ...aBody(), lables: {} }, 'lables', 'no such option: did you mean labels?'],
    [
      aBody({ environment: [{ nam: 'A', name: 'A', head: true }] }),
      'config.environment.0.nam',
      'no such option: did you mean name?',
    ],
    [
      aBody({}, {}, { fairShare: { shares: [{ identifier: 'a', weigth: 1 }] } }),
      'config.eyrie.fairShare.shares.0.weigth',
      'no such option: did you mean weight?',
    ],
  ])('%#: %j', (body, path, message) => {
    expect(problemsOf(body)).toEqual({ [path]: message });
  });
});

describe('what is required', () => {
  test.each([
    [undefined, { body: 'must be an object' }],
    [[], { body: 'must be an object' }],
    [{}, { name: 'required', config: 'required' }],
    [{ name: 'a', config: 7 }, { config: 'must be an object' }],
    [
      { name: 'a', config: {} },
      { 'config.region': 'required', 'config.workDir': 'required', 'config.forge': 'required' },
    ],
    [aBody({}, { maxCpus: null }), { 'config.forge.maxCpus': 'required' }],
    [aBody({}, { type: 'FARGATE' }), { 'config.forge.type': expect.stringContaining('SPOT') }],
  ])('%#: %j', (body, problems) => {
    expect(problemsOf(body)).toEqual(problems);
  });
});

describe('an export of a compute environment', () => {
  const exported = {
    ...aBody(
      {
        headQueue: 'TowerForge-x-head',
        computeQueue: 'TowerForge-x-work',
        forgedResources: [{ IamRole: 'TowerForge-x-ServiceRole' }],
        volumes: [],
        lustreId: null,
        storageType: '',
      },
      { fusionEnabled: false },
    ),
    id: '3xkkzYH2nbD3nZjrzKm0oR',
    status: 'AVAILABLE',
    deleted: false,
    credentialsId: '57Ic6reczFn78H1DTaaXkp',
  };

  test('is taken, and what is not read is named', () => {
    const { value, warnings } = accepted(exported);
    expect(value.config).not.toHaveProperty('headQueue');
    expect(warnings).toEqual([
      'id was left out of account: it is of the record that it was taken from',
      'status was left out of account: it is of the record that it was taken from',
      'credentialsId was left out of account: it names credentials of Seqera Platform: account says which role is entered',
      'config.headQueue was left out of account: it is made, not given',
      'config.computeQueue was left out of account: it is made, not given',
      'config.forgedResources was left out of account: they tell what was made',
    ]);
  });

  test('with Fusion 1 is refused', () => {
    expect(problemsOf(aBody({}, { fusionEnabled: true }))).toEqual({
      'config.forge.fusionEnabled': 'Fusion 1 is no more: set config.fusion2Enabled instead',
    });
  });
});

describe('labels', () => {
  test.each([
    [{ team: 'omics', Name: 'x' }],
    [
      [
        { id: 1, name: 'team', value: 'omics', resource: true },
        { name: 'Name', value: 'x' },
      ],
    ],
  ])('are a map or a list: %j', (labels) => {
    expect(accepted({ ...aBody(), labels }).value.labels).toEqual({ team: 'omics', Name: 'x' });
  });

  test.each([
    [{ 'aws:x': '1' }],
    [{ 'Eyrie:launch': '1' }],
    [{ a: 'é<' }],
    [{ a: 'x'.repeat(257) }],
    [{ '': 'x' }],
    [Object.fromEntries(Array.from({ length: 46 }, (_, index) => [`k${index}`, '']))],
  ])('%# are refused', (labels) => {
    expect(Object.keys(problemsOf({ ...aBody(), labels }))[0]).toMatch(/^labels/);
  });
});

test("what only Seqera's services can do is accepted, and said", () => {
  const { notes } = accepted(aBody({ waveEnabled: true, fusion2Enabled: true, fusionSnapshots: true }));
  expect(notes.map((note) => note.split(' ')[0])).toEqual(['Wave', 'Fusion', 'Fusion']);
  expect(accepted(aBody()).notes).toEqual([]);
});

test('a configuration alone is read as within a body', () => {
  const { config } = aBody({}, {}, { canary: false });
  expect(parseConfig(config)).toEqual({
    value: accepted(aBody({}, {}, { canary: false })).value.config,
    problems: [],
    warnings: [],
  });
  expect(parseConfig({ ...CONFIG, forge: { type: 'EC2' } }).problems).toEqual([
    { path: 'config.forge.maxCpus', message: 'required' },
  ]);
});

test.each([
  ['ECS_CLUSTER=mine', 'ECS_CLUSTER is for Batch to set: take it out'],
  ['X={{efsId}}', 'may not hold {{'],
  ['no line of a configuration', 'must be lines of NAME=value, or comments with #'],
  ['X=é', 'must be ASCII text'],
])('lines for the agent: %j', (ecsConfig, message) => {
  expect(problemsOf(aBody({}, { ecsConfig }))).toEqual({ 'config.forge.ecsConfig': message });
});

describe('a tenant', () => {
  const TENANT = { name: 'team', config: { ...CONFIG, eyrie: { tenantOf: 'pool' } } };
  const aTenant = (config: object = {}, forge?: object, eyrie: object = {}) => ({
    ...TENANT,
    config: { ...TENANT.config, ...config, ...(forge && { forge }), eyrie: { tenantOf: 'pool', ...eyrie } },
  });

  test('says nothing of instances', () => {
    expect(accepted(TENANT).value.config.eyrie).toMatchObject({ tenantOf: 'pool', shared: false });
    const own = aTenant({ headJobCpus: 2 }, { allowBuckets: ['s3://other'] }, { alias: 'a' });
    expect(accepted(own).value.config).toMatchObject({ headJobCpus: 2, forge: { allowBuckets: ['s3://other'] } });
  });

  test('is told, all at once, what is not its own to say; a default is as good as nothing', () => {
    const body = aTenant(
      { fusion2Enabled: true, nvnmeStorageEnabled: false },
      { type: 'SPOT', minCpus: 0, maxCpus: 5, subnets: [], ebsAutoScale: false },
      { fairShare: {}, shared: true, dataGuard: null },
    );
    expect(Object.keys(problemsOf(body)).sort()).toEqual([
      'config.eyrie.fairShare',
      'config.eyrie.shared',
      'config.forge.maxCpus',
      'config.forge.minCpus',
      'config.forge.type',
      'config.fusion2Enabled',
    ]);
    expect(problemsOf(body)['config.fusion2Enabled']).toContain('leave it out');
  });

  test('has forms and names like all others', () => {
    expect(Object.keys(problemsOf(aTenant({ workDir: '/mnt/x' }, { maxCpu: 1, allowBuckets: ['x'] }))).sort()).toEqual([
      'config.forge.allowBuckets.0',
      'config.forge.maxCpu',
      'config.workDir',
    ]);
    expect(Object.keys(problemsOf(aTenant({}, [] as never)))).toEqual(['config.forge']);
    expect(problemsOf({ ...TENANT, config: { ...CONFIG, eyrie: { tenantOf: null } } })).toEqual({
      'config.forge': 'required',
    });
  });
});
