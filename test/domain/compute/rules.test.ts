import { describe, expect, test } from 'vitest';
import type { ComputeConfig } from '#domain/compute/config.ts';
import { brokenRules, RULES } from '#domain/compute/rules.ts';
import { aCompute, aPool, type ComputeOverrides } from '../compute-input.ts';

type Case = readonly [rule: string, overrides: ComputeOverrides, at: string];

const FUSION = { waveEnabled: true, fusion2Enabled: true };
const EFS = { efsCreate: true } as const;
const many = Array.from({ length: 100 }, (_, index) => `s3://bucket-of-some-length-${index}/part/of/it`);

/** Each breaks its rule, and no other one. */
const CASES: readonly Case[] = [
  ['fusion-needs-wave', { config: { fusion2Enabled: true } }, 'fusion2Enabled'],
  ['fusion-needs-s3', { config: { ...FUSION, workDir: '/mnt/efs/w' }, forge: EFS }, 'workDir'],
  ['nvme-needs-fusion', { config: { nvnmeStorageEnabled: true } }, 'nvnmeStorageEnabled'],
  [
    'nvme-needs-types',
    { config: { ...FUSION, nvnmeStorageEnabled: true }, forge: { instanceTypes: ['m6id', 'optimal'] } },
    'forge.instanceTypes',
  ],
  ['snapshots-need-fusion', { config: { fusionSnapshots: true }, forge: { type: 'SPOT' } }, 'fusionSnapshots'],
  ['snapshots-need-spot', { config: { ...FUSION, fusionSnapshots: true } }, 'fusionSnapshots'],
  ['fargate-head-needs-fusion', { forge: { type: 'SPOT', fargateHeadEnabled: true } }, 'forge.fargateHeadEnabled'],
  ['fargate-head-needs-spot', { config: FUSION, forge: { fargateHeadEnabled: true } }, 'forge.fargateHeadEnabled'],
  [
    'fargate-head-without-file-system',
    { config: FUSION, forge: { type: 'SPOT', fargateHeadEnabled: true, efsId: 'fs-1' } },
    'forge.fargateHeadEnabled',
  ],
  [
    'fargate-head-size',
    { config: { ...FUSION, headJobCpus: 3 }, forge: { type: 'SPOT', fargateHeadEnabled: true } },
    'headJobCpus',
  ],
  [
    'fargate-head-size',
    { config: { ...FUSION, headJobMemoryMb: 4095 }, forge: { type: 'SPOT', fargateHeadEnabled: true } },
    'headJobMemoryMb',
  ],
  ['price-limit-needs-spot', { forge: { bidPercentage: 80 } }, 'forge.bidPercentage'],
  ['strategy-needs-spot', { forge: { allocStrategy: 'SPOT_CAPACITY_OPTIMIZED' } }, 'forge.allocStrategy'],
  ['arm-needs-fargate-head', { config: FUSION, forge: { arm64Enabled: true } }, 'forge.arm64Enabled'],
  [
    'arm-without-gpu',
    { config: FUSION, forge: { type: 'SPOT', fargateHeadEnabled: true, arm64Enabled: true, gpuEnabled: true } },
    'forge.gpuEnabled',
  ],
  ['one-file-system', { forge: { efsCreate: true, fsxSize: 1200 } }, 'forge.fsxSize'],
  ['efs-made-or-given', { forge: { efsCreate: true, efsId: 'fs-1' } }, 'forge.efsId'],
  ['fsx-made-or-given', { forge: { fsxSize: 1200, fsxName: 'fs-1.fsx.us-east-1.amazonaws.com' } }, 'forge.fsxName'],
  ['autoscale-without-fusion', { config: FUSION, forge: { ebsAutoScale: true } }, 'forge.ebsAutoScale'],
  ['min-up-to-max', { forge: { minCpus: 65 } }, 'forge.minCpus'],
  ['work-directory-is-mounted', { config: { workDir: '/mnt/efs/w' } }, 'workDir'],
  [
    'work-directory-is-mounted',
    { config: { workDir: '/mnt/efsx' }, forge: { ...EFS, efsMount: '/mnt/efs' } },
    'workDir',
  ],
  ['mount-beside-the-system', { forge: { ...EFS, efsMount: '/usr/share' } }, 'forge.efsMount'],
  ['mount-beside-the-system', { config: { workDir: '/etc' }, forge: { fsxSize: 1200 } }, 'workDir'],
  ['snapshots-of-fsx-alone', { forge: EFS, eyrie: { dataGuard: 'snapshot' } }, 'eyrie.dataGuard'],
  [
    'variables-once',
    {
      config: {
        environment: [
          { name: 'A', value: '1', head: true, compute: false },
          { name: 'A', value: '2', head: false, compute: true },
          { name: 'A', value: '3', head: true, compute: true },
        ],
      },
    },
    'environment.2.name',
  ],
  ['shared-keeps-tenants-apart', { forge: EFS, eyrie: { shared: true } }, 'forge.efsCreate'],
  ['shared-keeps-tenants-apart', { forge: { fsxSize: 1200 }, eyrie: { shared: true } }, 'forge.fsxSize'],
  ['shared-keeps-tenants-apart', { forge: { ebsAutoScale: true }, eyrie: { shared: true } }, 'forge.ebsAutoScale'],
  [
    'shared-keeps-tenants-apart',
    { config: { ...FUSION, nvnmeStorageEnabled: true }, eyrie: { shared: true } },
    'nvnmeStorageEnabled',
  ],
  ['buckets-fit-into-a-policy', { forge: { allowBuckets: many } }, 'forge.allowBuckets'],
  ['pools-by-name', { eyrie: { pools: [aPool({ name: 'work' })] } }, 'eyrie.pools.0.name'],
  ['pools-by-name', { eyrie: { pools: [aPool(), aPool({ label: 'b' })] } }, 'eyrie.pools.1.name'],
  ['pools-by-name', { eyrie: { pools: [aPool(), aPool({ name: 'b' })] } }, 'eyrie.pools.1.label'],
  [
    'pools-by-name',
    { forge: { dragenEnabled: true }, eyrie: { pools: [aPool({ label: 'dragen' })] } },
    'eyrie.pools.0.label',
  ],
  ['pools-like-the-rest', { eyrie: { pools: [aPool({ minCpus: 65 })] } }, 'eyrie.pools.0.minCpus'],
  ['pools-like-the-rest', { eyrie: { pools: [aPool({ bidPercentage: 5 })] } }, 'eyrie.pools.0.bidPercentage'],
  [
    'pools-like-the-rest',
    { eyrie: { pools: [aPool({ allocStrategy: 'SPOT_CAPACITY_OPTIMIZED' })] } },
    'eyrie.pools.0.allocStrategy',
  ],
  [
    'pools-like-the-rest',
    { eyrie: { pools: [aPool({ gpuEnabled: true, arm64Enabled: true })] } },
    'eyrie.pools.0.gpuEnabled',
  ],
  [
    'shares-once',
    {
      eyrie: {
        fairShare: {
          shareDecaySeconds: 0,
          computeReservation: 0,
          shares: [
            { identifier: 'a', weight: 1 },
            { identifier: 'a', weight: 2 },
          ],
        },
      },
    },
    'eyrie.fairShare.shares.1.identifier',
  ],
  ['dragen-needs-its-switch', { forge: { dragenAmiId: 'ami-1' } }, 'forge.dragenAmiId'],
];

test.each(CASES)('%s: %j', (rule, overrides, at) => {
  expect(brokenRules(aCompute(overrides).config)).toEqual([{ rule, at, message: expect.stringMatching(/\S/) }]);
});

test('Graviton without Fusion breaks two rules, since its head needs Fusion too', () => {
  const { config } = aCompute({ forge: { type: 'SPOT', fargateHeadEnabled: true, arm64Enabled: true } });
  expect(brokenRules(config).map(({ rule }) => rule)).toEqual(['fargate-head-needs-fusion', 'arm-needs-fusion']);
});

test('each rule has a case that breaks it', () => {
  const broken = new Set([...CASES.map(([rule]) => rule), 'arm-needs-fusion']);
  expect(RULES.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
});

describe('a rule reads no more than it says', () => {
  const noted = (config: ComputeConfig, reads: Set<string>, at = ''): ComputeConfig =>
    new Proxy(config, {
      get: (target, name) => {
        const path = `${at}${String(name)}`;
        const value = Reflect.get(target, name);
        if (path === 'forge' || path === 'eyrie') return noted(value, reads, `${path}.`);
        reads.add(path);
        return value;
      },
    });

  test.each(RULES)('$name', ({ name, reads, problems }) => {
    const seen = new Set<string>();
    const mine = CASES.filter(([rule]) => rule === name).map(([, overrides]) => aCompute(overrides));
    const wide = aCompute({
      config: FUSION,
      forge: { type: 'SPOT', fargateHeadEnabled: true, arm64Enabled: true, allowBuckets: ['s3://a-b-c/d'], ...EFS },
    });
    for (const { config } of [aCompute(), wide, ...mine]) problems(noted(config, seen));
    expect([...seen].filter((path) => !reads.includes(path))).toEqual([]);
  });
});

describe('what holds', () => {
  test.each<[string, ComputeOverrides]>([
    ['a work directory that is the mount point', { config: { workDir: '/mnt/efs' }, forge: EFS }],
    ['one below it', { config: { workDir: '/data/w' }, forge: { ...EFS, efsMount: '/data' } }],
    ['as many vCPUs at least as at most', { forge: { minCpus: 64, maxCpus: 64 } }],
    [
      'the largest Fargate head',
      {
        config: { ...FUSION, headJobCpus: 16, headJobMemoryMb: 122_880 },
        forge: { type: 'SPOT', fargateHeadEnabled: true },
      },
    ],
    ['forty whole buckets', { forge: { allowBuckets: many.slice(0, 40).map((url) => url.slice(0, 28)) } }],
  ])('%s', (_name, overrides) => {
    expect(brokenRules(aCompute(overrides).config)).toEqual([]);
  });
});

describe('two broken rules are told both', () => {
  const optionsOf = ({ config = {}, forge = {}, eyrie = {} }: ComputeOverrides): string[] => [
    ...Object.keys(config),
    ...Object.keys(forge).map((name) => `forge.${name}`),
    ...Object.keys(eyrie).map((name) => `eyrie.${name}`),
  ];
  const together = (one: ComputeOverrides, other: ComputeOverrides): ComputeOverrides => ({
    config: { ...one.config, ...other.config },
    forge: { ...one.forge, ...other.forge },
    eyrie: { ...one.eyrie, ...other.eyrie },
  });
  const readsOf = (rule: string) => RULES.find(({ name }) => name === rule)?.reads ?? [];
  /** What one of them sets the other one does not read: nothing of it can be a cure. */
  const apart = ([rule, overrides]: Case, [otherRule, others]: Case): boolean =>
    !optionsOf(overrides).some((option) => [...readsOf(otherRule), ...optionsOf(others)].includes(option)) &&
    !optionsOf(others).some((option) => readsOf(rule).includes(option));
  const pairs = CASES.flatMap((one, index) => CASES.slice(index + 1).map((other) => [one, other] as const));

  test('whichever they are', () => {
    const tried = pairs.filter(([one, other]) => apart(one, other));
    expect(tried.length).toBeGreaterThan(150);
    for (const [one, other] of tried) {
      const broken = brokenRules(aCompute(together(one[1], other[1])).config);
      for (const [rule, , at] of [one, other]) expect(broken).toContainEqual(expect.objectContaining({ rule, at }));
    }
  });
});
